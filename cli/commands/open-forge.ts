import type { Forge } from "../forge/forge.ts";
import { forgePlace, parseRemote } from "../forge/place.ts";
import type { CommandContext, Repository } from "./context.ts";
import { textFlag } from "./globals.ts";
import { CliError } from "./result.ts";
import { readUserConfig } from "./user-config.ts";

/** The forge of a repository, with what it needs to be asked. */
export interface OpenForge {
  readonly forge: Forge;
  /** Page to open a pull request by hand. */
  page(pull: { readonly head: string; readonly base: string }): string;
}

export interface ForgeWish {
  readonly flags: Readonly<Record<string, unknown>>;
  /** A pull request is opened as somebody; many may be read by everybody. */
  readonly needsToken: boolean;
}

/** Recognised from the address of the repository, else as the user's configuration says. Throws CliError. */
export async function openForge(
  context: CommandContext,
  { place: address }: Pick<Repository, "place">,
  { flags, needsToken }: ForgeWish,
): Promise<OpenForge> {
  const { forges } = await readUserConfig(context);
  const place = forgePlace(address, forges);
  if (place === undefined) throw unknownForge(address, needsToken);
  const host = new URL(place.web).host;
  const tokenFile = textFlag(flags, "tokenFile") ?? forges.get(host)?.tokenFile;
  const token = await context.ports.forgeToken(tokenFile);
  if (token === undefined && needsToken) throw noToken(host);
  const { createForge } = await import("../forge/client.ts");
  const { dialects } = await import("../forge/dialects.ts");
  const forge = createForge({ place, token, version: context.version });
  return { forge, page: (pull) => dialects[place.kind].page(place.web, pull) };
}

function unknownForge(address: string, isForWriting: boolean): CliError {
  const host = parseRemote(address)?.host;
  const other = isForWriting ? "; or take --push or --patch FILE" : "; or name the commit: --rev";
  return new CliError({
    what: "there is no knowing which forge has this repository",
    where: address,
    why:
      host === undefined
        ? "that is no https or ssh address of an OWNER/REPOSITORY; git remote set-url origin URL sets one"
        : `the name ${host} does not tell whether it is GitHub, GitLab or Gitea`,
    next: `add 'forges: { "${host ?? "HOST"}": { kind: gitea } }' to ~/.config/holdfast/config.yaml${other}`,
  });
}

function noToken(host: string): CliError {
  return new CliError({
    what: `there is no token to open a pull request on ${host}`,
    why: "HOLDFAST_FORGE_TOKEN is not set, and no file is named",
    next: "set the variable, or name a file: --token-file FILE; never on the command line itself",
  });
}
