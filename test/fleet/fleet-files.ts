import { createHash, createHmac } from "node:crypto";
import { type Fleet, parseFleet } from "../../agent/fleet/fleet.ts";
import type { Files, Tree, TreeEntry } from "../../agent/model/artifact.ts";
import type { Hasher } from "../../agent/model/digest.ts";

export const hasher: Hasher = {
  sha256: (data) => createHash("sha256").update(data).digest("hex"),
  keyed: (data) => createHmac("sha256", "install key").update(data).digest("hex"),
};

/** A commit as path → contents; `link:<target>` and `submodule` stand for what they say. */
export type Contents = Readonly<Record<string, string>>;

export interface Commit {
  readonly tree: Tree;
  readonly files: Files;
}

export function commitOf(contents: Contents): Commit {
  const tree = new Map<string, TreeEntry>();
  const files = new Map<string, Uint8Array>();
  for (const path of Object.keys(contents).sort()) {
    const text = contents[path] ?? "";
    const id = createHash("sha1").update(text).digest("hex");
    if (text === "submodule") {
      tree.set(path, { mode: "160000", id });
      continue;
    }
    const link = /^link:(.*)$/.exec(text)?.[1];
    tree.set(path, { mode: link === undefined ? "100644" : "120000", id });
    files.set(path, new TextEncoder().encode(link ?? text));
  }
  return { tree, files };
}

// biome-ignore lint/complexity/useMaxParams: a document in one line reads better in a table
export function documentOf(kind: string, name: string, spec: string, labels = "{}"): string {
  return `apiVersion: holdfast.dev/v1alpha1
kind: ${kind}
metadata: { name: ${name}, labels: ${labels} }
spec: ${spec}
`;
}

/** A small fleet of two clusters and one app; `more` adds or replaces files, `""` takes one away. */
export function fleetContents(more: Contents = {}): Contents {
  const base: Contents = {
    "fleet.yaml": documentOf("Fleet", "acme", "{ folders: [clusters, apps] }"),
    "clusters/eu.yaml": documentOf(
      "Cluster",
      "eu",
      "{ values: { domain: eu.example.com } }",
      "{ env: prod, region: eu }",
    ),
    "clusters/us.yaml": documentOf(
      "Cluster",
      "us",
      "{ values: { domain: us.example.com } }",
      "{ env: prod, region: us }",
    ),
    "apps/shop/app.yaml": documentOf(
      "App",
      "shop",
      "{ namespace: shop, clusters: { matchLabels: { env: prod } } }",
    ),
    "apps/shop/web.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\n",
  };
  const all = { ...base, ...more };
  return Object.fromEntries(Object.entries(all).filter(([, text]) => text !== ""));
}

export function fleetOf(more: Contents = {}): Fleet {
  const { tree, files } = commitOf(fleetContents(more));
  const parsed = parseFleet(tree, files);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}
