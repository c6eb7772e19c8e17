import type { ClusterClient } from "../../agent/cluster/client.ts";
import type { Change, FieldDiff } from "../../agent/model/change.ts";
import { type KubeObject, refId } from "../../agent/model/object.ts";
import type { DriftEntry, UnitStatus } from "../../agent/model/status.ts";
import { heldUntilMs } from "../../agent/plan/leave.ts";
import { isoTime } from "../../agent/schedule/clock.ts";
import type { DriftAction, DriftedObject } from "../output/drift-report.ts";
import { declaredPointer } from "./declared-pointer.ts";
import { type PlanWish, planOne } from "./plan-one.ts";

export interface DriftWish extends PlanWish {
  readonly environment: string;
  /** What its agent says of the unit. */
  readonly status: UnitStatus | undefined;
  readonly withIgnored: boolean;
}

export type Drift = Pick<DriftedObject, "fields" | "declared" | "isMissing" | "since" | "action">;

/** What differs of one object, or why that cannot be told. */
export type OneDrift =
  | { readonly ok: true; readonly drift: readonly Drift[] }
  | { readonly ok: false; readonly why: string };

/** Drift of one object: the server's dry run of what was applied last is the judge, as for the agent. */
export async function driftOfOne(
  client: ClusterClient,
  wish: DriftWish,
  signal: AbortSignal,
): Promise<OneDrift> {
  const change = await planned(client, wish, signal);
  if (change === "raced") return { ok: false, why: "it changes all the time" };
  if (change.action === "fail") return { ok: false, why: change.problem.message };
  const seen = seenIn(change, wish);
  const shown = seen === undefined ? [] : [seen];
  if (!wish.withIgnored || wish.unit.drift.ignore.length === 0) return { ok: true, drift: shown };
  const hidden = await ignored(client, { wish, shown: seen?.fields ?? [] }, signal);
  return { ok: true, drift: [...shown, ...hidden] };
}

const tries = 3;

async function planned(
  client: ClusterClient,
  wish: PlanWish,
  signal: AbortSignal,
): Promise<Change | "raced"> {
  for (let attempt = 1; ; attempt += 1) {
    const { change } = await planOne(client, wish, signal);
    if (change !== "raced" || attempt === tries) return change;
  }
}

function seenIn(change: Change, wish: DriftWish): Drift | undefined {
  switch (change.action) {
    case "update":
      return change.fields.length === 0 ? undefined : drift(wish, change.fields, change.live);
    case "recreate":
      return drift(wish, [], change.live);
    case "create":
      return drift(wish, [], undefined);
    case "report": {
      const { how, live, fields } = change;
      const found = drift(wish, fields, live);
      return how === "reported" || how === "held"
        ? { ...found, action: { kind: "reported" } }
        : found;
    }
    default:
      return undefined;
  }
}

function drift(wish: DriftWish, fields: readonly FieldDiff[], live: KubeObject | undefined): Drift {
  const told = wish.status?.drift.find(({ ref }) => refId(ref) === refId(wish.desired.ref));
  const times = fields.flatMap(({ time }) => time ?? []).sort();
  const since = times.at(-1) ?? told?.since;
  const isMissing = live === undefined;
  const declared = placesOf(wish, fields, live);
  return { fields, declared, isMissing, since, action: actionOf(wish, live, told) };
}

function placesOf(
  { desired }: DriftWish,
  fields: readonly FieldDiff[],
  live: KubeObject | undefined,
): readonly (string | null)[] {
  return fields.map((field) => declaredPointer(field, { live, declared: desired.object }) ?? null);
}

/** The agent knows of fights and of when a grace began; all else is told by what is there. */
function actionOf(
  wish: DriftWish,
  live: KubeObject | undefined,
  told: DriftEntry | undefined,
): DriftAction {
  const { unit, nowMs, status } = wish;
  const differsSinceMs = told === undefined ? nowMs : Date.parse(told.since);
  const heldMs = (live && heldUntilMs(live, { unit, nowMs, differsSinceMs })) ?? 0;
  if (heldMs > nowMs) return { kind: "break-glass", until: isoTime(heldMs) };
  const { suspend } = status ?? {};
  if (suspend !== undefined) return { kind: "suspended", until: suspend.until };
  if (told?.action === "backing-off") return { kind: "fight", ...endOf(told) };
  if (isReported(wish, told)) return { kind: "reported" };
  const graceEndMs = differsSinceMs + unit.drift.graceMs;
  return graceEndMs > nowMs ? { kind: "grace", until: isoTime(graceEndMs) } : { kind: "healing" };
}

function endOf({ until }: DriftEntry): { readonly until?: string } {
  return until === undefined ? {} : { until };
}

function isReported({ unit }: DriftWish, told: DriftEntry | undefined): boolean {
  return unit.mode === "observe" || unit.drift.mode === "report" || told?.action === "reported";
}

interface Hiding {
  readonly wish: DriftWish;
  /** Fields that no rule hides. */
  readonly shown: readonly FieldDiff[];
}

/** What would be drift without `drift.ignore`, by the first rule that hides it. */
async function ignored(
  client: ClusterClient,
  { wish, shown }: Hiding,
  signal: AbortSignal,
): Promise<readonly Drift[]> {
  const rules = wish.unit.drift.ignore;
  const open = new Set(shown.map(({ pointer }) => pointer));
  const { fields: bare, live } = await fieldsUnder(client, { wish, rules: [] }, signal);
  let left = bare.filter(({ pointer }) => !open.has(pointer));
  const found: Drift[] = [];
  for (const [index, rule] of rules.entries()) {
    if (left.length === 0) break;
    const { fields } = await fieldsUnder(client, { wish, rules: [rule] }, signal);
    const seen = new Set(fields.map(({ pointer }) => pointer));
    const hidden = left.filter(({ pointer }) => !seen.has(pointer));
    left = left.filter(({ pointer }) => seen.has(pointer));
    if (hidden.length === 0) continue;
    const times = hidden.flatMap(({ time }) => time ?? []).sort();
    const action = { kind: "ignored", rule: index + 1 } as const;
    const declared = placesOf(wish, hidden, live);
    found.push({ fields: hidden, declared, isMissing: false, since: times.at(-1), action });
  }
  return found;
}

interface Under {
  readonly wish: DriftWish;
  readonly rules: DriftWish["unit"]["drift"]["ignore"];
}

async function fieldsUnder(
  client: ClusterClient,
  { wish, rules }: Under,
  signal: AbortSignal,
): Promise<{ readonly fields: readonly FieldDiff[]; readonly live: KubeObject | undefined }> {
  const { unit } = wish;
  const other = { ...unit, drift: { ...unit.drift, ignore: rules } };
  const change = await planned(client, { ...wish, unit: other }, signal);
  if (change === "raced" || !("fields" in change)) return { fields: [], live: undefined };
  return { fields: change.fields, live: change.live };
}
