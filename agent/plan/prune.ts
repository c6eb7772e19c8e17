import type { ApiFailure } from "../model/api-failure.ts";
import type { Change, Desired } from "../model/change.ts";
import type { InventoryEntry } from "../model/inventory.ts";
import { describeRef, type KubeObject, type ObjectRef, versionOf } from "../model/object.ts";
import { objectSettings } from "./object-settings.ts";
import { isMarkedOurs } from "./ownership.ts";
import { isProtectedKind } from "./protect.ts";
import { referrerOf } from "./references.ts";

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
  readonly desired: readonly Desired[];
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

/** What is to become of one undeclared entry, before the guard looks at the whole set. */
export type Verdict =
  | {
      readonly verdict: "delete";
      readonly ref: ObjectRef;
      readonly entry: InventoryEntry;
      readonly live: KubeObject;
      readonly guarded: Guarded | undefined;
    }
  | {
      readonly verdict: "let-alone";
      readonly ref: ObjectRef;
      readonly why: string;
      readonly forget: boolean;
    }
  | {
      readonly verdict: "wait";
      readonly ref: ObjectRef;
      readonly why: string;
      readonly live?: KubeObject;
    }
  | { readonly verdict: "error"; readonly ref: ObjectRef; readonly failure: ApiFailure };

/** Why a person must be asked (P-50 c, d). */
export type Guarded = "protected-kind" | "protected-object" | "confirm" | "recovered";

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
  const { app, installation } = context;
  const { uid, ownerReferences = [] } = live.metadata;
  if (!isMarkedOurs(live, { installation, app })) {
    return letAlone(ref, "it does not bear this app's mark: let alone, no longer tracked", true); // P-63
  }
  if (entry.uid !== undefined && entry.uid !== uid) {
    return letAlone(
      ref,
      "another object of that name took its place: let alone, no longer tracked",
      true,
    );
  }
  if (ownerReferences.length > 0) {
    return letAlone(
      ref,
      `it is owned by ${ownerReferences[0]?.kind} ${ownerReferences[0]?.name}`,
      false,
    );
  }
  if (uid !== undefined && context.declaredUids.has(uid)) {
    return letAlone(ref, "it is the same object as one that is declared under another group", true);
  }
  return undefined;
}

/** 4.5-1, 4.5-6, P-86: others need it. */
function keptFor(
  entry: InventoryEntry,
  live: KubeObject,
  context: PruneContext,
): Verdict | undefined {
  const { ref } = entry;
  if (objectSettings(live).reconcileDisabled)
    return letAlone(ref, "holdfast.dev/reconcile: disabled", false);
  const other = context.declaredBy(ref);
  if (other !== undefined)
    return wait(ref, `app ${other} declares it, too, and has not taken it over yet`);
  if (ref.kind === "Namespace" && ref.group === "") return keptNamespace(ref, context);
  if (ref.kind === "CustomResourceDefinition") {
    const user = context.crdUsedBy(ref.name);
    if (user !== undefined) return letAlone(ref, `app ${user} declares resources of it`, false);
  }
  const referrer = referrerOf(
    ref,
    context.desired.map(({ object }) => object),
  );
  return referrer === undefined
    ? undefined
    : wait(ref, `${describeRef(referrer)} still refers to it`);
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
  if (entry.protect !== undefined || settings.pruneDisabled !== undefined)
    return "protected-object";
  if (entry.state === "recovered") return "recovered"; // P-19
  if (isProtectedKind(live, entry.ref, protect)) return "protected-kind";
  return settings.deleteConfirm === undefined ? undefined : "confirm";
}

/** The change that carries out a verdict; an object that may never be deleted is released instead (P-21). */
export function changeOf(verdict: Verdict): Change {
  const { ref } = verdict;
  switch (verdict.verdict) {
    case "delete": {
      const action = verdict.guarded === "protected-object" ? "release" : "delete";
      const { live, entry } = verdict;
      return { action, ref, version: entry.version, over: versionOf(live), live };
    }
    case "let-alone":
      return { action: "skip", ref, why: verdict.why, forget: verdict.forget };
    case "wait":
      return { action: "skip", ref, why: verdict.why, forget: false };
    case "error":
      return {
        action: "fail",
        ref,
        problem: {
          reason: "ApiError",
          message: `${describeRef(ref)}: ${verdict.failure.message}`,
          ref,
        },
      };
  }
}

function letAlone(ref: ObjectRef, why: string, forget: boolean): Verdict {
  return { verdict: "let-alone", ref, why, forget };
}

function wait(ref: ObjectRef, why: string): Extract<Verdict, { verdict: "wait" }> {
  return { verdict: "wait", ref, why };
}
