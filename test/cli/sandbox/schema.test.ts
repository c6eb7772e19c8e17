import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { buildTable } from "../../../cli/sandbox/schema/build.ts";
import { findModules, type Modules } from "../../../cli/sandbox/schema/modules.ts";

const goMod = new URL("../../e2e/kubernetes", import.meta.url).pathname;

/** Kubernetes' modules in Go's cache; a text that says why not. Never downloads. */
async function modulesInCache(): Promise<Modules | string> {
  try {
    return await findModules(goMod);
  } catch (error) {
    return error instanceof Error ? (error.message.split("\n")[0] ?? "") : "unknown";
  }
}

describe("the generated table of types", () => {
  test("is what the generator makes of the Kubernetes sources", async (context) => {
    const modules = await modulesInCache();
    if (typeof modules === "string") {
      process.stderr.write(`SKIPPED: types.json is not compared with its source: ${modules}\n`);
      context.skip(modules);
      return;
    }
    const path = new URL("../../../cli/sandbox/schema/types.json", import.meta.url);
    const stored = JSON.parse(readFileSync(path, "utf8"));
    const table = JSON.parse(gunzipSync(Buffer.from(stored.data, "base64")).toString());
    expect(stored.kubernetes).toBe(modules.version);
    expect(JSON.parse(JSON.stringify(await buildTable(modules)))).toEqual(table);
  });
});
