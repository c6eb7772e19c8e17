import type { State } from "../../agent/model/state.ts";
import { escapeLine } from "./escape.ts";
import { paintState, type Style, stateWord } from "./style.ts";
import { table } from "./table.ts";

/** What became of a request. `ended`: obeyed, and the unit is in a state that it does not leave by itself. */
export type SyncResult =
  | { readonly cluster: string; readonly app: string; readonly outcome: "requested" }
  | {
      readonly cluster: string;
      readonly app: string;
      readonly outcome: "synced" | "ended";
      readonly state: State;
      readonly message: string;
    };

const columns = [
  { title: "CLUSTER" },
  { title: "APP" },
  { title: "STATE" },
  { title: "WHY", wraps: true },
] as const;

/** One line per unit. */
export function syncText(results: readonly SyncResult[], style: Style): string {
  const rows = results.map((result) => {
    const names = [escapeLine(result.cluster), escapeLine(result.app)];
    if (result.outcome === "requested") return [...names, "requested", ""];
    const { state, message } = result;
    const cell = { text: stateWord(state, style), paint: paintState(state, style) };
    return [...names, cell, state === "Synced" ? "" : escapeLine(message)];
  });
  return table(columns, rows, style);
}
