import { closeSync, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";

export interface ImageFile {
  /** In the image, with a leading slash. */
  readonly path: string;
  readonly mode: number;
  readonly owner: number;
  readonly isElf: boolean;
}

/** Every plain file of an image; links are not followed, so that nothing of this machine is read. */
export function filesIn(root: string, folder = "/"): readonly ImageFile[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(root, path);
    if (!entry.isFile()) return [];
    const { mode, uid } = lstatSync(join(root, path));
    return [{ path, mode: mode & 0o7777, owner: uid, isElf: startsAsElf(join(root, path)) }];
  });
}

function startsAsElf(path: string): boolean {
  const file = openSync(path, "r");
  try {
    const start = Buffer.alloc(4);
    readSync(file, start, 0, 4, 0);
    return start.toString("latin1") === "\x7fELF";
  } finally {
    closeSync(file);
  }
}

/** Run by the image's own Node: every place that its user may write to, found by trying. */
export const writablePlaces = `
const { accessSync, constants, readdirSync } = require("node:fs");
const found = [];
const look = (folder) => {
  let entries = [];
  try { entries = readdirSync(folder, { withFileTypes: true }); } catch { return; }
  for (const entry of entries) {
    const path = folder + (folder === "/" ? "" : "/") + entry.name;
    if (path === "/proc" || entry.isSymbolicLink()) continue;
    try { accessSync(path, constants.W_OK); found.push(path); } catch {}
    if (entry.isDirectory()) look(path);
  }
};
look("/");
console.log(JSON.stringify(found));
`;
