import { type PromiseFsClient, readObject } from "isomorphic-git";
import type { Commit, Tree } from "../model/artifact.ts";
import { asSourceError, invalid, SourceError } from "./errors.ts";
import { type ParsedCommit, parseCommit } from "./objects.ts";
import { type GitObject, type ObjectType, objectId } from "./pack.ts";
import { walkTree } from "./trees.ts";

/** Reads objects and compares each with its id (security §4.5). */
export interface ObjectReader {
  object(id: string, type: ObjectType): Promise<Uint8Array>;
  commit(id: string): Promise<ParsedCommit>;
  tree(commit: string): Promise<Tree>;
  /** What an annotated tag names; undefined for a commit. */
  tagTarget(id: string): Promise<string | undefined>;
  /** isomorphic-git's own; it holds whole packs, so it is let go after `budget` bytes were read. */
  readonly cache: object;
  drop(): void;
}

export interface ReaderOptions {
  readonly fs: () => PromiseFsClient;
  readonly gitdir: string;
}

const budget = 64 * 2 ** 20;
const keptCommits = 20_000;
const keptTrees = 4;

/** One reader per store: bounded caches for commits and trees over isomorphic-git's. */
export function createObjectReader({ fs, gitdir }: ReaderOptions): ObjectReader {
  let cache: object = {};
  let bytes = 0;
  const commits = new Map<string, ParsedCommit>();
  const trees = new Map<string, Tree>();

  async function any(id: string): Promise<GitObject> {
    if (bytes > budget) drop();
    const found = await readChecked({ fs: fs(), gitdir, cache, oid: id });
    bytes += found.content.length;
    return found;
  }

  async function object(id: string, type: ObjectType): Promise<Uint8Array> {
    const found = await any(id);
    if (found.type !== type) throw invalid(`The object ${id} is a ${found.type}, not a ${type}.`);
    return found.content;
  }

  async function commit(id: string): Promise<ParsedCommit> {
    const known = commits.get(id);
    if (known !== undefined) return known;
    const parsed = parseCommit(id, await object(id, "commit"));
    return keep(commits, { key: id, value: parsed, count: keptCommits });
  }

  async function tree(id: string): Promise<Tree> {
    const known = trees.get(id);
    if (known !== undefined) return known;
    const root = (await commit(id)).tree;
    const walked = await walkTree((tree) => object(tree, "tree"), root);
    return keep(trees, { key: id, value: walked, count: keptTrees });
  }

  async function tagTarget(id: string): Promise<string | undefined> {
    const { type, content } = await any(id);
    if (type === "commit") return undefined;
    const target = /^object ([0-9a-f]{40})\n/.exec(Buffer.from(content).toString("latin1"))?.[1];
    if (type !== "tag" || target === undefined)
      throw invalid(`The ref names a ${type}, not a commit.`);
    return target;
  }

  function drop(): void {
    cache = {};
    bytes = 0;
  }

  return {
    object,
    commit,
    tree,
    tagTarget,
    drop,
    get cache() {
      return cache;
    },
  };
}

interface Kept<T> {
  readonly key: string;
  readonly value: T;
  readonly count: number;
}

function keep<T>(map: Map<string, T>, { key, value, count }: Kept<T>): T {
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > count && oldest.done !== true) map.delete(oldest.value);
  return value;
}

interface ReadOptions {
  readonly fs: PromiseFsClient;
  readonly gitdir: string;
  readonly cache: object;
  readonly oid: string;
}

async function readChecked(options: ReadOptions): Promise<GitObject> {
  const { oid } = options;
  let found: GitObject;
  try {
    const { type, object } = await readObject({ ...options, format: "content" });
    if (!isType(type) || !(object instanceof Uint8Array)) throw new Error("no such type");
    found = { type, content: object };
  } catch (cause) {
    if (cause instanceof Error && cause.name === "NotFoundError") {
      throw new SourceError("SourceInvalid", `The object ${oid} is missing.`, {
        fault: "missing",
        cause,
      });
    }
    const error = asSourceError(cause, "the store");
    throw error === cause
      ? error
      : invalid(`The object ${oid} cannot be read; the store is damaged.`, "store");
  }
  if (objectId(found) !== oid) throw invalid(`The object ${oid} holds other bytes.`, "store");
  return found;
}

function isType(type: unknown): type is ObjectType {
  return type === "commit" || type === "tree" || type === "blob" || type === "tag";
}

/** A commit where the store has it; used to walk history up to where it is cut. */
export async function commitOrCut(
  reader: ObjectReader,
  has: (id: string) => boolean,
  id: string,
): Promise<Commit | undefined> {
  return has(id) ? (await reader.commit(id)).commit : undefined;
}
