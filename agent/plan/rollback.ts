import type { Desired } from "../model/change.ts";
import type { Inventory, KeptRender } from "../model/inventory.ts";
import { describeRef } from "../model/object.ts";
import type { FailedObject } from "./failed-objects.ts";

/** How many healthy renders are kept (semantics §12). */
const rendersKept = 3;

/** Where a unit may go back to, or why not. */
export type Target =
  | { readonly to: KeptRender; readonly why?: never }
  | { readonly to?: never; readonly why: string };

/** What an inventory knows of healthy renders and of failed ones. */
export type KnownRenders = Pick<Inventory, "renders" | "lost" | "failed">;

/** the newest healthy render that is another one; once for each that fails, and never across what cannot come back. */
export function fallbackFor(known: KnownRenders, digest: string): Target {
  if (known.failed?.includes(digest) === true)
    return { why: "this render was rolled back before, and is not a second time" };
  const to = known.renders?.findLast((render) => render.digest !== digest);
  if (to === undefined) return { why: "no older healthy render is kept" };
  return reachable(known, to);
}

/** the newest other one, or the one that a person names by the beginning of its digest or commit. */
export function namedTarget(known: KnownRenders, digest: string, name: string | undefined): Target {
  const others = known.renders?.filter((render) => render.digest !== digest) ?? [];
  const to = others.findLast(
    (render) =>
      name === undefined || render.digest.startsWith(name) || render.commit.startsWith(name),
  );
  if (to !== undefined) return reachable(known, to);
  const kept = others.map(({ commit }) => commit.slice(0, 7)).join(", ") || "none";
  return {
    why: `no ${name === undefined ? "older" : "such"} healthy render is kept; kept are: ${kept}`,
  };
}

/** an object of a protected kind that is gone is not made well by making it anew. */
function reachable({ renders = [], lost = [] }: KnownRenders, to: KeptRender): Target {
  const later = renders.slice(renders.indexOf(to) + 1).flatMap((render) => render.lost ?? []);
  const gone = [...later, ...lost];
  if (gone.length === 0) return { to };
  return {
    why: `since that render ${gone.slice(0, 3).join(", ")} was deleted, which no render brings back`,
  };
}

/** With one more that is healthy, as the newest: what was lost lies behind it, and it is no failed one. */
export function withRender(
  { renders = [], lost = [], failed = [] }: KnownRenders,
  fresh: Pick<KeptRender, "digest" | "commit" | "at">,
): KnownRenders {
  const before = renders.find(({ digest }) => digest === fresh.digest);
  const gone = [...(before?.lost ?? []), ...lost];
  const render: KeptRender = {
    ...fresh,
    commit: before?.commit ?? fresh.commit, // as it stands in what is kept
    ...(gone.length > 0 && { lost: gone }),
  };
  const left = failed.filter((digest) => digest !== fresh.digest);
  return {
    renders: [...renders.filter((one) => one !== before), render].slice(-rendersKept),
    ...(left.length > 0 && { failed: left }),
  };
}

export interface Renders {
  readonly now: { readonly desired: readonly Desired[]; readonly hooks: readonly Desired[] };
  readonly then: { readonly desired: readonly Desired[] };
}

/** of what failed, what going back would change. Hooks belong to the change that runs them. */
export function undoable(
  failed: readonly FailedObject[],
  { now, then }: Renders,
): readonly FailedObject[] {
  const [fresh, old] = [digestsOf(now.desired), digestsOf(then.desired)];
  const hooks = new Set(now.hooks.map(({ id }) => id));
  return failed.filter(
    ({ id }) => hooks.has(id) || (fresh.has(id) && fresh.get(id) !== old.get(id)),
  );
}

function digestsOf(desired: readonly Desired[]): ReadonlyMap<string, string> {
  return new Map(desired.map(({ id, digest }) => [id, digest]));
}

/** O-19: `failure` hooks of the change run to their end before it is left; after one that failed no other comes. */
export function awaitsHooks(hooks: Inventory["hooks"], digest: string): boolean {
  const own = [...(hooks?.values() ?? [])].filter(
    (run) => run.phase === "failure" && run.digest === digest,
  );
  if (own.some(({ state }) => state === "running")) return true;
  return (
    !own.some(({ state }) => state === "failed") && own.some(({ state }) => state === "intent")
  );
}

/** what has happened for good: Jobs and hooks that ran, what a CRD has stored, what lies on volumes. */
export function stays(
  inventory: Inventory,
  digest: string,
  { now, then }: Renders,
): readonly string[] {
  const old = digestsOf(then.desired);
  const changed = now.desired.filter((one) => old.get(one.id) !== one.digest);
  const jobs = changed.filter(
    ({ ref, id }) => ref.kind === "Job" && inventory.entries.get(id)?.uid !== undefined,
  );
  const hooks = [...(inventory.hooks?.values() ?? [])].filter(
    (run) => run.digest === digest && run.uid !== undefined,
  );
  const ran = [...jobs, ...hooks].map(({ ref }) => `${describeRef(ref)} has run`);
  const stored = changed
    .filter(({ ref }) => ref.kind === "CustomResourceDefinition")
    .map(({ ref }) => `what ${ref.name} has stored`);
  const data = changed
    .filter(({ ref }) => ref.kind === "StatefulSet" || ref.kind === "PersistentVolumeClaim")
    .map(({ ref }) => `what ${describeRef(ref)} has written`);
  return [...new Set([...ran, ...stored, ...data])];
}
