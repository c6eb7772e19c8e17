import * as fs from "node:fs";
import { join } from "node:path";
import { expandOid, expandRef, resolveRef } from "isomorphic-git";
import type { Commit } from "../model/artifact.ts";
import { hasFault } from "./errors.ts";
import { type GitFolder, textOrAbsent } from "./git-folder.ts";
import type { ObjectReader } from "./object-reader.ts";

/** A commit that a shallow clone lacks is where history is cut, not damage. */
export async function knownCommit(reader: ObjectReader, id: string): Promise<Commit | undefined> {
  try {
    return (await reader.commit(id)).commit;
  } catch (error) {
    if (hasFault(error, "missing")) return undefined;
    throw error;
  }
}

/** The commit that a revision names, as far as people write them: `main`, `v1`, `origin/main`, `HEAD~2`, `main^2`, a (short) id. */
export async function resolveRevision(
  place: GitFolder,
  reader: ObjectReader,
  revision: string,
): Promise<string | undefined> {
  const [, base = "", steps = ""] = /^(.*?)((?:[~^]\d*)*)$/.exec(revision) ?? [];
  let id = await resolveBase(place, base === "" || base === "@" ? "HEAD" : base);
  for (const [, kind, count] of steps.matchAll(/([~^])(\d*)/g)) {
    if (id === undefined) return undefined;
    id = await step(reader, id, { kind: kind ?? "~", count: count === "" ? 1 : Number(count) });
  }
  return id === undefined ? undefined : peeled(reader, id);
}

interface Step {
  readonly kind: string;
  readonly count: number;
}

async function step(
  reader: ObjectReader,
  from: string,
  { kind, count }: Step,
): Promise<string | undefined> {
  let id = await peeled(reader, from);
  if (kind === "^" && id !== undefined) {
    return count === 0 ? id : (await knownCommit(reader, id))?.parents[count - 1];
  }
  for (let left = count; left > 0 && id !== undefined; left--) {
    id = (await knownCommit(reader, id))?.parents[0];
  }
  return id;
}

/** Undefined for an id that this clone lacks. */
async function peeled(reader: ObjectReader, id: string): Promise<string | undefined> {
  try {
    const target = await reader.tagTarget(id);
    return target === undefined ? id : peeled(reader, target);
  } catch (error) {
    if (hasFault(error, "missing")) return undefined;
    throw error;
  }
}

async function resolveBase({ headFolder, gitFolder: gitdir }: GitFolder, name: string) {
  if (name === "HEAD") return resolveHead(headFolder, gitdir);
  try {
    return await resolveRef({ fs, gitdir, ref: await expandRef({ fs, gitdir, ref: name }) });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  if (!/^[0-9a-f]{4,40}$/.test(name)) return undefined;
  try {
    return await expandOid({ fs, gitdir, oid: name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function resolveHead(headFolder: string, gitdir: string): Promise<string | undefined> {
  const head = ((await textOrAbsent(join(headFolder, "HEAD"))) ?? "").trim();
  if (!head.startsWith("ref: ")) return /^[0-9a-f]{40}$/.test(head) ? head : undefined;
  try {
    return await resolveRef({ fs, gitdir, ref: head.slice(5) });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === "NotFoundError";
}
