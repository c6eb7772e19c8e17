import type { Commit } from "../../agent/model/artifact.ts";
import { folderOf, isInside } from "../../agent/model/paths.ts";
import { groupDiffs } from "../output/diff-report.ts";
import { problemReport } from "../output/error.ts";
import { type RollbackView, rollbackText } from "../output/rollback-text.ts";
import { shortId } from "../output/text.ts";
import type { CommandArguments } from "./catalog.ts";
import { type CommandContext, type NewBranch, nowText, type Repository } from "./context.ts";
import { compareViews } from "./diff-revisions.ts";
import { describeFound } from "./find-problems.ts";
import { checkNames, type FleetView } from "./fleet-view.ts";
import { textFlag } from "./globals.ts";
import { overlay } from "./overlay.ts";
import { deliver, type PreparePlace, preparePlace } from "./prepare.ts";
import { openFleet, withRepository } from "./repository.ts";
import { type CommandResult, text } from "./result.ts";
import { rollbackNow } from "./rollback-now.ts";
import { type RollbackTarget, rollbackTarget } from "./rollback-target.ts";
import { changedPaths, commitsTouching } from "./touching.ts";

const listedCommits = 20;

/** `holdfast rollback APP`: a commit that brings the files of the app back to what they were; history moves forward. */
export async function rollback(
  context: CommandContext,
  { positionals: [app = ""], flags }: CommandArguments,
): Promise<CommandResult> {
  if (flags.now === true) return await rollbackNow(context, app, flags);
  return await withRepository(context, async (repository) => {
    const place = await preparePlace(context, repository, flags);
    const now = await openFleet(context, place.view);
    const target = await rollbackTarget(context, repository, { app, to: textFlag(flags, "to") });
    const then = await openFleet(context, target.view);
    checkNames("app", [app], [...now.fleet.apps.keys(), ...then.fleet.apps.keys()]);
    const folders = foldersOf(app, [now, then]);
    const files = await restoredFiles(context, { now, then, folders });
    if (files.size === 0) {
      const commit = shortId(target.view.commit);
      return {
        exitCode: 1,
        output: text(`${app} is what it was at ${commit}. Nothing to revert.\n`),
      };
    }
    return await prepared(context, { app, place, now, then, target, folders, files, repository });
  });
}

/** Where the app is and where it was. */
function foldersOf(app: string, views: readonly FleetView[]): readonly string[] {
  const files = views.flatMap(({ fleet }) => fleet.apps.get(app)?.file ?? []);
  return [...new Set(files.map(folderOf))];
}

interface Sides {
  readonly now: FleetView;
  readonly then: FleetView;
  readonly folders: readonly string[];
}

async function restoredFiles(
  { signal }: CommandContext,
  { now, then, folders }: Sides,
): Promise<NewBranch["files"]> {
  const paths = within(changedPaths(now.tree, then.tree), folders);
  const old = paths.filter((path) => then.tree.has(path));
  const contents = await then.view.read(old, signal);
  return new Map(
    paths.map((path) => {
      const [content, entry] = [contents.get(path), then.tree.get(path)];
      const isKept = content !== undefined && entry !== undefined;
      return [path, isKept ? { content, mode: entry.mode } : undefined];
    }),
  );
}

function within(paths: readonly string[], folders: readonly string[]): readonly string[] {
  return paths.filter((path) => folders.some((folder) => isInside(path, folder)));
}

interface Rollback extends Sides {
  readonly app: string;
  readonly place: PreparePlace;
  readonly target: RollbackTarget;
  readonly files: NewBranch["files"];
  readonly repository: Repository;
}

async function prepared(context: CommandContext, rollback: Rollback): Promise<CommandResult> {
  const { app, place, now, then, target, folders, files } = rollback;
  const after = overlay(place.view, files);
  const { units, found } = await compareViews(context, { before: place.view, after, apps: [app] });
  const reverts = await revertedCommits(context, rollback);
  const apps = groupDiffs(units);
  const head = reverts[0] ?? (await rollback.repository.head());
  const view: RollbackView = {
    app,
    now: head === undefined ? undefined : { commit: idOf(head), title: head.title },
    target: { commit: target.view.commit, title: target.view.title },
    why: target.why,
    liveAt: target.liveAt,
    reverts: reverts.map(({ id, title, author }) => ({ commit: id, title, author })),
    apps,
    stays: staysOf({ now, then, folders }),
    files: [...files.keys()],
    generatedAt: nowText(context),
  };
  return await deliver(context, place, {
    kind: "RollbackPlan",
    files,
    branch: `revert-${app}-${shortId(view.now?.commit ?? target.view.commit)}`,
    message: messageOf(view),
    lead: "Rolling back means reverting in Git. Nothing has been changed yet.",
    effect: (style) => rollbackText(view, style),
    facts: { ...view },
    warnings: found.map((one) => problemReport(one.problem, describeFound(one), one.cluster)),
    isIncomplete: found.some(({ isUnreached }) => isUnreached),
  });
}

function idOf(at: Pick<Commit, "id"> | { readonly commit: string | undefined }): string {
  return "id" in at ? at.id : (at.commit ?? "");
}

async function revertedCommits(
  context: CommandContext,
  { repository, target, folders }: Rollback,
): Promise<readonly Commit[]> {
  const head = await repository.head();
  if (head?.commit === undefined) return [];
  const range = { from: target.view.commit, to: head.commit, limit: 200 };
  const isMeant = (path: string) => within([path], folders).length > 0;
  return await commitsTouching(context, repository, { range, count: listedCommits, isMeant });
}

/** What the app may read besides its folder is others', too: it is not taken back with it. */
function staysOf({ now, then }: Sides): readonly string[] {
  const shared = now.fleet.document.spec.shared ?? [];
  return within(changedPaths(now.tree, then.tree), shared);
}

/** As `git revert` words it, so that agents know a rollback when they see one. */
function messageOf({ app, target, reverts }: RollbackView): string {
  const title = `Roll back ${app} to ${shortId(target.commit)} "${target.title}"`;
  const lines = reverts.map(({ commit }) => `This reverts commit ${commit}.`);
  return `${[title, "", ...lines].join("\n").trimEnd()}\n`;
}
