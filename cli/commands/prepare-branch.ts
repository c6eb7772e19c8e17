import type { NewPull, OpenedPull } from "../forge/forge.ts";
import { shortId } from "../output/text.ts";
import { confirm } from "./confirm.ts";
import type { CommandContext, MadeBranch, Repository, RepositoryView } from "./context.ts";
import { openForge } from "./open-forge.ts";
import type { Prepared } from "./prepare.ts";
import { preparedResult, previewText, questionText, told } from "./prepare-result.ts";
import { pullText, targetBranch } from "./pull-text.ts";
import { CliError, type CommandResult } from "./result.ts";

export interface BranchPlace {
  readonly repository: Repository;
  readonly view: RepositoryView;
  readonly flags: Readonly<Record<string, unknown>>;
  /** Whether a pull request is opened from the branch. */
  readonly withPull: boolean;
}

/** Shows the effect, asks once, then publishes. */
export async function asBranch(
  context: CommandContext,
  place: BranchPlace,
  prepared: Prepared,
): Promise<CommandResult> {
  const { branch } = prepared;
  const what = place.withPull ? `Push branch ${branch} and open a pull request?` : undefined;
  const publication = await publicationOf(context, place, prepared);
  const decision = await confirm(context, {
    preview: questionText(prepared, publication.caution),
    question: what ?? `Push this as branch ${branch}?`,
    unattended: "add --yes, or take the change as a patch: --patch FILE",
  });
  const isShown = context.terminal.isInteractive && !context.options.yes && !context.options.dryRun;
  const known = isShown ? told(prepared) : prepared;
  if (decision === "yes")
    return await published(context, { prepared: known, publication, isShown });
  const end =
    decision === "no" ? "Declined. Nothing was written.\n" : "Nothing was written (--dry-run).\n";
  return {
    ...preparedResult(context, known, {
      facts: {},
      draw: (style) => (isShown ? end : `${previewText(prepared, style)}\n${end}`),
    }),
    exitCode: decision === "no" ? 1 : 0,
  };
}

/** Everything that publishing needs, looked for before anything is done. */
export interface Publication {
  push(): Promise<MadeBranch>;
  /** Undefined: no pull request is wanted. */
  readonly open: (() => Promise<OpenedPull>) | undefined;
  /** What whoever agrees should know besides the effect. */
  readonly caution: string;
}

/** Throws CliError when no forge, no token or no commit is at hand: then nothing has happened yet. */
export async function publicationOf(
  context: CommandContext,
  { repository, view, flags, withPull }: BranchPlace,
  prepared: Prepared,
): Promise<Publication> {
  const { branch: name, message, files } = prepared;
  const base = view.commit ?? "";
  const push = () => repository.push({ name, base, message, files }, context.signal);
  if (!withPull) return { push, open: undefined, caution: "" };
  const { forge, page } = await openForge(context, repository, { flags, needsToken: true });
  const pull: NewPull = {
    title: message.split("\n", 1)[0] ?? name,
    body: pullText(prepared),
    head: name,
    base: await targetBranch(context, view),
  };
  const caution = await unmergedText(repository, view, pull.base);
  const open = async () => {
    try {
      return await forge.open(pull, context.signal);
    } catch (error) {
      throw halfway(error, { name, page: page(pull) });
    }
  };
  return { push, open, caution };
}

/** A branch off a branch brings along what that one holds. */
async function unmergedText(
  repository: Repository,
  { commit }: RepositoryView,
  base: string,
): Promise<string> {
  const target = (await repository.at(`origin/${base}`))?.commit;
  if (target === undefined || commit === undefined) return "";
  if ((await repository.contains(target, commit)) !== false) return "";
  return `NOTE     ${shortId(commit)}, which is checked out, is not on origin/${base}: the pull request brings its commits along\n`;
}

/** The branch is there already; the pull request can be had by hand. */
function halfway(
  error: unknown,
  { name, page }: { readonly name: string; readonly page: string },
): unknown {
  if (!(error instanceof CliError)) return error;
  const next = `open it yourself: ${page}`;
  return new CliError([
    ...error.reports,
    { what: `branch ${name} is pushed, and has no pull request`, next },
  ]);
}

export interface Publishing {
  readonly prepared: Prepared;
  readonly publication: Publication;
  /** Whether the effect was on the terminal already. */
  readonly isShown: boolean;
}

/** Pushes, and opens the pull request from what was pushed. */
export async function published(
  context: CommandContext,
  { prepared, publication, isShown }: Publishing,
): Promise<CommandResult> {
  const { branch: name } = prepared;
  const made = await publication.push();
  const pull = made.isPushed ? await publication.open?.() : undefined;
  const facts = {
    branch: { name, ...made },
    ...(pull === undefined ? {} : { pullRequest: pull }),
  };
  const end = madeText(name, made, pull);
  return {
    ...preparedResult(context, prepared, {
      facts,
      draw: (style) => (isShown ? end : `${prepared.effect(style)}\n${end}`),
    }),
    hints: [hintFor(made, pull)],
  };
}

function madeText(
  name: string,
  { commit, isPushed }: MadeBranch,
  pull: OpenedPull | undefined,
): string {
  const branch = `Branch ${name} (${commit.slice(0, 7)})`;
  if (!isPushed) return `${branch} is made here, and not pushed: there is no git in PATH.\n`;
  return pull === undefined
    ? `${branch} is pushed. Nothing else was changed.\n`
    : `${branch} is pushed.\nPull request #${pull.number}  ${pull.url}\n`;
}

function hintFor({ isPushed, command }: MadeBranch, pull: OpenedPull | undefined): string {
  if (!isPushed) return command;
  return pull === undefined
    ? "open a pull request from it"
    : "once it is merged: git pull, then holdfast wait";
}
