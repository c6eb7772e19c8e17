import type { FieldDiff } from "../../agent/model/change.ts";
import { describeRef, type ObjectRef, refId } from "../../agent/model/object.ts";
import { diffObjects } from "../../agent/plan/compare.ts";
import { logicalName } from "../../agent/plan/guard.ts";
import type { ObjectDiff } from "../output/diff-report.ts";

/**
 * N-28: a name with the hash of its content is another object with each change. It is created and the former one
 * deleted, as always; what comes names the one that it replaces, and shows what differs between the two.
 */
export function pairHashed(objects: readonly ObjectDiff[]): readonly ObjectDiff[] {
  const gone = new Map(
    objects
      .filter(({ action }) => action === "delete")
      .flatMap((one) => logicalId(one.ref).map((id) => [id, one] as const)),
  );
  return objects.map((one) => {
    const [id = ""] = one.action === "create" ? logicalId(one.ref) : [];
    const former = gone.get(id);
    if (former === undefined) return one;
    const place = `in the place of ${describeRef(former.ref)}`;
    const note = one.note === undefined ? place : `${one.note}; ${place}`;
    return { ...one, fields: between(former, one), note };
  });
}

function between(former: ObjectDiff, next: ObjectDiff): readonly FieldDiff[] {
  if (former.object === undefined || next.object === undefined) return next.fields;
  const all = diffObjects(former.object, next.object);
  return all.filter(({ pointer }) => pointer !== "/metadata/name");
}

function logicalId(ref: ObjectRef): readonly string[] {
  const name = logicalName(ref.name);
  const isHashed = ref.kind === "ConfigMap" || ref.kind === "Secret";
  return isHashed && name !== undefined ? [refId({ ...ref, name })] : [];
}
