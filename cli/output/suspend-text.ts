import type { Reason } from "../../agent/model/reason.ts";
import type { State } from "../../agent/model/state.ts";
import type { Suspend } from "../../agent/model/status.ts";
import { escapeLine } from "./escape.ts";
import { paintState, type Style, stateWord } from "./style.ts";
import { table } from "./table.ts";

/** One unit that is, was or will be paused. */
export interface PauseRow {
  readonly cluster: string;
  readonly app: string;
  readonly state: State;
  readonly reason: Reason;
  readonly drifted: number;
  readonly suspend: Suspend | undefined;
  /** The agent has said that it heard it. */
  readonly isObeyed: boolean;
}

const columns = [
  { title: "CLUSTER" },
  { title: "APP" },
  { title: "STATE" },
  { title: "DRIFTED" },
  { title: "UNTIL" },
  { title: "BY" },
  { title: "REASON", wraps: true },
] as const;

/** One line per unit; what the agent has not heard yet says so. */
export function pauseText(rows: readonly PauseRow[], style: Style): string {
  return table(
    columns,
    rows.map(({ cluster, app, state, drifted, suspend }) => [
      escapeLine(cluster),
      escapeLine(app),
      { text: stateWord(state, style), paint: paintState(state, style) },
      drifted === 0 ? "–" : String(drifted),
      suspend?.until ?? "–",
      suspend === undefined ? "–" : escapeLine(suspend.by),
      suspend === undefined ? "" : escapeLine(suspend.reason),
    ]),
    style,
  );
}
