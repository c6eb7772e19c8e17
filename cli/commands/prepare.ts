import { resolve } from "node:path";
import type { Tree } from "../../agent/model/artifact.ts";
import { cliApiVersion } from "../output/document.ts";
import type { Report } from "../output/error.ts";
import { type FileChange, filePatches } from "../output/patch.ts";
import { plainStyle, type Style } from "../output/style.ts";
import { listNames } from "../output/text.ts";
import { confirm } from "./confirm.ts";
import {
  type CommandContext,
  type MadeBranch,
  type NewBranch,
  nowText,
  type Repository,
  type RepositoryView,
} from "./context.ts";
import { textFlag, usage } from "./globals.ts";
import { CliError, type CommandResult } from "./result.ts";

type Flags = Readonly<Record<string, unknown>>;

/** Where the prepared commit goes. */
type Destination =
  | { readonly how: "patch"; readonly file: string }
  | { readonly how: "push"; readonly base: string };

/** A change of the config repository, ready to be reviewed; nothing is ever written to what is checked out. */
export interface Prepared {
  readonly kind: string;
  readonly files: NewBranch["files"];
  readonly branch: string;
  readonly message: string;
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
  readonly destination: Destination;
}

/** `--push` starts from the commit that is checked out, so that the branch holds the change alone; a patch is for the work tree. */
export async function preparePlace(repository: Repository, flags: Flags): Promise<PreparePlace> {
  const file = textFlag(flags, "patch");
  if (flags.push !== true) {
    const view = await repository.newest();
    return { repository, view, destination: { how: "patch", file: file ?? "-" } };
  }
  if (file !== undefined) throw usage("--push and --patch exclude each other", "choose one");
  const view = await repository.head();
  if (view?.commit !== undefined) {
    return { repository, view, destination: { how: "push", base: view.commit } };
  }
  throw new CliError({
    what: "there is no commit to branch off",
    where: repository.place,
    next: "take the change as a patch: --patch FILE",
  });
}

/** Shows the effect; writes the patch, or pushes the branch once that is agreed to (cli.md §1). */
export async function deliver(
  context: CommandContext,
  place: PreparePlace,
  prepared: Prepared,
): Promise<CommandResult> {
  const { destination } = place;
  return destination.how === "push"
    ? await asBranch(context, { ...place, base: destination.base }, prepared)
    : await asPatch(context, { ...place, file: destination.file }, prepared);
}

async function asPatch(
  context: CommandContext,
  { view, file }: PreparePlace & { readonly file: string },
  prepared: Prepared,
): Promise<CommandResult> {
  const patch = await patchOf(context, view, prepared);
  const toStdout = file === "-";
  const isDrawn = context.options.form === "table" || context.options.form === "wide";
  if (toStdout && isDrawn) context.terminal.show(`${prepared.effect(plainStyle)}\n`);
  if (!toStdout && !context.options.dryRun) {
    await context.ports.writeText(resolve(context.cwd, file), patch);
  }
  const written = context.options.dryRun
    ? "Nothing was written (--dry-run).\n"
    : `Patch  ${file}\n`;
  const draw = (style: Style) => (toStdout ? patch : `${prepared.effect(style)}\n${written}`);
  return {
    ...result(context, prepared, { facts: { patch }, draw }),
    hints: [`git apply ${toStdout ? "FILE" : file}, commit, open a pull request`],
  };
}

async function asBranch(
  context: CommandContext,
  { repository, base }: PreparePlace & { readonly base: string },
  prepared: Prepared,
): Promise<CommandResult> {
  const { branch: name, message, files } = prepared;
  const decision = await confirm(context, {
    preview: `${prepared.effect(plainStyle)}\n`,
    question: `Push this as branch ${name}?`,
    unattended: "add --yes, or take the change as a patch: --patch FILE",
  });
  const pushed = { name, base, message, files };
  const made = decision === "yes" ? await repository.push(pushed, context.signal) : undefined;
  const said = {
    no: "Declined. Nothing was written.\n",
    preview: "Nothing was written (--dry-run).\n",
  };
  const end = decision === "yes" ? madeText(name, made) : said[decision];
  const isShown = context.terminal.isInteractive && !context.options.yes && !context.options.dryRun;
  return {
    ...result(context, prepared, {
      facts: { branch: made === undefined ? undefined : { name, ...made } },
      draw: (style) => (isShown ? end : `${prepared.effect(style)}\n${end}`),
    }),
    exitCode: decision === "no" ? 1 : 0,
    hints: made === undefined ? [] : [hintFor(made)],
  };
}

function madeText(name: string, made: MadeBranch | undefined): string {
  const commit = made?.commit.slice(0, 7) ?? "";
  return made?.isPushed === true
    ? `Branch ${name} (${commit}) is pushed. Nothing else was changed.\n`
    : `Branch ${name} (${commit}) is made here, and not pushed: there is no git in PATH.\n`;
}

function hintFor({ isPushed, command }: MadeBranch): string {
  return isPushed ? "open a pull request from it" : command;
}

interface Told {
  readonly facts: Readonly<Record<string, unknown>>;
  draw(style: Style): string;
}

function result(context: CommandContext, prepared: Prepared, { facts, draw }: Told): CommandResult {
  const { kind, reports = [], warnings = [], isIncomplete = false } = prepared;
  const files = [...prepared.files.keys()];
  return {
    exitCode: 0,
    isIncomplete,
    reports,
    warnings,
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind,
        generatedAt: nowText(context),
        complete: !isIncomplete,
        problems: reports,
        ...prepared.facts,
        files,
        ...facts,
      },
      draw,
    },
  };
}

async function patchOf(
  { signal }: CommandContext,
  view: RepositoryView,
  { files }: Prepared,
): Promise<string> {
  const tree = await view.tree(signal);
  const before = await view.read(
    [...files.keys()].filter((path) => tree.has(path)),
    signal,
  );
  const changes = [...files].map(([path, file]): FileChange => {
    const mode = (file ?? tree.get(path))?.mode ?? "100644";
    return { path, before: textOf(before.get(path)), after: textOf(file?.content), mode };
  });
  refuseBinary(changes, tree);
  return filePatches(changes);
}

function textOf(content: Uint8Array | undefined): string | undefined {
  return content === undefined ? undefined : new TextDecoder().decode(content);
}

/** A text patch carries neither bytes that are no text nor a change of the mode alone. */
function refuseBinary(changes: readonly FileChange[], tree: Tree): void {
  const isBinary = ({ before = "", after = "" }: FileChange) => /[\0\uFFFD]/.test(before + after);
  const hasNewMode = ({ path, before, after, mode }: FileChange) =>
    before !== undefined && after !== undefined && tree.get(path)?.mode !== mode;
  const paths = changes.filter((one) => isBinary(one) || hasNewMode(one)).map(({ path }) => path);
  if (paths.length === 0) return;
  throw new CliError({
    what: `${listNames(paths)} cannot be written as a patch`,
    why: "it is no text, or its mode changes",
    next: "let a branch be made: --push",
  });
}
