import { reasonInfo } from "../model/reason.ts";
import type { Stage, State } from "../model/state.ts";
import type { Condition, ConditionStatus, UnitStatus } from "../model/status.ts";
import { type Finding, worstFinding } from "./finding.ts";
import { composeMessage, cut, type Whose } from "./message.ts";

/** What conditions are made of. */
export interface Told {
  readonly worst: Finding;
  readonly findings: readonly Finding[];
  readonly message: string;
  /** Stages that were passed at least once. */
  readonly passed: ReadonlySet<Stage>;
  readonly whose: Whose;
  /** ISO 8601. */
  readonly now: string;
  readonly unwatched?: string | undefined;
}

type Draft = Omit<Condition, "lastTransitionTime">;

/** Conditions as kstatus reads them (observability §3); a transition time moves with the status only. */
export function conditionsOf(told: Told, previous: UnitStatus | undefined): readonly Condition[] {
  const drafts = [ready(told), ...stageConditions(told), ...present(told), ...hidden(told)];
  return drafts.map((draft) => {
    const before = previous?.conditions.find(({ type }) => type === draft.type);
    const isSame = before?.status === draft.status;
    return { ...draft, lastTransitionTime: isSame ? before.lastTransitionTime : told.now };
  });
}

const readyStatus: Readonly<Record<State, ConditionStatus>> = {
  Synced: "True",
  Suspended: "Unknown",
  Progressing: "Unknown",
  Drifted: "False",
  Held: "False",
  Degraded: "False",
  Failed: "False",
  Unknown: "Unknown",
};

function ready({ worst, message }: Told): Draft {
  return { type: "Ready", status: readyStatus[worst.state], reason: worst.reason, message };
}

/** Trouble with documents and selection shows where the commit came in. */
const stageTypes: readonly (readonly [type: string, stages: readonly Stage[]])[] = [
  ["Fetched", ["fetched", "targeted", "merged"]],
  ["Rendered", ["rendered"]],
  ["GateOpen", ["gated"]],
  ["Applied", ["applied"]],
  ["Healthy", ["healthy"]],
];

function stageConditions(told: Told): readonly Draft[] {
  return stageTypes.map(([type, stages]) => {
    const own = told.findings.filter(({ stage }) => stages.includes(stage));
    if (own.length > 0) return troubled(type, own, told);
    const isPassed = stages.some((stage) => told.passed.has(stage));
    return isPassed
      ? { type, status: "True", reason: type, message: "" }
      : { type, status: "Unknown", reason: "NotReached", message: "" };
  });
}

function troubled(type: string, own: readonly Finding[], told: Told): Draft {
  const worst = worstFinding(own);
  const isOpen = worst.state === "Progressing" || worst.state === "Unknown";
  return {
    type,
    status: isOpen && type !== "GateOpen" ? "Unknown" : "False",
    reason: worst.reason,
    message: composeMessage(worst, own, told.whose),
  };
}

/** Those that exist only while True, also when a worse state masks them. */
function present(told: Told): readonly Draft[] {
  const { worst, findings } = told;
  const { retry } = reasonInfo(worst.reason);
  const isReconciling = worst.state === "Progressing" || retry === "backoff";
  const isStalled = !isReconciling && (retry === "input" || retry === "slow");
  const abnormal: readonly State[] = ["Suspended", "Drifted", "Held"];
  return [
    ...(isReconciling ? [marked("Reconciling", worst, told)] : []),
    ...(isStalled ? [marked("Stalled", worst, told)] : []),
    ...abnormal.flatMap((state) => {
      const own = findings.filter((found) => found.state === state);
      return own.length === 0 ? [] : [marked(state, worstFinding(own), { ...told, findings: own })];
    }),
  ];
}

function marked(type: string, found: Finding, { findings, whose }: Told): Draft {
  const message = composeMessage(found, findings, whose);
  return { type, status: "True", reason: found.reason, message };
}

/** No trouble: drift of these objects is found later than that of others (C-8). */
function hidden({ unwatched }: Told): readonly Draft[] {
  if (unwatched === undefined) return [];
  return [
    { type: "Unwatched", status: "True", reason: "WatchForbidden", message: cut(unwatched, 1024) },
  ];
}
