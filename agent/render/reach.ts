import type { Files } from "../model/artifact.ts";
import { isInside, joinPath } from "../model/paths.ts";
import type { Unit } from "../model/unit.ts";

/** What a path written in a unit's files leads to, inside what the unit may read (NEG-01). */
export type Reached =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "remote" }
  | { readonly kind: "outside"; readonly why: string };

/** Everything that Git, HTTP or a registry could answer for. Rather too much: such names are no paths anybody needs. */
const remoteForms = [
  /^[a-z][a-z0-9+.-]*:/i, // any scheme, and short forms such as gh: or host:path
  /^[^/]*@[^/]*[:/]/, // user@host
  /^(?:[^/]*\.)?github\.com\//i,
  /\.git(?:\/|\?|$)/i,
  /\/\//,
  /\?/,
];

/** Whether a tool could take the text for an address instead of a path. */
export function looksRemote(text: string): boolean {
  return remoteForms.some((form) => form.test(text));
}

/** Follows a path as it is written, from a folder; `folders` holds every folder of `files`. */
export function reach(written: string, from: string, { unit, files, folders }: Reading): Reached {
  if (looksRemote(written)) return { kind: "remote" };
  if (written.startsWith("/")) return { kind: "outside", why: "is an absolute path" };
  if (/[\0*?[\]]/.test(written)) return { kind: "outside", why: "is no plain path" };
  const path = joinPath(from, written);
  const roots = [unit.folder, unit.path, ...unit.shared];
  if (path === undefined || !roots.some((root) => isInside(path, root) || isInside(root, path))) {
    return {
      kind: "outside",
      why: `lies outside of what ${unit.app} may read (${roots.join(", ")})`,
    };
  }
  if (files.has(path)) return { kind: "file", path };
  if (folders.has(path)) return { kind: "folder", path };
  return { kind: "outside", why: "is not in this commit" };
}

export interface Reading {
  readonly unit: Unit;
  readonly files: Files;
  readonly folders: ReadonlySet<string>;
}

/** A unit's files with their folders, to follow paths in. */
export function readingOf(unit: Unit, files: Files): Reading {
  const folders = new Set<string>(["."]);
  for (const path of files.keys()) {
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
      folders.add(path.slice(0, at));
    }
  }
  return { unit, files, folders };
}
