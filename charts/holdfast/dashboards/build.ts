import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dashboards } from "./dashboards.ts";

for (const one of dashboards) {
  const text = `${JSON.stringify(one, undefined, 2)}\n`;
  await writeFile(join(import.meta.dirname, `${one.uid}.json`), text);
}
