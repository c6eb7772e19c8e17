import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { chartCases, renderFile, template } from "./helm.ts";

// What test/chart.test.ts compares with: run it when the chart is meant to render otherwise, and read the difference.
for (const name of chartCases) {
  const file = renderFile(name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await template(name));
}
