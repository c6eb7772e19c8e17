import type { KubeObject } from "../model/object.ts";

/** What annotations on one object ask for (semantics §4.4), ours and the foreign ones that mean the same. */
export interface ObjectSettings {
  /** Why it is never deleted: the annotation, `holdfast.dev/prune: disabled`. */
  readonly pruneDisabled?: string;
  readonly reconcileDisabled: boolean;
  readonly createOnly: boolean;
  readonly recreate: boolean;
  /** The value as written; judged against the cap where the time is known. */
  readonly holdUntil?: string;
  /** Argo `Prune=confirm` or `Delete=confirm`: a deletion is held (P-50 c). */
  readonly deleteConfirm?: string;
}

export function objectSettings(_object: KubeObject): ObjectSettings {
  throw new Error("not there yet");
}
