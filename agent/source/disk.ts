import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";

/** The few things a store does on a disk; a test can break any of them. */
export interface Disk {
  read(path: string): Promise<Uint8Array | undefined>;
  /** Written, on the disk for good, and only then under its name. */
  write(path: string, content: Uint8Array): Promise<void>;
  list(folder: string): Promise<readonly string[]>;
  makeFolder(folder: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** The machine's own disk; files are for this user only. */
export const realDisk: Disk = {
  async read(path) {
    return absent(() => readFile(path), undefined);
  },
  async write(path, content) {
    const beside = `${path}.tmp`;
    const handle = await open(beside, "w", 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, path);
  },
  async list(folder) {
    return absent(() => readdir(folder), []);
  },
  async makeFolder(folder) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  },
  async remove(path) {
    await rm(path, { recursive: true, force: true });
  },
};

async function absent<T>(read: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return otherwise;
    throw error;
  }
}
