import { rmSync } from "node:fs";
import { createInterface } from "node:readline";

// Outlives the test runner for a moment: when its pipe closes, however the runner ended, what is left is stopped.
const processes = new Set<number>();
const folders = new Set<string>();

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, what = ""] = line.split(" ", 2);
  if (verb === "started") processes.add(Number(what));
  if (verb === "ended") processes.delete(Number(what));
  if (verb === "folder") folders.add(what);
}
for (const id of processes) {
  try {
    process.kill(id, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
