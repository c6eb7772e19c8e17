import type { ApiFailure } from "../model/api-failure.ts";
import type { Change, Desired } from "../model/change.ts";
import { isJsonObject, jsonEqual } from "../model/json.ts";
import { describeRef, type KubeObject, versionOf } from "../model/object.ts";
import { problemOf } from "./classify.ts";
import { objectSettings } from "./object-settings.ts";
import { ownershipOf } from "./ownership.ts";
import type { PlanContext } from "./plan.ts";
import { isProtectedKind } from "./protect.ts";

export interface Stuck {
  readonly desired: Desired;
  readonly live: KubeObject;
}

/**
 * An update that the server refuses because a field cannot change: made anew where Git allows it and
 * nothing forbids it, else the refusal stands and says what is in the way. A role binding's `roleRef` and
 * `immutable: true` data are no special cases: the server words them like all others.
 */
export function planRecreate(stuck: Stuck, failure: ApiFailure, context: PlanContext): Change {
  const { desired, live } = stuck;
  const { ref } = desired;
  const problem = problemOf(failure, desired);
  if (!objectSettings(desired.object).recreate) return { action: "fail", ref, problem };
  const why = forbidden(stuck, context);
  if (why !== undefined) {
    const message = `${problem.message}; it is not made anew: ${why}`;
    return { action: "fail", ref, problem: { ...problem, message } };
  }
  const cause = context.entry?.digest === desired.digest ? "drift" : "change";
  const propagation = isStatefulSet(stuck) ? "Orphan" : "Background";
  return { action: "recreate", ref, desired, over: versionOf(live), live, cause, propagation };
}

/** what stands against deleting it, by desired or live (P-20); a permission counts from Git only. */
function forbidden(stuck: Stuck, context: PlanContext): string | undefined {
  const { desired, live } = stuck;
  const { unit, installation, entry } = context;
  const [owner] = live.metadata.ownerReferences ?? [];
  if (ownershipOf(live, { installation, app: unit.app }).owner !== "us")
    return "it does not bear this app's mark";
  if (owner !== undefined) return `it is owned by ${owner.kind} ${owner.name}`;
  const said = [desired.object, live].map(objectSettings);
  const protection =
    said.find(({ pruneDisabled }) => pruneDisabled !== undefined)?.pruneDisabled ??
    said.find(({ deleteConfirm }) => deleteConfirm !== undefined)?.deleteConfirm ??
    entry?.protect;
  if (protection !== undefined) return `it is protected by ${protection}`;
  if (isStatefulSet(stuck)) return otherSelector(stuck);
  return isProtectedKind(live, desired.ref, unit.protect)
    ? `${desired.ref.kind} is a protected kind`
    : undefined;
}

function isStatefulSet({ desired: { ref } }: Stuck): boolean {
  return ref.group === "apps" && ref.kind === "StatefulSet";
}

/** pods and claims stay behind as orphans, and only the same selector finds them again. */
function otherSelector({ desired, live }: Stuck): string | undefined {
  return jsonEqual(selectorOf(desired.object), selectorOf(live))
    ? undefined
    : "with another spec.selector it would not find its pods again";
}

function selectorOf({ spec }: KubeObject): unknown {
  return isJsonObject(spec) ? spec["selector"] : undefined;
}

/** what would lose the resources that are stored, said before anything is sent; undefined: nothing of that kind. */
export function refuseDefinition({ desired, live }: Stuck): Change | undefined {
  const { ref, file, line } = desired;
  if (ref.group !== "apiextensions.k8s.io" || ref.kind !== "CustomResourceDefinition") {
    return undefined;
  }
  const [wanted, found] = [desired.object.spec, live.spec];
  if (!isJsonObject(wanted) || !isJsonObject(found)) return undefined;
  const refuse = (field: string, why: string, next: string): Change => ({
    action: "fail",
    ref,
    problem: {
      reason: "ImmutableField",
      message: `${describeRef(ref)}: ${why}`,
      ref,
      file,
      line,
      field,
      next,
    },
  });
  if (wanted.scope !== found.scope) {
    const why = `its scope is ${String(found.scope)} and cannot become ${String(wanted.scope)}`;
    return refuse("spec.scope", why, "undo the change, or define another kind and move to it");
  }
  const names = versionNames(wanted.versions);
  const dropped = storedVersions(live).filter((version) => !names.includes(version));
  if (dropped.length === 0) return undefined;
  const why = `resources are still stored as ${dropped.join(", ")}, which it no longer has`;
  return refuse("spec.versions", why, "keep the version, migrate what is stored, and drop it then");
}

function versionNames(versions: unknown): readonly unknown[] {
  return Array.isArray(versions) ? versions.filter(isJsonObject).map(({ name }) => name) : [];
}

function storedVersions({ status }: KubeObject): readonly string[] {
  const stored = isJsonObject(status) ? status.storedVersions : undefined;
  return Array.isArray(stored) ? stored.map(String) : [];
}
