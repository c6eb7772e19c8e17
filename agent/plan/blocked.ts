import type { ChangeResult, Desired } from "../model/change.ts";
import { isJsonObject } from "../model/json.ts";
import { describeRef, type ObjectRef } from "../model/object.ts";

/** what a failed, held or waiting object blocks: its resources, members, bindings, and who names it. */
export function blockedBy(desired: Desired, results: readonly ChangeResult[]): string | undefined {
  const blocker = results.find((result) => isOpen(result) && dependsOn(desired, result.change.ref));
  return blocker === undefined ? undefined : `waits for ${describeRef(blocker.change.ref)}`;
}

/** Neither done nor meant to be left alone. */
export function isOpen({ change, outcome }: ChangeResult): boolean {
  if (outcome === "failed" || outcome === "unknown" || outcome === "held") return true;
  return change.action === "skip" && change.waits !== undefined;
}

function dependsOn(desired: Desired, blocker: ObjectRef): boolean {
  const { ref, object } = desired;
  switch (blocker.kind) {
    case "Namespace":
      return blocker.group === "" && ref.namespace === blocker.name;
    case "CustomResourceDefinition":
      return isSurelyResourceOf(ref, blocker.name);
    case "Role":
    case "ClusterRole":
      return refersToRole(object["roleRef"], blocker);
    default:
      return false;
  }
}

/** By the regular plural. One that is missed is tried, and fails as KindMissing by itself. */
function isSurelyResourceOf({ group, kind }: ObjectRef, crd: string): boolean {
  const one = kind.toLowerCase();
  const plurals = [one, `${one}s`, `${one}es`, `${one.slice(0, -1)}ies`];
  return plurals.some((plural) => crd === `${plural}.${group}`);
}

/** A CRD is called `<plural>.<group>`; the plural of a kind begins like the kind. Rather too many than one too few: it decides what is kept. */
export function isResourceOf(
  { group, kind }: Pick<ObjectRef, "group" | "kind">,
  crd: string,
): boolean {
  const dot = crd.indexOf(".");
  const stem = kind.toLowerCase().slice(0, -1);
  return crd.slice(dot + 1) === group && crd.slice(0, dot).startsWith(stem);
}

function refersToRole(roleRef: unknown, { kind, name }: ObjectRef): boolean {
  return isJsonObject(roleRef) && roleRef["kind"] === kind && roleRef["name"] === name;
}
