import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shapePayload, unstableRule } from "../../agent/plan/ignore.ts";
import { objectsIn } from "../../agent/render/objects.ts";
import { normalizeRender, unstablePaths } from "../../agent/render/unstable.ts";
import { parseYaml } from "../../agent/render/yaml.ts";
import { hasher } from "../fleet/fleet-files.ts";
import { unitOf } from "./unit-of.ts";

function objectsOf(text: string) {
  const parsed = parseYaml(text, { file: "a.yaml" });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return objectsIn("a.yaml", parsed.value).objects;
}

function normalized(first: string, second: string | undefined) {
  const again = second === undefined ? {} : { again: objectsOf(second) };
  return normalizeRender(
    { objects: objectsOf(first), ...again },
    {
      unit: unitOf(),
      installation: "i",
      agentNamespace: "holdfast-system",
      scopeOf: () => "namespaced",
      hasher,
    },
  );
}

function configMap(data: string, name = "a"): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: ${data}\n`;
}

describe("what differs between two renders (N-30)", () => {
  it("is named by pointers; what is equal, or only there once, keeps its rank", () => {
    expect(
      unstablePaths({ a: 1, b: [1, 2], c: { "x/y": 1 } }, { a: 1, b: [1, 3], c: { "x/y": 2 } }),
    ).toEqual(["/b/1", "/c/x~1y"]);
    expect(unstablePaths({ a: [1] }, { a: [1, 2] })).toEqual(["/a"]);
    expect(unstablePaths({ a: 1 }, { b: 1 })).toEqual(["/a", "/b"]);
  });

  it("is nothing exactly when nothing differs", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(unstablePaths(a, structuredClone(a))).toEqual([]);
        const isSame = JSON.stringify(a) === JSON.stringify(b);
        expect(unstablePaths(a, b).length > 0 || isSame || unstablePaths(b, a).length === 0).toBe(
          true,
        );
      }),
    );
  });

  it("stays out of the digests, is said, and lives on; the rest is still ours", () => {
    const one = normalized(configMap("{ k: r1, m: a }"), configMap("{ k: r2, m: a }"));
    const two = normalized(configMap("{ k: r3, m: a }"), configMap("{ k: r4, m: a }"));
    const moved = normalized(configMap("{ k: r3, m: b }"), configMap("{ k: r4, m: b }"));
    expect(one.warnings).toMatchObject([{ message: expect.stringContaining("/data/k") }]);
    expect(two.digest).toBe(one.digest);
    expect(two.desired[0]?.digest).toBe(one.desired[0]?.digest);
    expect(moved.digest).not.toBe(one.digest);
    const desired = moved.desired[0]!;
    const live = {
      ...one.desired[0]!.object,
      metadata: { ...one.desired[0]!.object.metadata, uid: "u", resourceVersion: "1" },
    };
    const { payload } = shapePayload(desired, live, unstableRule(desired));
    expect(payload["data"]).toEqual({ k: "r1", m: "b" });
  });

  it("is refused in a name: each render would delete what the other made", () => {
    const { problems } = normalized(configMap("{}", "a1"), configMap("{}", "a2"));
    expect(problems.map(({ reason, ref }) => [reason, ref?.name])).toEqual([
      ["RenderFailed", "a1"],
      ["RenderFailed", "a2"],
    ]);
  });

  it("costs nothing where there is nothing", () => {
    expect(normalized(configMap("{ k: v }"), undefined).desired[0]?.unstable).toBeUndefined();
    const same = normalized(configMap("{ k: v }"), configMap("{ k: v }"));
    expect(same).toEqual(normalized(configMap("{ k: v }"), undefined));
  });
});
