import type { KubeObject, ManagedFieldsEntry } from "../model/object.ts";
import { isOurs } from "./attribute.ts";
import { fieldKey, fieldsOf, membersOf } from "./field-paths.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** What the take-over patch does to metadata (A-22 step 1); the client puts the resourceVersion guard before it. */
export interface TakeOver {
  readonly managedFields: readonly ManagedFieldsEntry[];
  readonly removeLastApplied: boolean;
}

/**
 * from every legacy entry the fields that we own are subtracted, so that dropping one from Git really removes it:
 * the server takes nothing away that any entry still names.
 * Nothing else changes, and nothing is removed from the object. Undefined: not due. `isAccepted`: a person let us
 * take it over, so the former tool's entries count as left over, too.
 */
export function takeOver(object: KubeObject, isAccepted = false): TakeOver | undefined {
  const entries = object.metadata.managedFields ?? [];
  const ours = entries.find(isOurs);
  if (ours?.fieldsV1 === undefined) return undefined;
  const own = new Set(membersOf(ours.fieldsV1).map(fieldKey));
  const isDue = (entry: ManagedFieldsEntry) => isLegacy(entry) || (isAccepted && isFormer(entry));
  const next = entries.flatMap((entry) => (isDue(entry) ? withoutOurs(entry, own) : [entry]));
  const removeLastApplied = object.metadata.annotations?.[lastApplied] !== undefined;
  const changed = next.length !== entries.length || next.some((entry, at) => entry !== entries[at]);
  return changed || removeLastApplied ? { managedFields: next, removeLastApplied } : undefined;
}

/** kubectl in any form, our own Update entry, and what was there before server-side apply. */
export function isLegacy({ manager = "", operation, subresource }: ManagedFieldsEntry): boolean {
  if (subresource !== undefined) return false;
  if (manager === "kubectl" || manager.startsWith("kubectl-")) return true;
  if (manager === "holdfast") return operation === "Update";
  return manager === "before-first-apply" || manager === "ancient-changes";
}

const former = new Set([
  "argocd-controller",
  "argocd-application-controller",
  "kustomize-controller",
  "helm-controller",
  "helm",
  "Helm",
  "fleetagent",
  "fleet-agent",
  "kapp-server-side-apply",
  "configsync",
]);

/** other deployers; controllers and operators never. */
function isFormer({ manager = "", subresource }: ManagedFieldsEntry): boolean {
  return subresource === undefined && (former.has(manager) || manager.startsWith("kluctl"));
}

function withoutOurs(entry: ManagedFieldsEntry, own: ReadonlySet<string>): ManagedFieldsEntry[] {
  const members = membersOf(entry.fieldsV1 ?? {});
  const rest = members.filter((path) => !own.has(fieldKey(path)));
  if (rest.length === 0) return [];
  return rest.length === members.length ? [entry] : [{ ...entry, fieldsV1: fieldsOf(rest) }];
}
