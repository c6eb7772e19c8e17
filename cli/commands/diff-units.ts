import type { Desired } from "../../agent/model/change.ts";
import { refId } from "../../agent/model/object.ts";
import { diffObjects } from "../../agent/plan/compare.ts";
import type { ObjectDiff, UnitDiff } from "../output/diff-report.ts";
import { maskSecret, type SecretMasker } from "../output/mask-secrets.ts";
import { unmark } from "../output/unmark.ts";
import { inOrder, orderNote } from "./in-order.ts";
import { pairHashed } from "./pair-hashed.ts";
import type { RenderedUnit } from "./render-fleet.ts";

/** The same unit in two states; absent where it is not selected in one of them. */
export interface UnitPair {
  readonly environment: string;
  readonly before: RenderedUnit | undefined;
  readonly after: RenderedUnit | undefined;
}

/** What the change from one state to the other does to the objects of a unit, by Git alone. */
export function diffUnit(
  { environment, before, after }: UnitPair,
  mask: SecretMasker,
): readonly UnitDiff[] {
  const unit = (after ?? before)?.unit;
  if (unit === undefined) return [];
  const old = byId(before?.desired ?? []);
  const fresh = byId(after?.desired ?? []);
  const name = { app: unit.app, cluster: unit.cluster.name, environment };
  const note = noteOf({ before, after });
  if (after === undefined || (after.desired.length === 0 && after.problems.length > 0)) {
    return [{ ...name, objects: [], unchanged: 0, ...note }];
  }
  const changed = inOrder({ ...after, hooks: [] }).flatMap((desired) =>
    changeOf(old.get(refId(desired.ref)), desired, mask),
  );
  const gone = [...old.values()].filter(({ ref }) => !fresh.has(refId(ref)));
  const moved = pairHashed([...changed, ...gone.map((desired) => deletion(desired, mask))]);
  const runs = hookRuns({ before, after, isChange: moved.length > 0 }, mask);
  const objects = [...moved, ...runs];
  return [{ ...name, objects, unchanged: fresh.size - changed.length, ...note }];
}

interface Run extends Sides {
  readonly isChange: boolean;
}

/** O-18: whatever a change is, every hook runs for it, once; a hook that alone is new or another is a change, too. */
function hookRuns({ before, after, isChange }: Run, mask: SecretMasker): readonly ObjectDiff[] {
  const old = byId(before?.hooks ?? []);
  const all = inOrder({ desired: [], hooks: after?.hooks ?? [] });
  const fieldsOf = (hook: Desired) =>
    changeOf(old.get(refId(hook.ref)), hook, mask).flatMap(({ fields }) => fields);
  const isMoved = all.length !== old.size || all.some((hook) => fieldsOf(hook).length > 0);
  if (!isChange && !isMoved) return [];
  return all.map((hook) => {
    const { ref, file, line } = hook;
    return { action: "run", ref, file, line, fields: fieldsOf(hook), ...orderNote(hook) };
  });
}

function byId(desired: readonly Desired[]): ReadonlyMap<string, Desired> {
  return new Map(desired.map((one) => [refId(one.ref), one]));
}

type Sides = Pick<UnitPair, "before" | "after">;

function noteOf({ before, after }: Sides): { readonly note?: string } {
  if (after === undefined) {
    const what = before?.unit.onRemove ?? "hold";
    return { note: `no longer runs here: ${fates[what]} (onRemove: ${what})` };
  }
  if (after.desired.length === 0 && after.problems.length > 0) {
    return { note: "does not render, so nothing would be applied" };
  }
  if (before === undefined) return { note: "comes new to these clusters" };
  if (before.problems.length > 0) return { note: "did not render before" };
  return {};
}

const fates = {
  hold: "its objects stay until someone accepts",
  delete: "its objects are deleted",
  orphan: "its objects stay, unmarked",
} as const;

function changeOf(
  before: Desired | undefined,
  after: Desired,
  mask: SecretMasker,
): readonly ObjectDiff[] {
  const { ref, file, line } = after;
  const old = before === undefined ? undefined : maskSecret(unmark(before.object), mask);
  const fresh = maskSecret(unmark(after.object), mask);
  const place = { ref, file, line, ...orderNote(after) };
  if (old === undefined) return [{ action: "create", ...place, fields: [], object: fresh }];
  const fields = diffObjects(old, fresh);
  return fields.length === 0 ? [] : [{ action: "update", ...place, fields }];
}

function deletion({ ref, object }: Desired, mask: SecretMasker): ObjectDiff {
  return { action: "delete", ref, fields: [], object: maskSecret(unmark(object), mask) };
}
