import { resolve } from "node:path";
import type { Tree } from "../../agent/model/artifact.ts";
import { type FileChange, filePatches } from "../output/patch.ts";
import { plainStyle, type Style } from "../output/style.ts";
import { listNames, sections } from "../output/text.ts";
import type { CommandContext, RepositoryView } from "./context.ts";
import type { Prepared } from "./prepare.ts";
import { preparedResult, previewText } from "./prepare-result.ts";
import { CliError, type CommandResult } from "./result.ts";

interface Place {
  readonly view: RepositoryView;
}

/** What would happen, and nothing happens. */
export async function preview(
  context: CommandContext,
  { view }: Place,
  prepared: Prepared,
): Promise<CommandResult> {
  const facts = { patch: await patchOf(context, view, prepared) };
  const end = "Nothing was written (--dry-run).\n";
  return preparedResult(context, prepared, {
    facts,
    draw: (style) => `${previewText(prepared, style)}\n${end}`,
  });
}

/** The effect on stderr and the patch on stdout, or the patch in a file. */
export async function asPatch(
  context: CommandContext,
  { view, file }: Place & { readonly file: string },
  prepared: Prepared,
): Promise<CommandResult> {
  if (context.options.dryRun) return await preview(context, { view }, prepared);
  const patch = await patchOf(context, view, prepared);
  const toStdout = file === "-";
  const isDrawn = context.options.form === "table" || context.options.form === "wide";
  if (toStdout && isDrawn) context.terminal.show(`${previewText(prepared, plainStyle)}\n`);
  if (!toStdout) await context.ports.writeText(resolve(context.cwd, file), patch);
  const draw = (style: Style) =>
    toStdout ? patch : sections(prepared.effect(style), `Patch  ${file}\n`);
  return {
    ...preparedResult(context, prepared, { facts: { patch }, draw }),
    hints: [`git apply ${toStdout ? "FILE" : file}, commit, open a pull request`],
  };
}

/** As `git apply` reads it. */
export async function patchOf(
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
