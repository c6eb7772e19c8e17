import { describeRef, type ObjectRef } from "../../agent/model/object.ts";
import { type Problem, placeOf } from "../../agent/model/problem.ts";
import type { Reason } from "../../agent/model/reason.ts";
import type { Stage, State } from "../../agent/model/state.ts";
import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { ageOf, count, sections, shortId } from "./text.ts";

/** One commit on one cluster, stage by stage. */
export interface UnitExplanation {
  readonly app: string;
  readonly cluster: string;
  /** It runs, and nothing of it is wrong. */
  readonly live: boolean;
  /** It got there, whatever became of it. */
  readonly wasLive: boolean;
  readonly state: State | undefined;
  readonly stage: Stage | undefined;
  readonly reason: Reason | undefined;
  readonly since: string | undefined;
  readonly comparedAt: string | undefined;
  readonly stages: readonly {
    readonly stage: Stage;
    readonly result: "done" | "stopped" | "not reached" | "not seen";
    readonly at?: string;
    readonly evidence: readonly string[];
  }[];
  readonly cause: string | undefined;
  readonly fix: string | undefined;
  readonly problems: readonly Problem[];
  readonly next: readonly string[];
  /** What others left on its objects (A-27): no trouble, and gone only when somebody says so. */
  readonly leftovers?: { readonly count: number; readonly plan: string };
  /** The first broken pod below an object of the app. */
  readonly pod?: {
    readonly chain: readonly string[];
    readonly waits: string;
    readonly event:
      | {
          readonly reason: string;
          readonly message: string;
          readonly count: number;
          readonly at: string;
        }
      | undefined;
  };
  /** Whether the cluster could be asked. */
  readonly isSeen: boolean;
}

export interface ExplainView {
  readonly change: {
    /** Undefined: a pull request that is not merged. */
    readonly commit: string | undefined;
    readonly title: string;
    readonly author: string | undefined;
    readonly pullRequest?: number | undefined;
  };
  readonly unit: UnitExplanation;
  readonly others: readonly UnitExplanation[];
  /** The object that was asked about, and what is said of it. */
  readonly object?: { readonly ref: ObjectRef; readonly place: string; readonly said: string };
  readonly cannotSee: readonly string[];
  readonly nowMs: number;
}

const glyphs = { done: "✔", stopped: "✗", "not reached": "○", "not seen": "?" } as const;
const asciiGlyphs = { done: "ok", stopped: "x ", "not reached": "- ", "not seen": "? " } as const;

/** The sentence, the stages, cause and fix, then what cannot be seen from here (cli.md §3). */
export function explainText(view: ExplainView, style: Style): string {
  const { unit, object } = view;
  return sections(
    sentence(view),
    unit.stages.map((line) => stageText(line, style)).join("\n"),
    object === undefined
      ? ""
      : escapeLine(`${describeRef(object.ref)}  ${object.place}: ${object.said}`),
    unit.problems.slice(0, 10).map(problemText).join("\n"),
    podText(view),
    causeText(view, style),
    leftText(view),
    othersText(view),
    view.cannotSee.map((line) => `Not seen  ${escapeLine(line)}`).join("\n"),
  );
}

function sentence({ change, unit }: ExplainView): string {
  const author = (change.author ?? "").replace(/ *<[^<>]*>$/, "");
  const by = [author, pullName(change)].filter((part) => part !== "").join(", ");
  const name = change.commit === undefined ? pullName(change) : shortId(change.commit);
  const what = `${name} "${change.title}"${by === "" || change.commit === undefined ? "" : ` (${by})`}`;
  const where = `on ${unit.cluster}`;
  if (unit.reason === "NoEffect")
    return escapeLine(`${what} changes nothing of ${unit.app} ${where}.`);
  if (unit.live) return escapeLine(`${what} is live ${where}.`);
  const stop = unit.stages.find(({ result }) => result === "stopped");
  if (stop === undefined)
    return escapeLine(`Whether ${what} is live ${where} cannot be seen from here.`);
  const isBroken = unit.wasLive && (stop.stage === "applied" || stop.stage === "healthy");
  const verdict = isBroken ? "was live and is in trouble" : "is NOT live";
  return escapeLine(`${what} ${verdict} ${where}: it stopped at ${stop.stage.toUpperCase()}.`);
}

function pullName({ pullRequest }: ExplainView["change"]): string {
  return pullRequest === undefined ? "" : `PR #${pullRequest}`;
}

/** From the object down to the pod, what it waits for, and what was last said of it. */
function podText({ unit: { pod }, nowMs }: ExplainView): string {
  if (pod === undefined) return "";
  const { chain, waits, event } = pod;
  const times = event !== undefined && event.count > 1 ? ` (${event.count} times)` : "";
  const when = event === undefined ? "" : ageOf(event.at === "" ? undefined : event.at, nowMs);
  const lines = [
    ...chain.map((name, depth) => `${"  ".repeat(depth + 1)}└ ${name}`),
    `${"  ".repeat(chain.length + 2)}${waits}`,
    ...(event === undefined
      ? []
      : [`${"  ".repeat(chain.length + 2)}${when} ago: ${event.reason}, ${event.message}${times}`]),
  ];
  return lines.map(escapeLine).join("\n");
}

function stageText(
  { stage, result, at, evidence }: UnitExplanation["stages"][number],
  style: Style,
): string {
  const glyph = (style.ascii ? asciiGlyphs : glyphs)[result];
  const { green, red, dim } = style.colours;
  const paint = { done: green, stopped: red, "not reached": dim, "not seen": dim }[result];
  const word = result === "done" || result === "stopped" ? "" : result;
  const rest = [word, at ?? "", ...evidence].filter((part) => part !== "").map(escapeLine);
  return `${paint(`${glyph} ${stage.padEnd(9)}`)} ${rest.join(" · ")}`.trimEnd();
}

function problemText(problem: Problem): string {
  const { ref, field, message } = problem;
  const parts = [ref === undefined ? "" : describeRef(ref), field ?? "", placeOf(problem)];
  return escapeLine(`  ${[...parts.filter((part) => part !== ""), message].join("  ")}`);
}

function causeText({ unit, nowMs }: ExplainView, style: Style): string {
  if (unit.cause === undefined) return "";
  const asOf =
    unit.comparedAt === undefined
      ? ""
      : style.colours.dim(`   as of ${ageOf(unit.comparedAt, nowMs)} ago`);
  const lines = [
    `Cause  ${escapeLine(unit.cause === "" ? (unit.reason ?? "") : unit.cause)}${asOf}`,
    `Fix    ${escapeLine(unit.fix ?? "")}`,
    ...unit.next.map((line) => `  or   ${escapeLine(line)}`),
  ];
  return lines.join("\n");
}

function leftText({ unit: { app, cluster, leftovers } }: ExplainView): string {
  if (leftovers === undefined) return "";
  const what = `${count(leftovers.count, "object")} with fields that others set and Git does not declare`;
  return escapeLine(
    `Left   ${what}: holdfast accept ${app} --cluster ${cluster} (plan ${leftovers.plan})`,
  );
}

function othersText({ others }: ExplainView): string {
  if (others.length === 0) return "";
  const live = others.filter((one) => one.live).length;
  const lines = others
    .filter((one) => !one.live)
    .map(
      ({ cluster, stage, reason }) =>
        `  ${escapeLine(cluster)}  ${stage ?? "?"}: ${reason ?? "not seen"}`,
    );
  return [`Live on ${live} of ${count(others.length, "other cluster")}`, ...lines].join("\n");
}
