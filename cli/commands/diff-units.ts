import type { Desired } from "../../agent/model/change.ts";
import { refId } from "../../agent/model/object.ts";
import { diffObjects } from "../../agent/plan/compare.ts";
import type { ObjectDiff, UnitDiff } from "../output/diff-report.ts";
import { maskSecret, type SecretMasker } from "../output/mask-secrets.ts";
import { unmark } from "../output/unmark.ts";
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
  const changed = after.desired.flatMap((desired) =>
    changeOf(old.get(refId(desired.ref)), desired, mask),
  );
  const gone = [...old.values()].filter(({ ref }) => !fresh.has(refId(ref)));
  const objects = [...changed, ...gone.map((desired) => deletion(desired, mask))];
  return [{ ...name, objects, unchanged: fresh.size - changed.length, ...note }];
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
  if (old === undefined) return [{ action: "create", ref, file, line, fields: [], object: fresh }];
  const fields = diffObjects(old, fresh);
  return fields.length === 0 ? [] : [{ action: "update", ref, file, line, fields }];
}

function deletion({ ref, object }: Desired, mask: SecretMasker): ObjectDiff {
  return { action: "delete", ref, fields: [], object: maskSecret(unmark(object), mask) };
}
