/**
 * Writes `types.json` beside this file from Kubernetes' own OpenAPI, discovery documents and Go types:
 *
 *   node cli/sandbox/schema/generate.ts <folder with a go.mod that requires k8s.io/kubernetes>
 *
 * The modules must be in Go's cache (`go mod download`). `test/cli/sandbox/schema.test.ts` fails when the file is stale.
 */
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { buildTable } from "./build.ts";
import { findModules } from "./modules.ts";

const folder = process.argv[2];
if (folder === undefined) {
  throw new Error("say where the go.mod is that requires k8s.io/kubernetes");
}
const table = await buildTable(await findModules(folder));
const data = gzipSync(JSON.stringify(table), { level: 9 }).toString("base64");
const stored = { kubernetes: table.kubernetes, encoding: "gzip+base64", data };
await writeFile(
  new URL("./types.json", import.meta.url),
  `${JSON.stringify(stored, undefined, 2)}\n`,
);
process.stderr.write(`${Object.keys(table.schemas).length} schemas, ${data.length} bytes\n`);
