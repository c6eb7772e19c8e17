import type { Report } from "../output/error.ts";
import type { Style } from "../output/style.ts";
import type { CommandContext, NewBranch, Repository, RepositoryView } from "./context.ts";
import { textFlag, usage } from "./globals.ts";
import { asBranch } from "./prepare-branch.ts";
import { chooseWay } from "./prepare-choice.ts";
import { destinations } from "./prepare-flags.ts";
import { asPatch, preview } from "./prepare-patch.ts";
import { CliError, type CommandResult } from "./result.ts";

type Flags = Readonly<Record<string, unknown>>;

/** Where the prepared change goes. */
type Way =
  | { readonly how: "patch"; readonly file: string }
  | { readonly how: "branch"; readonly withPull: boolean }
  | { readonly how: "preview" }
  /** Whoever sits there says so once the effect is shown. */
  | { readonly how: "ask" };

/** A change of the config repository, ready to be reviewed; nothing is ever written to what is checked out. */
export interface Prepared {
  readonly kind: string;
  readonly files: NewBranch["files"];
  readonly branch: string;
  readonly message: string;
  /** Said above the effect as long as nothing has happened. */
  readonly lead?: string;
  /** What it does to the fleet. */
  effect(style: Style): string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly reports?: readonly Report[];
  readonly warnings?: readonly Report[];
  readonly isIncomplete?: boolean;
}

export interface PreparePlace {
  readonly repository: Repository;
  /** What the change is made of. */
  readonly view: RepositoryView;
  readonly way: Way;
  readonly flags: Flags;
}

/** A branch starts from the commit that is checked out, so that it holds the change alone; a patch is for the work tree. */
export async function preparePlace(
  context: CommandContext,
  repository: Repository,
  flags: Flags,
): Promise<PreparePlace> {
  const way = wayOf(context, flags);
  const isForWorkTree = way.how === "patch" || way.how === "preview";
  const view = isForWorkTree ? await repository.newest() : await repository.head();
  if (view?.commit !== undefined || (isForWorkTree && view !== undefined)) {
    return { repository, view, way, flags };
  }
  throw new CliError({
    what: "there is no commit to branch off",
    where: repository.place,
    next: "take the change as a patch: --patch FILE",
  });
}

function wayOf({ options, terminal }: CommandContext, flags: Flags): Way {
  const named = destinations.filter((name) => flags[name] !== undefined);
  const [first, second] = named;
  if (first !== undefined && second !== undefined) {
    throw usage(`--${first} and --${second} exclude each other`, "choose one");
  }
  const file = textFlag(flags, "patch");
  if (file !== undefined) return { how: "patch", file };
  if (first !== undefined) return { how: "branch", withPull: first === "pr" };
  const isDrawn = options.form === "table" || options.form === "wide";
  if (options.dryRun || !isDrawn) return { how: "preview" };
  if (terminal.isInteractive && !options.yes) return { how: "ask" };
  throw usage(
    "it is not said where the change goes, and there is nobody to ask",
    "--pr, --push or --patch FILE (- is stdout); --dry-run shows what it would do",
  );
}

/** Shows the effect; then writes the patch, pushes the branch, or opens a pull request from it (cli.md §1). */
export async function deliver(
  context: CommandContext,
  place: PreparePlace,
  prepared: Prepared,
): Promise<CommandResult> {
  const { way } = place;
  switch (way.how) {
    case "preview":
      return await preview(context, place, prepared);
    case "patch":
      return await asPatch(context, { ...place, file: way.file }, prepared);
    case "branch":
      return await asBranch(context, { ...place, withPull: way.withPull }, prepared);
    case "ask":
      return await chooseWay(context, place, prepared);
  }
}
