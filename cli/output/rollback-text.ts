import { describeRef } from "../../agent/model/object.ts";
import type { AppDiff } from "./diff-report.ts";
import { diffText } from "./diff-text.ts";
import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { ageOf, count, listNames, sections, shortId } from "./text.ts";

interface Named {
  readonly commit: string;
  readonly title: string;
  readonly author?: string;
}

/** What going back would do. */
export interface RollbackView {
  readonly app: string;
  /** The newest commit that is reverted. */
  readonly now: Named | undefined;
  readonly target: Named;
  readonly why: string;
  readonly liveAt: string | undefined;
  readonly reverts: readonly Named[];
  readonly apps: readonly AppDiff[];
  /** Shared files that differ and stay as they are. */
  readonly stays: readonly string[];
  readonly files: readonly string[];
  readonly generatedAt: string;
}

/** NOW, TARGET, REVERTS, CANNOT, then the effect object by object (cli.md §3). */
export function rollbackText(view: RollbackView, style: Style): string {
  const { app, now, target, why, liveAt, generatedAt, apps } = view;
  const since = liveAt === undefined ? "" : `, ${ageOf(liveAt, Date.parse(generatedAt))} ago`;
  const lines = [
    ["NOW", now === undefined ? "–" : named(now)],
    ["TARGET", `${named(target)}  ${why}${since}`],
    ["REVERTS", revertsText(view)],
    ["FILES", `${count(view.files.length, "file")}: ${listNames(view.files)}`],
    ...cannot(view).map((line) => ["CANNOT", line]),
  ].map(([word = "", line = ""]) => `${word.padEnd(9)}${escapeLine(line)}`);
  const detail = { short: false, clusters: false, full: false };
  const effect =
    apps.length === 0
      ? `No object of ${escapeLine(app)} differs.\n`
      : diffText(apps, detail, style);
  return sections(lines.join("\n"), effect);
}

function named({ commit, title }: Named): string {
  return `${shortId(commit)} "${title}"`;
}

function revertsText({ reverts }: RollbackView): string {
  if (reverts.length === 0) return "edits that no commit between the two accounts for";
  return reverts
    .map(({ commit, author = "" }) => `${shortId(commit)} (${author.replace(/ *<[^<>]*>$/, "")})`)
    .join(", ");
}

/** What a commit does not take back. */
function cannot({ apps, stays }: RollbackView): readonly string[] {
  const objects = apps.flatMap(({ variants }) => variants.flatMap((variant) => variant.objects));
  const jobs = objects
    .filter(({ ref, action }) => ref.group === "batch" && ref.kind === "Job" && action !== "create")
    .map(({ ref }) => `${describeRef(ref)}: what it has done is not undone`);
  const shared = stays.map((path) => `${path} is shared with other apps and stays as it is`);
  return [...new Set([...jobs, ...shared])];
}
