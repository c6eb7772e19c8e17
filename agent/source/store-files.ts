import type { PromiseFsClient } from "isomorphic-git";

/** What isomorphic-git may see of a store: fixed shapes, everything else does not exist or is refused (NEG-05). */
export interface StoreFiles {
  /** Commit that fetches build upon; undefined: nothing yet. */
  readonly tip: string | undefined;
  readonly shallow: readonly string[];
  packNames(): Promise<readonly string[]>;
  readPack(name: string): Promise<Uint8Array | undefined>;
  /** Absent: the view is read-only. */
  readonly staging?: Staging;
}

export interface Staging {
  shallow(oids: readonly string[]): void;
  pack(name: string, content: Uint8Array): void;
}

/** Where isomorphic-git believes the repository is; no such folder exists. */
export const storeRoot = "/store";
/** The local ref from which isomorphic-git takes what we have. */
export const haveRef = "refs/holdfast/tip";

function packOf(name: string): string | undefined {
  return /^objects\/pack\/(pack-[0-9a-f]{40}\.(?:idx|pack))$/.exec(name)?.[1];
}

const config =
  '[core]\n\trepositoryformatversion = 0\n\tbare = true\n[remote "origin"]\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n\tfetch = +refs/tags/*:refs/remotes/tags/*\n';

function missing(path: string): Error {
  return Object.assign(new Error(`No such file in the store: ${path}`), { code: "ENOENT" });
}

function below(path: string): string {
  const parts = path.replaceAll("\\", "/");
  if (!parts.startsWith(`${storeRoot}/`)) throw missing("outside");
  return parts.slice(storeRoot.length + 1);
}

async function readText(files: StoreFiles, name: string): Promise<string | undefined> {
  if (name === "config") return config;
  if (name === "HEAD") return `ref: ${haveRef}\n`;
  if (name === haveRef) return files.tip === undefined ? undefined : `${files.tip}\n`;
  if (name === "shallow" && files.shallow.length > 0) return `${files.shallow.join("\n")}\n`;
  return undefined;
}

/** isomorphic-git's `fs`: no disk below it but the store's packs, no links, no refs that last, no configuration from outside. */
export function storeFs(files: StoreFiles): PromiseFsClient {
  async function readFile(path?: string, options?: unknown): Promise<unknown> {
    const name = below(path ?? "");
    const pack = packOf(name);
    const content = pack === undefined ? await readText(files, name) : await files.readPack(pack);
    if (content === undefined) throw missing(name);
    if (typeof content === "string") return wantsText(options) ? content : Buffer.from(content);
    return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  }

  async function writeFile(path: string, content: Uint8Array | string): Promise<void> {
    const name = below(path);
    const { staging } = files;
    if (staging === undefined) throw new Error(`The store is read-only here: ${name}`);
    const pack = packOf(name);
    if (pack !== undefined) staging.pack(pack, Buffer.from(content));
    else if (name === "shallow") staging.shallow(lines(String(content)));
    // Refs that isomorphic-git moves before the pack arrives count for nothing (security §4.3).
    else if (!name.startsWith("refs/remotes/")) throw new Error(`The store has no ${name}`);
  }

  async function readdir(path: string): Promise<readonly string[]> {
    if (below(path) === "objects/pack") return [...(await files.packNames())];
    throw missing(path);
  }

  async function unlink(path: string): Promise<void> {
    if (below(path) === "shallow") files.staging?.shallow([]);
  }

  async function refuse(path: string): Promise<never> {
    throw missing(path);
  }

  async function nothing(): Promise<void> {}

  return {
    promises: {
      readFile,
      writeFile,
      readdir,
      unlink,
      mkdir: nothing,
      rmdir: nothing,
      stat: refuse,
      lstat: refuse,
      readlink: refuse,
      symlink: refuse,
    },
  };
}

function wantsText(options: unknown): boolean {
  if (options === "utf8") return true;
  return (
    typeof options === "object" &&
    options !== null &&
    "encoding" in options &&
    options.encoding === "utf8"
  );
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => /^[0-9a-f]{40}$/.test(line));
}
