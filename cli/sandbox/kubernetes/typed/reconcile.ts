import {
  below,
  type FieldSet,
  insert,
  isEmptySet,
  newSet,
  type Path,
  recursiveDifference,
  union,
} from "./field-set.ts";
import { schemaBelow } from "./remove.ts";
import { anyMap, atomOf, type MapSchema, type Schema } from "./schema.ts";

/** A set written when a node was granular, at a schema where it is atomic: its parts collapse into it (§1.18 step 3). */
export function collapseAtomics(schema: Schema, set: FieldSet): FieldSet {
  const atomics = newSet();
  find(schema, set, { path: [], isLeaf: false, atomics });
  return isEmptySet(atomics) ? set : union(recursiveDifference(set, atomics), atomics);
}

interface Walk {
  readonly path: Path;
  /** The set owns the node as a whole. */
  readonly isLeaf: boolean;
  readonly atomics: ReturnType<typeof newSet>;
}

function find(schema: Schema, set: FieldSet, walk: Walk): void {
  const atom = atomOf(schema, undefined);
  if (atom.kind === "scalar" || isUntyped(atom)) return;
  const isAtomic = atom.kind === "list" ? atom.keys === undefined : atom.atomic;
  if (!isAtomic || walk.isLeaf) findBelow(schema, set, walk);
  else if (atom.kind === "list" || !isEmptySet(set)) insert(walk.atomics, walk.path);
}

function findBelow(schema: Schema, set: FieldSet, walk: Walk): void {
  for (const element of new Set([...set.children.keys(), ...set.members])) {
    const inner = schemaBelow(schema, element);
    if (inner === undefined) continue;
    const isLeaf = set.members.has(element) && !set.children.has(element);
    find(inner, below(set, element), { ...walk, path: [...walk.path, element], isLeaf });
  }
}

function isUntyped(atom: MapSchema | { readonly kind: "list" }): boolean {
  return atom === anyMap;
}
