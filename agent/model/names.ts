import type { ObjectRef } from "./object.ts";

/** The one field manager, of agent and CLI. */
export const fieldManager = "holdfast";
export const documentApiVersion = "holdfast.dev/v1alpha1";
export const defaultNamespace = "holdfast-system";

/** Names of P-84, in the agent's namespace. */
export const leaseName = "holdfast";
export const stateName = "holdfast-state";
export const installKeyName = "holdfast-install-key";
export function inventoryName(app: string): string {
  return `holdfast-inventory-${app}`;
}

/** Copies of what an app lost, `n` from 0 to 9 (P-83). */
export function keptName(app: string, n: number): string {
  return `holdfast-kept-${app}-${n}`;
}

/** Part `n` of a render that is kept for a rollback; no name of a copy ends like it. */
export function keptRenderName(app: string, digest: string, n: number): string {
  return `holdfast-kept-${app}-${digest.slice(0, 12)}-r${n}`;
}

/** On these: which app. */
export const keptRenderLabel = "holdfast.dev/kept-render";

/** On these copies: which app, and since when. */
export const keptLabel = "holdfast.dev/kept";
export const keptAtAnnotation = "holdfast.dev/kept-at";
/** On what was brought back: from which app and commit (P-83). Goes when Git declares it again. */
export const restoredAnnotation = "holdfast.dev/restored-from";

export const ownerAnnotation = "holdfast.dev/owner";
export const installationLabel = "holdfast.dev/installation";
export const partOfLabel = "applyset.kubernetes.io/part-of";

/** Annotations on objects (semantics §4.4). */
export const annotations = {
  prune: "holdfast.dev/prune",
  reconcile: "holdfast.dev/reconcile",
  createOnly: "holdfast.dev/create-only",
  recreate: "holdfast.dev/recreate",
  holdUntil: "holdfast.dev/hold-until",
  wave: "holdfast.dev/wave",
  hook: "holdfast.dev/hook",
  hookDeletePolicy: "holdfast.dev/hook-delete-policy",
} as const;

/** On a live hook: the change it runs for, so that it is known again after a crash (P-17). Never in Git. */
export const hookRunAnnotation = "holdfast.dev/hook-run";

export const requestKinds = ["sync", "accept", "suspend", "restore", "rollback"] as const;
export type RequestKind = (typeof requestKinds)[number];
/** Annotation on the App object by which a person asks for something (P-85). */
export function requestAnnotation(kind: RequestKind): string {
  return `holdfast.dev/request-${kind}`;
}

/** The mark (P-2): names installation, app and the object's own identity; six parts, empty where none. */
export function ownerMark(installation: string, app: string, ref: ObjectRef): string {
  return [installation, app, ref.group, ref.kind, ref.namespace, ref.name].join("/");
}

export interface Mark {
  readonly installation: string;
  readonly app: string;
  readonly ref: ObjectRef;
}

export function parseMark(text: string): Mark | undefined {
  const parts = text.split("/");
  if (parts.length !== 6) return undefined;
  const [installation = "", app = "", group = "", kind = "", namespace = "", name = ""] = parts;
  return { installation, app, ref: { group, kind, namespace, name } };
}
