import type { Desired } from "../model/change.ts";
import { ownerAnnotation, parseMark, partOfLabel } from "../model/names.ts";
import { type KubeObject, type ObjectRef, refOf } from "../model/object.ts";
import { escapePointer } from "./compare.ts";

/** Whose a live object is, by its marks (P-60). */
export type Ownership =
  | { readonly owner: "us" }
  | { readonly owner: "nobody" }
  | { readonly owner: "app"; readonly app: string }
  | { readonly owner: "installation"; readonly installation: string; readonly app: string }
  | { readonly owner: "tool"; readonly tool: string };

export interface Owner {
  readonly installation: string;
  readonly app: string;
}

/** Labels and annotations by which other tools say "mine". */
const toolMarks: readonly {
  readonly tool: string;
  readonly key: string;
  readonly in: "labels" | "annotations";
}[] = [
  { tool: "Argo CD", key: "argocd.argoproj.io/tracking-id", in: "annotations" },
  { tool: "Argo CD", key: "argocd.argoproj.io/instance", in: "labels" },
  { tool: "Flux", key: "kustomize.toolkit.fluxcd.io/name", in: "labels" },
  { tool: "Flux", key: "helm.toolkit.fluxcd.io/name", in: "labels" },
  { tool: "Helm", key: "meta.helm.sh/release-name", in: "annotations" },
  { tool: "kapp", key: "kapp.k14s.io/app", in: "labels" },
  { tool: "Rancher Fleet", key: "objectset.rio.cattle.io/id", in: "annotations" },
  { tool: "Config Sync", key: "configsync.gke.io/resource-id", in: "annotations" },
  { tool: "cli-utils", key: "config.k8s.io/owning-inventory", in: "annotations" },
];

/** A mark counts only with the object's own identity: a copied one says nothing (4.5-3). It alone tells two installations apart. */
export function ownershipOf(live: KubeObject, owner: Owner, desired?: Desired): Ownership {
  const mark = parseMark(live.metadata.annotations?.[ownerAnnotation] ?? "");
  if (mark !== undefined && isSameIdentity(mark.ref, refOf(live))) {
    if (mark.installation !== owner.installation) {
      return { owner: "installation", installation: mark.installation, app: mark.app };
    }
    return mark.app === owner.app ? { owner: "us" } : { owner: "app", app: mark.app };
  }
  const tool = toolOf(live, desired?.object);
  return tool === undefined ? { owner: "nobody" } : { owner: "tool", tool };
}

/** Whether a live object carries our mark with its own identity, of this app (4.5-3). */
export function isMarkedOurs(live: KubeObject, owner: Owner): boolean {
  return ownershipOf(live, owner).owner === "us";
}

/** Cluster-scoped: the namespace part is ignored (4.5-3). */
function isSameIdentity(mark: ObjectRef, ref: ObjectRef): boolean {
  return (
    mark.group === ref.group &&
    mark.kind === ref.kind &&
    mark.name === ref.name &&
    (ref.namespace === "" || mark.namespace === ref.namespace)
  );
}

/** What Git itself declares is not a foreign mark. */
function foreignMarks(live: KubeObject, desired: KubeObject | undefined) {
  return toolMarks.filter((mark) => {
    const value = live.metadata[mark.in]?.[mark.key];
    return value !== undefined && desired?.metadata[mark.in]?.[mark.key] !== value;
  });
}

/** JSON pointers of the marks that go with an accepted take-over; our own replace another installation's (P-60). */
export function marksToStrip(live: KubeObject, desired: KubeObject): readonly string[] {
  return foreignMarks(live, desired)
    .filter((mark) => desired.metadata[mark.in]?.[mark.key] === undefined)
    .map((mark) => `/metadata/${mark.in}/${escapePointer(mark.key)}`);
}

function toolOf(live: KubeObject, desired: KubeObject | undefined): string | undefined {
  const [found] = foreignMarks(live, desired);
  if (found !== undefined) return found.tool;
  const part = live.metadata.labels?.[partOfLabel];
  const isForeign = part !== undefined && part !== desired?.metadata.labels?.[partOfLabel];
  return isForeign ? "an ApplySet" : undefined;
}
