import type { Commit, FileMode } from "../model/artifact.ts";
import { invalid } from "./errors.ts";

export interface RawEntry {
  readonly name: string;
  readonly mode: FileMode | "40000";
  readonly id: string;
}

const modes: ReadonlySet<string> = new Set(["100644", "100755", "40000", "120000", "160000"]);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function isMode(mode: string): mode is RawEntry["mode"] {
  return modes.has(mode);
}

/** The entries of a tree object, each checked on its raw bytes (security §4.5); `folder` is where it is, for the error. */
export function parseTree(raw: Uint8Array, folder: string): readonly RawEntry[] {
  const entries: RawEntry[] = [];
  const twins = new Set<string>();
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  let before: Buffer | undefined;
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const nul = bytes.indexOf(0, at);
    if (space < 0 || nul < space || nul + 21 > bytes.length) {
      throw invalid(`The tree of folder "${shown(folder)}" is malformed.`);
    }
    const mode = bytes.toString("latin1", at, space);
    const rawName = bytes.subarray(space + 1, nul);
    const entry = checkEntry({
      mode,
      rawName,
      folder,
      id: bytes.toString("hex", nul + 1, nul + 21),
    });
    const key = sortKey(rawName, mode);
    if (before !== undefined && Buffer.compare(before, key) >= 0) {
      throw hostile(folder, entry.name, "is out of order");
    }
    const twin = entry.name.normalize("NFC").toLowerCase();
    if (twins.has(twin)) throw hostile(folder, entry.name, "differs from another only by case");
    twins.add(twin);
    before = key;
    entries.push(entry);
    at = nul + 21;
  }
  return entries;
}

function sortKey(name: Buffer, mode: string): Buffer {
  return mode === "40000" ? Buffer.concat([name, Buffer.from("/")]) : name;
}

interface Unchecked {
  readonly mode: string;
  readonly rawName: Buffer;
  readonly folder: string;
  readonly id: string;
}

function checkEntry({ mode, rawName, folder, id }: Unchecked): RawEntry {
  const name = decode(rawName);
  if (name === undefined) throw hostile(folder, rawName.toString("latin1"), "is not UTF-8");
  const fault = nameFault(name);
  if (fault !== undefined) throw hostile(folder, name, fault);
  if (!isMode(mode)) throw hostile(folder, name, `has the mode ${shown(mode)}`);
  return { name, mode, id };
}

function decode(raw: Buffer): string | undefined {
  try {
    return utf8.decode(raw);
  } catch {
    return undefined;
  }
}

/** Characters that HFS+ leaves out when it compares names. */
const ignorable = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** Why a file name may not stand in a tree; undefined when it may. */
export function nameFault(name: string): string | undefined {
  if (name === "") return "has an empty name";
  if (name === "." || name === "..") return "leaves its folder";
  if (name.includes("/")) return "holds a slash";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused (NEG-22)
  if (/[\u0000-\u001f\u007f]/.test(name)) return "holds a control character";
  const plain = name.replace(ignorable, "").toLowerCase();
  const stem = (plain.split(/[:\\]/)[0] ?? "").replace(/[. ]+$/, "");
  if (stem === ".git" || stem === "git~1") return "is a spelling of .git";
  return undefined;
}

function hostile(folder: string, name: string, why: string) {
  return invalid(`The entry "${shown(folder + name)}" of the commit's tree ${why}; it is refused.`);
}

/** For messages: no control characters, bounded. */
function shown(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "?").slice(0, 200);
}

/** A commit object as we need it, and its root tree. */
export interface ParsedCommit {
  readonly commit: Commit;
  readonly tree: string;
}

/** Parses a raw commit; throws when a header that every commit has is missing. */
export function parseCommit(id: string, raw: Uint8Array): ParsedCommit {
  const text = Buffer.from(raw).toString("utf8");
  const end = text.indexOf("\n\n");
  const head = end < 0 ? text : text.slice(0, end);
  const message = end < 0 ? "" : text.slice(end + 2);
  const headers = head.split("\n");
  const tree = value(headers, "tree");
  const author = value(headers, "author");
  const committer = value(headers, "committer");
  if (!/^[0-9a-f]{40}$/.test(tree)) throw invalid(`The commit ${id} names no tree.`);
  const parents = headers
    .filter((line) => /^parent [0-9a-f]{40}$/.test(line))
    .map((line) => line.slice(7));
  const commit: Commit = {
    id,
    parents,
    title: (message.split("\n")[0] ?? "").trim(),
    message,
    author: author.replace(/ -?\d+ [+-]\d+$/, ""),
    authoredAt: seconds(author),
    committedAt: seconds(committer),
  };
  return { commit, tree };
}

function value(headers: readonly string[], key: string): string {
  return headers.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? "";
}

function seconds(signature: string): number {
  const found = / (\d{1,12}) [+-]\d{4}$/.exec(signature)?.[1];
  return found === undefined ? 0 : Number(found);
}
