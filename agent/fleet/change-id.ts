import type { AppDocument } from "../config/document.ts";
import type { Tree } from "../model/artifact.ts";
import type { Hasher } from "../model/digest.ts";
import { canonicalJson } from "../model/json.ts";
import { documentApiVersion } from "../model/names.ts";
import { folderOf, isInside } from "../model/paths.ts";
import type { Fleet } from "./fleet.ts";
import { selects } from "./selector.ts";

/**
 * Digest over all that decides what an app is, on any cluster (semantics §0.2): its document, every file it may read, labels
 * and values of every cluster it selects. Equal on all clusters. Without remote charts and bases, which are not read yet.
 */
export function changeIdOf(app: AppDocument, fleet: Fleet, hasher: Hasher): string {
  const clusters = [...fleet.clusters.values()]
    .filter(({ labels, spec }) => spec.removed === undefined && selects(app.spec.clusters, labels))
    .map(({ name, labels, spec }) => [name, { labels, values: spec.values ?? {} }] as const);
  const input = {
    document: {
      apiVersion: documentApiVersion,
      kind: app.kind,
      metadata: { name: app.name, labels: app.labels },
      spec: app.spec,
    },
    files: filesOf(app, fleet),
    clusters: Object.fromEntries(clusters),
  };
  return hasher.sha256(canonicalJson(input));
}

/** (path, mode, object id) of what lies in its folder and in the shared ones; the document itself is there by its values. */
function filesOf(app: AppDocument, fleet: Fleet): readonly (readonly string[])[] {
  const folders = [folderOf(app.file), ...(fleet.document.spec.shared ?? [])];
  return readable(fleet.tree, folders)
    .filter(([path]) => path !== app.file)
    .map(([path, { mode, id }]) => [path, mode, id])
    .sort(byPath);
}

function readable(tree: Tree, folders: readonly string[]) {
  return [...tree].filter(([path]) => folders.some((folder) => isInside(path, folder)));
}

function byPath([a = ""]: readonly string[], [b = ""]: readonly string[]): number {
  return a < b ? -1 : 1;
}
