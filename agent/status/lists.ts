import { refId } from "../model/object.ts";
import type { Problem } from "../model/problem.ts";
import type { DriftEntry, Held, Leftover, ObjectCounts, UnitStatus } from "../model/status.ts";
import type { Pass, SummarizeInput } from "./input.ts";
import { cut } from "./message.ts";
import { isAtRest } from "./objects.ts";
import { isOpenDrift, passProblems } from "./pass.ts";

const listLimit = 20;
const deletionsLimit = 50;
const messageLimit = 1024;

/** Problems of now; those of objects stay until a complete pass has looked again. At most 20. */
export function problemsOf({ problems, pass, previous }: SummarizeInput): readonly Problem[] {
  const now = [...problems, ...(pass === undefined ? [] : passProblems(pass))];
  const kept = pass?.complete === true ? [] : (previous?.problems ?? []);
  const all = [...now, ...kept.filter(({ ref }) => ref !== undefined)].map((problem) => ({
    ...problem,
    message: cut(problem.message, messageLimit),
  }));
  return [...new Map(all.map((problem) => [keyOf(problem), problem])).values()].slice(0, listLimit);
}

function keyOf({ reason, message, file = "", ref }: Problem): string {
  return [reason, file, ref === undefined ? "" : refId(ref), message].join("\n");
}

/** Drift by field, manager and time, without values: a status shows no object contents (NEG-25). At most 20. */
export function driftOf({ pass, previous }: SummarizeInput): readonly DriftEntry[] {
  if (pass === undefined) return previous?.drift ?? [];
  return pass.drift.slice(0, listLimit).map((entry) => ({
    ...entry,
    fields: entry.fields
      .slice(0, listLimit)
      .map((field) => ({ ...field, live: undefined, desired: undefined })),
  }));
}

/** What others set and Git does not declare: 20 objects, 20 fields of each; their number stands beside. */
export function leftoversOf({ pass, previous }: SummarizeInput): Pick<UnitStatus, "leftovers"> {
  const found = pass === undefined ? previous?.leftovers : pass.leftovers;
  if (found === undefined) return {};
  return { leftovers: { ...found, items: found.items.slice(0, listLimit).map(cutFields) } };
}

function cutFields({ stays, ...entry }: Leftover): Leftover {
  const fields = entry.fields.slice(0, listLimit);
  const kept = stays?.filter((field) => fields.includes(field)) ?? [];
  return { ...entry, fields, ...(kept.length === 0 ? {} : { stays: kept }) };
}

/** What waits for a person, at most 50 objects listed; their number stands in the counts. */
export function heldOf({ pass, previous }: SummarizeInput): { readonly held?: Held } {
  const held = pass === undefined || !pass.complete ? (pass?.held ?? previous?.held) : pass.held;
  if (held === undefined) return {};
  return { held: { ...held, deletions: held.deletions.slice(0, deletionsLimit) } };
}

/** Sizes, before any list was cut. */
export function countsOf({ pass, previous }: SummarizeInput): ObjectCounts {
  if (pass === undefined) return previous?.objects ?? none;
  return {
    managed: pass.managed,
    drifted: pass.drift.filter(isOpenDrift).length,
    unhealthy: countUnhealthy(pass),
    heldDeletions: heldDeletions(pass, previous),
  };
}

const none: ObjectCounts = { managed: 0, drifted: 0, unhealthy: 0, heldDeletions: 0 };

function countUnhealthy({ health }: Pass): number {
  return health.filter((entry) => !isAtRest(entry)).length;
}

function heldDeletions(pass: Pass, previous: UnitStatus | undefined): number {
  if (pass.held !== undefined) return pass.held.deletions.length;
  return pass.complete ? 0 : (previous?.objects.heldDeletions ?? 0);
}
