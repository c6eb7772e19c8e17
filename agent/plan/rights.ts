import type { Desired } from "../model/change.ts";
import { hookOf } from "../model/hook.ts";
import type { GroupKind, KubeObject, ObjectRef } from "../model/object.ts";
import { isGranted, type Right, type Rule } from "../model/rule.ts";
import type { Unit } from "../model/unit.ts";
import { isWorkload } from "../model/workload.ts";
import { grantOf, isRole } from "./grants.ts";
import { logicalName } from "./guard.ts";
import { objectSettings } from "./object-settings.ts";

/** A right that a unit uses. */
export interface Need {
  readonly right: Right;
  /**
   * `act`: without it the unit cannot be enforced. `watch`: without it the objects are read every 5 minutes instead
   * (C-8), and pods explain nothing. `grant`: only while the agent itself lacks what an RBAC object hands out.
   */
  readonly use: "act" | "watch" | "grant";
  /** With all of these in hand a `grant` is not needed. Absent: what is handed out is not known here. */
  readonly unless?: readonly Right[];
}

export interface NeedContext {
  readonly unit: Pick<Unit, "namespace" | "mode" | "prune">;
  /** How the URL calls a kind; undefined: it is not served, and nothing can be asked about it. */
  pluralOf(kind: GroupKind): string | undefined;
}

/** Exactly what the agent asks of the API server for these objects, one right each (security §8). */
export function needsOf(
  declared: readonly Pick<Desired, "ref" | "object">[],
  context: NeedContext,
): readonly Need[] {
  const roles = declared.map(({ object }) => object).filter(isRole);
  const needs = declared.flatMap(({ ref, object }) => {
    const resource = context.pluralOf(ref);
    if (resource === undefined) return [];
    const own = needsOfObject({ ref, object, resource }, context);
    const isWritten = own.some(({ right }) => right.verb === "patch");
    return isWritten ? [...own, ...grantOf(object, roles)] : own;
  });
  return [...needs, ...ownNamespace(declared, context)];
}

/** What is left of an app's earlier commits, and may have to go. */
export function needsToPrune(
  refs: readonly ObjectRef[],
  { unit, pluralOf }: NeedContext,
): readonly Need[] {
  if (!unit.prune.enabled || unit.mode === "observe") return [];
  return refs.flatMap((ref) => {
    const resource = pluralOf(ref);
    if (resource === undefined) return [];
    return [...acts(ref, resource, ["get", "delete"]), ...watches(ref, resource)];
  });
}

interface Member {
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  readonly resource: string;
}

function needsOfObject({ ref, object, resource }: Member, { unit }: NeedContext): readonly Need[] {
  const { reconcileDisabled, recreate } = objectSettings(object);
  const reads = [...acts(ref, resource, ["get"]), ...watches(ref, resource), ...explains(ref)];
  if (unit.mode === "observe" || reconcileDisabled) return reads;
  const isHook = hookOf(object) !== undefined; // makes room for its successor, whatever prunes (O-17)
  const deletes = unit.prune.enabled || recreate || isHook; // P-46, A-62
  return [...reads, ...acts(ref, resource, ["create", "patch", ...(deletes ? ["delete"] : [])])];
}

/** its namespace is looked at, and made where nobody declares it and the agent may. */
function ownNamespace(
  declared: readonly Pick<Desired, "ref">[],
  { unit }: NeedContext,
): readonly Need[] {
  const isUsed = declared.some(({ ref }) => ref.namespace === unit.namespace);
  const isDeclared = declared.some(
    ({ ref }) => ref.group === "" && ref.kind === "Namespace" && ref.name === unit.namespace,
  );
  if (!isUsed || isDeclared || unit.mode === "observe") return [];
  // A request for a namespace counts as one inside it, so a Role there suffices.
  const { namespace } = unit;
  const right = { verb: "get", group: "", resource: "namespaces", namespace, name: namespace };
  return [{ right, use: "act" }];
}

/**
 * What an apply sends names its object even where it creates it, so all of these can be limited by name; but what a
 * content hash names is another object with each change (N-28).
 */
function acts(ref: ObjectRef, resource: string, verbs: readonly string[]): readonly Need[] {
  const { group, namespace } = ref;
  const isHashed =
    (ref.kind === "ConfigMap" || ref.kind === "Secret") && logicalName(ref.name) !== undefined;
  const name = isHashed ? "" : ref.name;
  return verbs.map((verb) => ({ right: { verb, group, resource, namespace, name }, use: "act" }));
}

function watches({ group, namespace }: ObjectRef, resource: string): readonly Need[] {
  return ["list", "watch"].map((verb) => ({
    right: { verb, group, resource, namespace, name: "" },
    use: "watch",
  }));
}

/** Why a workload does not get ready is told by its pods (§5.2); without this right it is not told. */
function explains(ref: ObjectRef): readonly Need[] {
  if (!isWorkload(ref)) return [];
  const { namespace } = ref;
  const right = { verb: "list", group: "", resource: "pods", namespace, name: "" };
  return [{ right, use: "watch" }];
}

/** Needs that the rules do not cover. */
export function missing(needs: readonly Need[], have: readonly Rule[]): readonly Need[] {
  return needs.filter((need) => {
    if (isGranted(need.right, have)) return false;
    return need.unless === undefined || !need.unless.every((right) => isGranted(right, have));
  });
}

/** Single rights that no need uses. */
export function surplus(have: readonly Right[], needs: readonly Need[]): readonly Right[] {
  const used = new Set(needs.map(({ right }) => keyOf(right)));
  return have.filter((right) => !used.has(keyOf(right)));
}

function keyOf({ verb, group, resource, namespace, name }: Right): string {
  return JSON.stringify([verb, group, resource, namespace, name]);
}
