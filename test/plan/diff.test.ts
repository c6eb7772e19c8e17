import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonEqual } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { attribute } from "../../agent/plan/attribute.ts";
import { diffObjects, objectsEqual, pointerSegments, valueAt } from "../../agent/plan/compare.ts";
import { ownsPath } from "../../agent/plan/fields-v1.ts";
import { matchesGlob } from "../../agent/plan/glob.ts";
import { maskFields } from "../../agent/plan/mask.ts";
import { live, manager, object, ours } from "./builders.ts";

function withSpec(spec: unknown): KubeObject {
  return object("Deployment", "web", { spec });
}

const json = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(1, 2, "a", true, null),
    fc.array(tie("node"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "x/y", "t~", "name"), tie("node"), { maxKeys: 3 }),
  ),
})).node;

describe("compare", () => {
  it("A-44: a difference is found exactly when the objects differ, and its pointer leads there", () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const [before, next] = [withSpec(a), withSpec(b)];
        const fields = diffObjects(before, next);
        expect(fields.length === 0).toBe(jsonEqual(a, b));
        expect(objectsEqual(before, next)).toBe(jsonEqual(a, b));
        for (const { pointer, live: old, desired } of fields) {
          const root = old === undefined ? next : before;
          expect(valueAt(root, pointerSegments(pointer))).toEqual(
            old === undefined ? desired : old,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it("A-44: status and what the server keeps do not count; finalizers, owners and labels do", () => {
    const base = live(withSpec({ replicas: 1 }));
    const kept = { resourceVersion: "9", generation: 4, managedFields: [], selfLink: "x" };
    expect(objectsEqual(base, { ...live(base, kept), status: { ready: 1 } })).toBe(true);
    expect(objectsEqual(base, live(base, { finalizers: ["a"] }))).toBe(false);
    expect(objectsEqual(base, live(base, { labels: { a: "b" } }))).toBe(false);
  });

  it("A-47: 1 equals 1.0 and not the text", () => {
    expect(objectsEqual(withSpec({ n: 1 }), withSpec({ n: 1.0 }))).toBe(true);
    expect(objectsEqual(withSpec({ n: 1 }), withSpec({ n: "1" }))).toBe(false);
  });

  it("names list items by their name, and a mere change of order once", () => {
    const of = (...names: string[]) => withSpec({ c: names.map((name) => ({ name, image: "a" })) });
    expect(diffObjects(of("x", "y"), of("y", "x")).map(({ path }) => path)).toEqual(["spec.c"]);
    const changed = withSpec({
      c: [
        { name: "x", image: "b" },
        { name: "y", image: "a" },
      ],
    });
    expect(diffObjects(of("x", "y"), changed)).toEqual([
      { path: "spec.c[x].image", pointer: "/spec/c/0/image", live: "a", desired: "b" },
    ]);
  });
});

describe("attribution (§6.4)", () => {
  const path = { path: "spec.replicas", pointer: "/spec/replicas", live: 3, desired: 1 };

  it("A-30: names the newest other owner of the path", () => {
    const found = attribute(
      [path],
      live(withSpec({ replicas: 3 }), {
        managedFields: [
          ours({ "f:spec": { "f:replicas": {} } }),
          manager("old", { "f:spec": { "f:replicas": {} } }, { time: "2026-11-01T00:00:00Z" }),
          manager("scaler", { "f:spec": { "f:replicas": {} } }, { subresource: "scale" }),
          manager("other", { "f:spec": { "f:paused": {} } }, { time: "2026-12-01T00:00:00Z" }),
        ],
      }),
    );
    expect(found[0]).toMatchObject({
      manager: "scaler",
      operation: "Update",
      subresource: "scale",
    });
  });

  it("of a removed value: the newest Update after our last write, else unknown", () => {
    const removed = { ...path, live: undefined };
    const at = (time: string) =>
      attribute(
        [removed],
        live(withSpec({}), {
          managedFields: [ours({ "f:spec": {} }), manager("kubectl-edit", {}, { time })],
        }),
      )[0]?.manager;
    expect(at("2026-11-21T09:00:01Z")).toBe("kubectl-edit");
    expect(at("2026-11-21T08:00:00Z")).toBe("unknown");
  });
});

describe("fieldsV1 (A-54)", () => {
  const pod = withSpec({
    c: [
      { name: "a", p: 1 },
      { name: "b", p: 2 },
    ],
    set: ["x", "y"],
    args: ["q"],
  });
  const entry = manager("m", {
    "f:spec": {
      "f:c": { 'k:{"name":"b"}': { ".": {}, "f:p": {} } },
      "f:set": { 'v:"y"': {} },
      "f:args": {},
    },
  });
  it.each([
    ["/spec/c/1/p", true],
    ["/spec/c/0/p", false],
    ["/spec/c/1/name", false],
    ["/spec/set/1", true],
    ["/spec/set/0", false],
    ["/spec/args/0", true],
    ["/spec/missing", false],
  ])("%s: %s", (pointer, is) => {
    expect(ownsPath(entry, pod, pointer)).toBe(is);
  });
});

describe("masking (§2.5)", () => {
  const secret = { group: "", kind: "Secret" };
  const field = { path: "data.k", pointer: "/data/k", live: "b2xk", desired: "bmV3" };

  it("shows that a value differs, and nothing else", () => {
    expect(maskFields(secret, [field])).toEqual([{ ...field, live: "*** #1", desired: "*** #2" }]);
  });

  it("gives equal values equal ordinals, and keeps the absent absent", () => {
    const all = { path: "data", pointer: "/data", live: { a: "x", b: "y" }, desired: { a: "y" } };
    expect(maskFields(secret, [all])[0]).toMatchObject({
      live: { a: "*** #1", b: "*** #2" },
      desired: { a: "*** #2" },
    });
    expect(maskFields(secret, [{ ...field, live: undefined }])[0]?.live).toBeUndefined();
  });

  it("hides annotations too, for last-applied holds the data", () => {
    const pointer = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";
    expect(maskFields(secret, [{ ...field, pointer }])[0]?.live).toBe("*** #1");
  });

  it("hides nothing of other kinds, and nothing else of a Secret", () => {
    expect(maskFields({ group: "", kind: "ConfigMap" }, [field])).toEqual([field]);
    expect(maskFields({ group: "example.com", kind: "Secret" }, [field])).toEqual([field]);
    const type = { ...field, pointer: "/type" };
    expect(maskFields(secret, [type])).toEqual([type]);
  });

  it("lets no value through, whatever its shape", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), fc.boolean(), (value, nested) => {
        const text = `canary-${value}`;
        const shown = { ...field, live: nested ? { deep: text } : text };
        expect(JSON.stringify(maskFields(secret, [shown]))).not.toContain("canary-");
      }),
    );
  });
});

describe("globs (NEG-16)", () => {
  it("means the same as the regular expression", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "."), maxLength: 6 });
    fc.assert(
      fc.property(text, text, (pattern, value) => {
        const source = pattern.replaceAll(".", "\\.").replaceAll("*", "[^]*");
        expect(matchesGlob(pattern, value)).toBe(new RegExp(`^${source}$`).test(value));
      }),
    );
  });
});
