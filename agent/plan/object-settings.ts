import { annotations } from "../model/names.ts";
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

type Annotations = Readonly<Record<string, string>>;
type Equivalent = readonly [key: string, value: string];

const pruneEquivalents: readonly Equivalent[] = [
  [annotations.prune, "disabled"],
  ["helm.sh/resource-policy", "keep"],
  ["cli-utils.sigs.k8s.io/on-remove", "keep"],
  ["kustomize.toolkit.fluxcd.io/prune", "disabled"],
];
const fluxApply = "kustomize.toolkit.fluxcd.io/ssa";
const argoOptions = "argocd.argoproj.io/sync-options";

/** Reads one object; of two, desired and live, the caller takes protections from either and permissions from Git only (P-20). */
export function objectSettings({ metadata }: KubeObject): ObjectSettings {
  const all = metadata.annotations ?? {};
  const argo = argoSettings(all);
  const pruneDisabled =
    pruneEquivalents.find(([key, value]) => says(all, key, value)) ??
    argo.find(([, option]) => option === "Prune=false" || option === "Delete=false");
  const confirm = argo.find(
    ([, option]) => option === "Prune=confirm" || option === "Delete=confirm",
  );
  const holdUntil = annotation(all, annotations.holdUntil);
  return {
    ...(pruneDisabled === undefined ? {} : { pruneDisabled: pruneDisabled.join(": ") }),
    reconcileDisabled:
      says(all, annotations.reconcile, "disabled") || says(all, fluxApply, "ignore"),
    createOnly:
      says(all, annotations.createOnly, "enabled") || says(all, fluxApply, "ifnotpresent"),
    recreate: says(all, annotations.recreate, "enabled"),
    ...(holdUntil === undefined ? {} : { holdUntil }),
    ...(confirm === undefined ? {} : { deleteConfirm: confirm.join(": ") }),
  };
}

/** How `reconcile: disabled` is remembered, by whichever annotation it was said. */
export const reconcileOff = `${annotations.reconcile}: disabled`;

/** Why a declared object is not pruned like others; kept in the inventory, so that it counts although it may never reach the live object (P-20). */
export function protectionOf(object: KubeObject): string | undefined {
  const { reconcileDisabled, pruneDisabled, deleteConfirm } = objectSettings(object);
  return reconcileDisabled ? reconcileOff : (pruneDisabled ?? deleteConfirm);
}

/** Whether a protection as remembered only asks first (P-50 c). */
export function isConfirmation(protection: string): boolean {
  return protection.endsWith("=confirm");
}

function argoSettings(all: Annotations): readonly Equivalent[] {
  const options = annotation(all, argoOptions)?.split(",") ?? [];
  return options.map((option) => [argoOptions, option.trim()]);
}

/** Foreign values are written in several ways; a protection counts in any case. */
function says(all: Annotations, key: string, value: string): boolean {
  return annotation(all, key)?.trim().toLowerCase() === value;
}

function annotation(all: Annotations, key: string): string | undefined {
  return Object.hasOwn(all, key) ? all[key] : undefined;
}
