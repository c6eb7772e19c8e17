import type { HistoryEntry } from "../../agent/model/status.ts";
import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { type Column, table } from "./table.ts";
import { age, ageOf, shortId } from "./text.ts";

/** What became of one change in one environment. */
export interface EnvironmentResult {
  readonly environment: string;
  readonly clusters: number;
  readonly live: number;
}

/** One change of an app over the clusters that know it. */
export interface ChangeRow {
  readonly change: string;
  readonly commit: string;
  readonly title: string | undefined;
  readonly author: string | undefined;
  readonly kind: HistoryEntry["kind"];
  /** The worst of all clusters. */
  readonly result: HistoryEntry["result"];
  readonly reason: HistoryEntry["reason"];
  /** ISO 8601: when the first cluster fetched it. */
  readonly fetchedAt: string;
  /** From then until it was live on the last of them; absent while it is not. */
  readonly durationMs: number | undefined;
  readonly environments: readonly EnvironmentResult[];
  readonly clusters: readonly ({ readonly cluster: string } & HistoryEntry)[];
}

const columns: readonly Column[] = [
  { title: "WHEN", align: "right" },
  { title: "COMMIT" },
  { title: "TITLE", wraps: true },
  { title: "AUTHOR" },
  { title: "RESULT" },
  { title: "TOOK", align: "right" },
  { title: "LIVE ON" },
  { title: "CHANGE", wide: true },
];

/** One line per change, newest first. */
export function historyText(rows: readonly ChangeRow[], nowMs: number, style: Style): string {
  const cells = rows.map((row) => [
    ageOf(row.fetchedAt, nowMs),
    shortId(row.commit),
    escapeLine(row.title ?? "not in the repository here"),
    escapeLine((row.author ?? "–").replace(/ *<[^<>]*>$/, "")),
    resultWord(row),
    row.durationMs === undefined ? "–" : age(row.durationMs),
    row.environments.map(liveOn).join(", "),
    shortId(row.change),
  ]);
  return table(columns, cells, style);
}

function resultWord({ result, reason, kind }: ChangeRow): string {
  const word = kind === "rollback" ? `${result}, rollback` : result;
  return result === "succeeded" || result === "superseded" ? word : `${word}: ${reason}`;
}

function liveOn({ environment, live, clusters }: EnvironmentResult): string {
  const name = environment === "" ? "" : `${escapeLine(environment)} `;
  return `${name}${live} of ${clusters}`;
}
