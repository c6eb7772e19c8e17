import type { Hasher } from "../model/digest.ts";
import type { Inventory } from "../model/inventory.ts";
import { describeRef, type ObjectRef, refId } from "../model/object.ts";
import type { Reason } from "../model/reason.ts";
import type { Held } from "../model/status.ts";
import { planText } from "./order.ts";
import type { Guarded, Verdict } from "./verdict.ts";

/** What may go by every rule but the guard's. */
export type Doomed = Extract<Verdict, { verdict: "delete" }>;

/** One permission to let a held set go (P-52). `key` is recorded, so that it is used up once. */
export type Accept =
  | { readonly by: "plan"; readonly key: string; readonly plan: string; readonly max?: number }
  /** A trailer accepts what its own commit no longer declares, up to `max`. */
  | {
      readonly by: "trailer";
      readonly key: string;
      readonly declared: ReadonlySet<string>;
      readonly max?: number;
    };

/** The whole unit goes (P-72): `hold` asks first, `delete` only for what is protected or was lost, `orphan` lets go. */
export interface Removal {
  readonly how: "hold" | "delete" | "orphan";
  readonly reason: Reason;
  readonly why: string;
}

export interface GuardInput {
  readonly app: string;
  readonly cluster: string;
  readonly commit: string;
  readonly changeId: string;
  readonly inventory: Inventory;
  /** Ids of what is declared now. */
  readonly declared: ReadonlySet<string>;
  /** `prune.max`, 0 to 1. */
  readonly maxShare: number;
  readonly accepts: readonly Accept[];
  readonly hasher: Hasher;
  readonly removal?: Removal;
}

export interface Guarding {
  /** Absent: the set may go. */
  readonly held?: Held;
  /** Accepts that were needed, to be recorded (P-52). */
  readonly used: readonly string[];
  readonly plan: string;
}

const workloads = new Set(["Deployment", "StatefulSet", "DaemonSet", "CronJob"]);
const guardedReasons: Record<Guarded, Reason> = {
  recovered: "InventoryLost",
  "protected-kind": "ProtectedKind",
  "protected-object": "ProtectedKind",
  adopted: "ProtectedKind",
  confirm: "ProtectedKind",
};

/** The digest by which people name a set of deletions: twelve hex digits over its identities. */
export function planDigest(refs: readonly ObjectRef[], hasher: Hasher): string {
  return hasher.sha256(planText(refs)).slice(0, 12);
}

/** P-50: one guard trips, and the whole set waits for a person; the rest of the app goes on. */
export function guard(doomed: readonly Doomed[], input: GuardInput): Guarding {
  const refs = doomed.map(({ ref }) => ref);
  const plan = planDigest(refs, input.hasher);
  const tripped = doomed.length === 0 ? undefined : trippedBy(doomed, input);
  if (tripped === undefined) return { used: [], plan };
  const accept = acceptFor(refs, input);
  if (accept !== undefined) return { used: [accept.key], plan };
  const { reason, why } = tripped;
  const message = `Commit ${input.commit.slice(0, 7)} would delete ${count(doomed)} of ${tracked(input)} objects: ${why}`;
  return { held: { reason, message, plan, deletions: refs }, used: [], plan };
}

/** The permission that covers exactly this set, if there is one and it was not used up (P-52). */
export function acceptFor(refs: readonly ObjectRef[], input: GuardInput): Accept | undefined {
  const plan = planDigest(refs, input.hasher);
  return input.accepts.find((candidate) => lets(candidate, refs, { plan, input }));
}

/** The permission for a digest over anything else that a person confirms, such as fields; `count`: its objects. */
export function acceptOfPlan(
  accepts: readonly Accept[],
  { plan, count, inventory }: Named,
): Accept | undefined {
  return accepts.find(
    (accept) =>
      accept.by === "plan" && accept.plan === plan && isOpenFor(accept, { count, inventory }),
  );
}

interface Named extends Opening {
  readonly plan: string;
}

interface Opening {
  readonly count: number;
  readonly inventory: Pick<Inventory, "accepts">;
}

/** An accept that was used up counts no more, and none beyond its number (P-52). */
function isOpenFor({ key, max }: Accept, { count, inventory }: Opening): boolean {
  return !inventory.accepts.includes(key) && count <= (max ?? Number.POSITIVE_INFINITY);
}

function count(doomed: readonly Doomed[]): string {
  const first = doomed[0];
  return doomed.length === 1 && first !== undefined
    ? `1 (${describeRef(first.ref)})`
    : String(doomed.length);
}

interface Tripped {
  readonly reason: Reason;
  readonly why: string;
}

function trippedBy(doomed: readonly Doomed[], input: GuardInput): Tripped | undefined {
  const { removal } = input;
  if (removal?.how === "orphan") return undefined;
  if (removal?.how === "hold") return removal;
  if (removal?.how === "delete") return protectedOne(doomed);
  if (input.declared.size === 0) return { reason: "EmptyRender", why: "it renders to nothing" };
  return tooMany(doomed, input) ?? protectedOne(doomed);
}

/** What this change adds does not soften the judgement on what it drops. */
function tracked({ inventory, changeId, declared }: GuardInput): number {
  const entries = [...inventory.entries].filter(
    ([id, entry]) => entry.addedIn !== changeId || !declared.has(id),
  );
  return entries.length;
}

function tooMany(doomed: readonly Doomed[], input: GuardInput): Tripped | undefined {
  const counted = doomed.filter(({ ref }) => !hasHashedSuccessor(ref, input.declared));
  const total = tracked(input);
  const rules: readonly [boolean, string][] = [
    [counted.length > 0 && counted.length >= total, "that is everything"],
    [isLastWorkload(counted, input.declared), "the last workload is among them"],
  ];
  const why = aboveShare(counted.length, input) ?? rules.find(([trips]) => trips)?.[1];
  return why === undefined ? undefined : { reason: "PruneGuard", why };
}

function aboveShare(number: number, input: GuardInput): string | undefined {
  const share = number / Math.max(tracked(input), 1);
  const percent = `${Math.round(input.maxShare * 100)} %`;
  if (number > 10 && share > input.maxShare) return `more than 10, and more than ${percent}`;
  return number >= 3 && share > 0.5 ? "at least 3, and more than half" : undefined;
}

/**
 * P-51: what is deleted to be made anew counts by number and share, together with what goes for good. It comes back, so
 * it is neither the last workload nor everything: an app that is one Job may be run again unasked.
 */
export function guardRecreates(refs: readonly ObjectRef[], input: GuardInput): Guarding {
  const plan = input.hasher.sha256(`recreate\n${planText(refs)}`).slice(0, 12);
  const dropped = [...input.inventory.entries.keys()].filter((id) => !input.declared.has(id));
  const why = refs.length === 0 ? undefined : aboveShare(refs.length + dropped.length, input);
  if (why === undefined) return { used: [], plan };
  const accept = input.accepts.find((candidate) => lets(candidate, refs, { plan, input }));
  if (accept !== undefined) return { used: [accept.key], plan };
  const message = `Commit ${input.commit.slice(0, 7)} would delete ${refs.length} of ${tracked(input)} objects and make them anew: ${why}`;
  return { held: { reason: "PruneGuard", message, plan, deletions: refs }, used: [], plan };
}

function isLastWorkload(doomed: readonly Doomed[], declared: ReadonlySet<string>): boolean {
  const goes = doomed.some(({ ref }) => workloads.has(ref.kind));
  const stays = [...declared].some((id) => workloads.has(id.slice(id.lastIndexOf("_") + 1)));
  return goes && !stays;
}

function protectedOne(doomed: readonly Doomed[]): Tripped | undefined {
  const found = doomed.find(({ guarded }) => guarded !== undefined);
  if (found?.guarded === undefined) return undefined;
  return {
    reason: guardedReasons[found.guarded],
    why: `${describeRef(found.ref)} ${words[found.guarded]}`,
  };
}

const words: Record<Guarded, string> = {
  recovered: "was only found by its mark, after the inventory was lost",
  "protected-kind": "is of a protected kind",
  adopted: "was there before this app declared it (an accept releases it)",
  "protected-object": "is annotated never to be pruned (an accept releases it)",
  confirm: "asks for a confirmation",
};

/** N-28: `config-5h2kd8b7t4` goes because `config-9m6tc4f2gh` came: not a loss. */
function hasHashedSuccessor(ref: ObjectRef, declared: ReadonlySet<string>): boolean {
  const logical = logicalName(ref.name);
  if (logical === undefined || (ref.kind !== "ConfigMap" && ref.kind !== "Secret")) return false;
  const prefix = refId({ ...ref, name: logical });
  const [start, end] = [
    prefix.slice(0, -`_${ref.group}_${ref.kind}`.length),
    `_${ref.group}_${ref.kind}`,
  ];
  return [...declared].some(
    (id) =>
      id.startsWith(`${start}-`) &&
      id.endsWith(end) &&
      hashSuffix.test(id.slice(start.length, -end.length)),
  );
}

const hashSuffix = /^-[bcdfghkmt2456789]{10}$/;

/** `config` of `config-5h2kd8b7t4`; undefined for a name without the hash of its content. */
export function logicalName(name: string): string | undefined {
  const suffix = name.slice(-11);
  return hashSuffix.test(suffix) ? name.slice(0, -11) : undefined;
}

interface Asked {
  readonly plan: string;
  readonly input: GuardInput;
}

/** Any difference voids a digest (P-52). */
function lets(accept: Accept, refs: readonly ObjectRef[], { plan, input }: Asked): boolean {
  if (!isOpenFor(accept, { count: refs.length, inventory: input.inventory })) return false;
  switch (accept.by) {
    case "plan":
      return accept.plan === plan;
    case "trailer":
      return refs.every((ref) => !accept.declared.has(refId(ref)));
  }
}
