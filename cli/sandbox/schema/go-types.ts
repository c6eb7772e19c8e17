import { readdir, readFile } from "node:fs/promises";
import type { Modules } from "./modules.ts";

/**
 * How Go writes the zero value of a field: `zero` leaves it out though it is no pointer, `always` writes it, `pointer` leaves
 * out nil only, `struct` leaves an all-zero struct out.
 */
export type ZeroRule = "zero" | "always" | "pointer" | "struct";
export type StructRules = ReadonlyMap<string, ZeroRule>;

const struct = /^type (\w+) struct \{$([\s\S]*?)^\}/gm;
const field = /^\s+(?:(\w+)\s+)?([\w.*[\]]+)\s+`[^`]*json:"([^",]*)((?:,\w+)*)"/gm;

/** By OpenAPI schema name: what only the Go types say, whether `false`, `0` and `""` survive a round trip. */
export async function readGoTypes(
  modules: Modules,
  names: readonly string[],
): Promise<ReadonlyMap<string, StructRules>> {
  const packages = new Map<string, Map<string, StructRules>>();
  const found = new Map<string, StructRules>();
  for (const name of names) {
    const folder = packageOf(name, modules);
    if (folder === undefined) continue;
    const structs = packages.get(folder) ?? (await readPackage(folder));
    packages.set(folder, structs);
    const rules = structs.get(name.slice(name.lastIndexOf(".") + 1));
    if (rules !== undefined) found.set(name, rules);
  }
  return found;
}

function packageOf(name: string, modules: Modules): string | undefined {
  const path = name.split(".").slice(0, -1).join("/");
  const roots: readonly [string, string][] = [
    ["io/k8s/apimachinery/", modules.apimachinery],
    ["io/k8s/apiextensions-apiserver/", modules.apiextensions],
    ["io/k8s/kube-aggregator/", modules.aggregator],
    ["io/k8s/api/", modules.api],
  ];
  for (const [prefix, root] of roots) {
    if (path.startsWith(prefix)) return `${root}/${path.slice(prefix.length)}`;
  }
  return undefined;
}

async function readPackage(folder: string): Promise<Map<string, StructRules>> {
  const structs = new Map<string, StructRules>();
  const files = await readdir(folder).catch(() => []);
  for (const file of files.filter((name) => /^types.*\.go$/.test(name))) {
    const text = await readFile(`${folder}/${file}`, "utf8");
    for (const [, name = "", body = ""] of text.matchAll(struct)) structs.set(name, rulesOf(body));
  }
  return structs;
}

function rulesOf(body: string): StructRules {
  const rules = new Map<string, ZeroRule>();
  for (const [, , type = "", name = "", flags = ""] of body.matchAll(field)) {
    if (name !== "") rules.set(name, ruleOf(type, flags));
  }
  return rules;
}

function ruleOf(type: string, flags: string): ZeroRule {
  if (flags.includes("omitzero")) return "struct";
  if (!flags.includes("omitempty")) return "always";
  return type.startsWith("*") ? "pointer" : "zero";
}
