import type { Tree } from "../model/artifact.ts";
import type { Hasher } from "../model/digest.ts";
import { canonicalJson } from "../model/json.ts";
import { isInside } from "../model/paths.ts";
import type { Unit } from "../model/unit.ts";

/** Digest of everything a unit's render reads: equal digests render equal objects, so a render can be reused. */
export function inputDigest(unit: Unit, tree: Tree, hasher: Hasher): string {
  const { app, cluster, folder, path, shared, namespace, renderer, values } = unit;
  const roots = [folder, path, ...shared];
  const files = [...tree]
    .filter(([file]) => file !== unit.file && roots.some((root) => isInside(file, root)))
    .map(([file, { mode, id }]) => [file, mode, id])
    .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  const { name, labels, values: facts, kubernetes } = cluster;
  const target = { name, labels, values: facts, kubernetes };
  return hasher.sha256(canonicalJson({ app, target, path, namespace, renderer, values, files }));
}
