import type { UnitStatus } from "../model/status.ts";
import type { SummarizeInput } from "./input.ts";

/** One unit's status from everything known of it and from what was said before (observability §1–§3). */
export function summarize(input: SummarizeInput): UnitStatus {
  throw new Error(`not yet: ${input.unit.app}`);
}

/** When time alone may change the answer (30 s of health, `health.timeout`, a stuck deletion); undefined: only an event can. */
export function summaryDue(_input: SummarizeInput, _status: UnitStatus): number | undefined {
  return undefined;
}
