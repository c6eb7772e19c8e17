import { readdir, readFile } from "node:fs/promises";

export interface Footprint {
  readonly residentBytes: number;
  readonly processes: number;
}

/**
 * What a process and everything it started take, from /proc; nothing where there is none, or where they have ended. Stops
 * counting at `most`: a fork bomb must not be walked to its end.
 */
export async function footprintOf(pid: number, most: number): Promise<Footprint> {
  const open = [String(pid)];
  let residentBytes = 0;
  let processes = 0;
  for (let next = open.pop(); next !== undefined && processes < most; next = open.pop()) {
    processes += 1;
    residentBytes += await residentOf(next);
    open.push(...(await childrenOf(next)));
  }
  return { residentBytes, processes };
}

async function residentOf(pid: string): Promise<number> {
  const kibibytes = /^VmRSS:\s+([0-9]+) kB$/m.exec(await read(`/proc/${pid}/status`))?.[1];
  return Number(kibibytes ?? 0) * 1024;
}

async function childrenOf(pid: string): Promise<readonly string[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`)),
  );
  return lists.flatMap((list) => list.split(" ").filter((item) => item !== ""));
}

async function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
