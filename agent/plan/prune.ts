import type { ApiFailure } from "../model/api-failure.ts";
import type { InventoryEntry } from "../model/inventory.ts";
import type { KubeObject, ObjectRef } from "../model/object.ts";
import { isConfirmation, objectSettings, reconcileOff } from "./object-settings.ts";
import { ownershipOf } from "./ownership.ts";
import { isProtectedKind } from "./protect.ts";
import { referrerOf } from "./references.ts";
import { type Guarded, letAlone, stillNeeded, type Verdict, wait } from "./verdict.ts";

/** A fresh GET, made for this decision (4.5). */
export type FreshRead =
  | { readonly found: "object"; readonly object: KubeObject }
  | { readonly found: "nothing" }
  /** Discovery says that the kind is gone for good (A-114). */
  | { readonly found: "kind-removed" }
  | { readonly found: "error"; readonly failure: ApiFailure };

/** What a deletion is judged by, besides the entry and the read made for it. */
export interface PruneContext {
  readonly app: string;
  readonly installation: string;
  readonly agentNamespace: string;
  /** Kinds protected by fleet.yaml and settings, beyond the shipped list. */
  readonly protect: readonly string[];
  /** Of this app: what it declares, and how that lives; both may need what is to go (P-86). */
  readonly objects: readonly KubeObject[];
  /** 4.5-1: who else on this cluster declares an identity at the newest accepted commit. */
  readonly declaredBy: (ref: ObjectRef) => string | undefined;
  /** 4.5-5: UIDs of live objects that any unit declares. */
  readonly declaredUids: ReadonlySet<string>;
  /** 4.5-6: who has objects in a namespace, declared or inventoried, by any unit; this unit's doomed ones apart. */
  readonly namespaceUsedBy: (namespace: string) => string | undefined;
  /** 4.5-6: an app that declares resources of this CRD. */
  readonly crdUsedBy: (crd: string) => string | undefined;
  /** 4.5-8: groups that did not answer; nothing of theirs is judged. */
  readonly unknownGroups: ReadonlySet<string>;
  readonly settleMs: number;
  readonly nowMs: number;
}

/** Rules 1 to 8 of §4.5 for one entry. Failing 2 to 6 leaves the object alone and says so; it is no hold. */
export function judgeDeletion(
  entry: InventoryEntry,
  read: FreshRead,
  context: PruneContext,
): Verdict {
  const { ref } = entry;
  const other = context.declaredBy(ref);
  if (context.unknownGroups.has(ref.group))
    return wait(ref, `its API group ${ref.group} does not answer`); // P-40
  switch (read.found) {
    case "error":
      return { verdict: "error", ref, failure: read.failure }; // P-41, P-43
    case "kind-removed":
      return letAlone(ref, "its kind is no longer served: it is gone", true);
    case "nothing":
      return judgeAbsence(entry, context);
    case "object":
      return judgeObject(entry, read.object, { ...context, declaredBy: () => other });
  }
}

/** P-18: an intent whose create may still be on its way is dropped only after the settle time. */
function judgeAbsence(entry: InventoryEntry, { nowMs, settleMs }: PruneContext): Verdict {
  const isYoung = entry.state === "intent" && nowMs - Date.parse(entry.since) < settleMs;
  if (isYoung) return wait(entry.ref, "a create may still be on its way");
  return letAlone(entry.ref, "it is gone", true);
}

function judgeObject(entry: InventoryEntry, live: KubeObject, context: PruneContext): Verdict {
  const { ref } = entry;
  const foreign = notOurs(entry, live, context);
  if (foreign !== undefined) return foreign;
  if (live.metadata.deletionTimestamp !== undefined) {
    const finalizers = live.metadata.finalizers ?? [];
    const why = `being deleted${finalizers.length > 0 ? `, finalizers ${finalizers.join(", ")}` : ""}`;
    return { ...wait(ref, why), live };
  }
  if (entry.uid === undefined) {
    return {
      ...wait(ref, "it was made by a pass that was cut short; judged in the next one"),
      live,
    };
  }
  const kept = keptFor(entry, live, context);
  if (kept !== undefined) return kept;
  return { verdict: "delete", ref, entry, live, guarded: guardedBy(entry, live, context) };
}

/** 4.5-2 to 5: UID, mark with the object's own identity, no owner, nobody's declared object. */
function notOurs(
  entry: InventoryEntry,
  live: KubeObject,
  context: PruneContext,
): Verdict | undefined {
  const { ref } = entry;
  const { uid, ownerReferences: [owner] = [] } = live.metadata;
  const unmarked = notMarked(entry, live, context);
  if (unmarked !== undefined) return unmarked;
  if (entry.uid !== undefined && entry.uid !== uid) {
    return letAlone(
      ref,
      "another object of that name took its place: let alone, no longer tracked",
      true,
    );
  }
  if (owner !== undefined) {
    return { ...letAlone(ref, `it is owned by ${owner.kind} ${owner.name}`, false), live };
  }
  if (uid !== undefined && context.declaredUids.has(uid)) {
    return letAlone(ref, "it is the same object as one that is declared under another group", true);
  }
  return undefined;
}

/** 4.5-3. Handed over (P-63), replaced, or never made (P-18): no longer tracked. A mark that was taken off lets nothing go. */
function notMarked(
  entry: InventoryEntry,
  live: KubeObject,
  { app, installation }: PruneContext,
): Verdict | undefined {
  const { ref, uid } = entry;
  const { owner } = ownershipOf(live, { installation, app });
  if (owner === "us") return undefined;
  if (owner === "app" || owner === "installation" || uid !== live.metadata.uid) {
    return letAlone(ref, "it does not bear this app's mark: let alone, no longer tracked", true);
  }
  return { ...letAlone(ref, "it no longer bears this app's mark: let alone", false), live };
}

/** 4.5-1, 4.5-6, P-86: others need it. */
function keptFor(
  entry: InventoryEntry,
  live: KubeObject,
  context: PruneContext,
): Verdict | undefined {
  const { ref } = entry;
  if (objectSettings(live).reconcileDisabled || entry.protect === reconcileOff)
    return { ...letAlone(ref, reconcileOff, false), live };
  const other = context.declaredBy(ref);
  if (other !== undefined)
    return wait(ref, `app ${other} declares it, too, and has not taken it over yet`);
  if (ref.kind === "Namespace" && ref.group === "") return keptNamespace(ref, context);
  if (ref.kind === "CustomResourceDefinition") {
    const user = context.crdUsedBy(ref.name);
    // A-105: dropping it while any app declares its resources is no deletion, and is said.
    if (user !== undefined) return letAlone(ref, `app ${user} declares resources of it`, false);
  }
  const referrer = referrerOf(ref, context.objects);
  return referrer === undefined ? undefined : stillNeeded(ref, referrer);
}

function keptNamespace(ref: ObjectRef, context: PruneContext): Verdict | undefined {
  const { name } = ref;
  if (name === "default" || name.startsWith("kube-") || name === context.agentNamespace) {
    return letAlone(ref, "this namespace is never deleted", false);
  }
  const user = context.namespaceUsedBy(name);
  return user === undefined ? undefined : letAlone(ref, `${user} has objects in it`, false);
}

/** 4.5-7. Protections count on desired (the inventory keeps the last one) or live (P-20). */
function guardedBy(
  entry: InventoryEntry,
  live: KubeObject,
  { protect }: PruneContext,
): Guarded | undefined {
  const settings = objectSettings(live);
  const asksOnly = entry.protect !== undefined && isConfirmation(entry.protect);
  if (settings.pruneDisabled !== undefined || (entry.protect !== undefined && !asksOnly))
    return "protected-object";
  if (entry.adoptedIn !== undefined) return "adopted";
  if (entry.state === "recovered") return "recovered"; // P-19
  if (isProtectedKind(live, entry.ref, protect)) return "protected-kind";
  return asksOnly || settings.deleteConfirm !== undefined ? "confirm" : undefined;
}
