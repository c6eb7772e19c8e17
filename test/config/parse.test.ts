import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocuments } from "../../agent/config/parse.ts";
import { documentSchemas } from "../../agent/config/schemas.ts";
import { documentOf } from "../fleet/fleet-files.ts";

function problemsOf(text: string) {
  return parseDocuments("f.yaml", text).broken.flatMap(({ problems }) => problems);
}

describe("refusals", () => {
  it("come all at once, each with line, column and what was meant", () => {
    const text = `apiVersion: holdfast.dev/v1alpha1
kind: App
metadata: { name: shop, lables: {} }
spec:
  namespace: Shop
  clusters: { matchLabels: { env: true } }
  health: { timeout: 1e999h, tiemout: 5m }
  mode: enforced
  prune: { max: 120% }
  replicas: 3
`;
    expect(problemsOf(text).map(({ line, column, message }) => [line, column, message])).toEqual([
      [3, 25, 'unknown field "lables"; did you mean "labels"?'],
      [5, 3, expect.stringContaining("lower-case")],
      [6, 30, "must be a string; it is true; write it in quotes"],
      [7, 13, expect.stringContaining("a duration like 5m")],
      [7, 30, 'unknown field "tiemout"; did you mean "timeout"?'],
      [8, 3, 'must be one of enforce, observe; it is "enforced"; did you mean "enforce"?'],
      [9, 12, expect.stringContaining("a share from 0% to 100%")],
      [10, 3, expect.stringContaining('unknown field "replicas"')],
    ]);
    expect(problemsOf(text)[2]).toMatchObject({
      reason: "ConfigInvalid",
      file: "f.yaml",
      field: "spec.clusters.matchLabels.env",
    });
  });

  it.each([
    ["a missing field", documentOf("App", "a", "{ clusters: {} }"), '"namespace" is missing'],
    [
      "In without values",
      documentOf(
        "App",
        "a",
        "{ namespace: x, clusters: { matchExpressions: [{ key: a, operator: In }] } }",
      ),
      "In needs values",
    ],
    [
      "Exists with values",
      documentOf(
        "App",
        "a",
        "{ namespace: x, clusters: { matchExpressions: [{ key: a, operator: Exists, values: [b] }] } }",
      ),
      "takes no values",
    ],
    ["a bad label key", documentOf("Cluster", "a", "{}", '{ "a b": c }'), "label key"],
    [
      "two renderers",
      documentOf("App", "a", "{ namespace: x, clusters: {}, render: { helm: {}, plain: {} } }"),
      "one thing only",
    ],
    [
      "a bad time",
      documentOf("Cluster", "a", "{ suspend: { reason: x, until: 2026-02-30T00:00:00Z } }"),
      "a time like",
    ],
    [
      "a suspension without end",
      documentOf("Cluster", "a", "{ suspend: { reason: x } }"),
      '"until" is missing',
    ],
    [
      "a credential in an address",
      documentOf(
        "App",
        "a",
        "{ namespace: x, clusters: {}, render: { helm: { chart: { repository: 'https://u:p@x.org', name: a, version: '1' } } } }",
      ),
      "https address",
    ],
    [
      "two waves of one name",
      documentOf(
        "Rollout",
        "a",
        "{ waves: [{ name: a, clusters: {} }, { name: a, clusters: {} }] }",
      ),
      "two waves",
    ],
    [
      "a window that allows and denies",
      documentOf(
        "Rollout",
        "a",
        "{ waves: [{ name: a, clusters: {} }], windows: [{ allow: '0 8 * * *', deny: '0 8 * * *', duration: 1h }] }",
      ),
      "either allow or deny",
    ],
    ["a name that is none", documentOf("Cluster", "A_b", "{}"), "lower-case"],
    ["an unknown kind", documentOf("Appp", "a", "{}"), 'did you mean "App"?'],
    ["no document at all", "- a\n- b\n", "no document"],
    [
      "a foreign apiVersion",
      documentOf("App", "a", "{}").replace("holdfast.dev/", "x/"),
      "apiVersion must be",
    ],
  ])("%s", (_what, text, message) => {
    expect(
      problemsOf(text)
        .map((problem) => problem.message)
        .join("; "),
    ).toContain(message);
  });

  it("never repeats an address that may hold a credential", () => {
    const text = documentOf(
      "App",
      "a",
      "{ namespace: x, clusters: {}, render: { helm: { chart: { repository: 'https://u:geheim@x.org', name: a, version: '1' } } } }",
    );
    expect(JSON.stringify(problemsOf(text))).not.toContain("geheim");
  });

  it("tells a newer format from a wrong one", () => {
    const newer = documentOf("App", "a", "{}").replace("v1alpha1", "v1");
    expect(problemsOf(newer)).toMatchObject([{ reason: "AgentOutdated" }]);
  });

  it("leaves the neighbours in the same file alone", () => {
    const { documents, broken } = parseDocuments(
      "f.yaml",
      `${documentOf("Cluster", "a", "{}")}---\n${documentOf("Cluster", "b", "{ x: 1 }")}---\n# nothing\n---\n${documentOf("Cluster", "c", "{}")}`,
    );
    expect(documents.map(({ name }) => name)).toEqual(["a", "c"]);
    expect(broken).toMatchObject([{ name: "b", kind: "Cluster" }]);
  });

  it("never throws, whatever stands in a document", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom("App", "Fleet", "Cluster", "Rollout", "Approval"),
        (spec, kind) => {
          const text = JSON.stringify({
            apiVersion: "holdfast.dev/v1alpha1",
            kind,
            metadata: { name: "a" },
            spec,
          });
          const { documents, broken } = parseDocuments("f.json", text);
          expect(documents.length + broken.length).toBe(1);
        },
      ),
    );
  });
});

describe("schemas", () => {
  it("describe every property", () => {
    const undescribed: string[] = [];
    function walk(schema: unknown, path: string): void {
      if (typeof schema !== "object" || schema === null) return;
      const { properties, items } = schema as {
        properties?: Record<string, { description?: string }>;
        items?: unknown;
      };
      for (const [key, inner] of Object.entries(properties ?? {})) {
        if (inner.description === undefined) undescribed.push(`${path}.${key}`);
        walk(inner, `${path}.${key}`);
      }
      walk(items, `${path}[]`);
    }
    for (const [kind, schema] of Object.entries(documentSchemas)) walk(schema, kind);
    expect(undescribed).toEqual([]);
  });
});

const product = resolve(process.env["HOLDFAST_SHARED"] ?? "../shared", "design/product.md");

describe.skipIf(!existsSync(product))("the documents of HOLDFAST_SHARED/design/product.md", () => {
  it("parse", () => {
    const block =
      /```yaml\n(kind: Fleet[\s\S]*?)```/.exec(readFileSync(product, "utf8"))?.[1] ?? "";
    const documents = block
      .split(/^---$/m)
      .map((text) => `apiVersion: holdfast.dev/v1alpha1\n${text}`);
    const parsed = documents.map((text) => parseDocuments("product.md", text));
    expect(parsed.flatMap(({ broken }) => broken)).toEqual([]);
    expect(parsed.flatMap(({ documents: found }) => found.map(({ kind }) => kind))).toEqual([
      "Fleet",
      "Cluster",
      "Rollout",
      "App",
    ]);
  });
});
