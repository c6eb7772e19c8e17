import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layersOf } from "../../agent/plan/depends-on.ts";
import { stepName, stepsOf } from "../../agent/plan/steps.ts";
import { desired, object } from "./builders.ts";

const annotated = (kind: string, name: string, annotations: Record<string, string>) =>
  desired(object(kind, name, { metadata: { name, namespace: "shop", annotations } }));

describe("steps of a change (O-10, O-11)", () => {
  it("pre hooks, waves ascending, post hooks", () => {
    const wave = (name: string, value: string) =>
      annotated("ConfigMap", name, { "holdfast.dev/wave": value });
    const hook = (name: string, phase: string) =>
      annotated("Job", name, { "holdfast.dev/hook": phase });
    const all = {
      desired: [wave("b", "2"), wave("a", "-3"), desired(object("Service", "s"))],
      hooks: [hook("after", "post"), hook("before", "pre"), hook("undo", "failure")],
    };
    const told = stepsOf(all).map((step) => {
      const names = [...step.objects, ...step.hooks].map(({ ref }) => ref.name);
      return `${stepName(step)}: ${names.join(" ")}`;
    });
    expect(told).toEqual([
      "pre hooks: before",
      "wave -3: a",
      "wave 0: s",
      "wave 2: b",
      "post hooks: after",
    ]);
  });

  it("everything is in exactly one step, in the order of waves", () => {
    const waves = fc.array(fc.integer({ min: -999_999_999, max: 999_999_999 }), { maxLength: 30 });
    fc.assert(
      fc.property(waves, (values) => {
        const all = values.map((value, index) =>
          annotated("ConfigMap", `c${index}`, { "holdfast.dev/wave": String(value) }),
        );
        const steps = stepsOf({ desired: all, hooks: [] });
        expect(steps.flatMap(({ objects }) => objects)).toHaveLength(all.length);
        expect(steps.map(({ wave }) => wave)).toEqual([...new Set(values)].sort((a, b) => a - b));
        expect(steps.every(({ phase }) => phase === "main")).toBe(true);
      }),
    );
  });
});

describe("layers of objects that need each other (O-21)", () => {
  it("hold everything once, whatever is named, and nothing before what it needs", () => {
    const needs = fc.array(fc.array(fc.nat({ max: 12 }), { maxLength: 3 }), { maxLength: 12 });
    fc.assert(
      fc.property(needs, (edges) => {
        const all = edges.map((on, index) => {
          // Only to earlier ones, so there is no cycle.
          const refs = on
            .filter((to) => to < index)
            .map((to) => `/namespaces/shop/ConfigMap/c${to}`);
          const text = refs.length === 0 ? {} : { "config.kubernetes.io/depends-on": refs.join() };
          return annotated("ConfigMap", `c${index}`, text);
        });
        const layers = layersOf(all).map((layer) => layer.map(({ ref }) => ref.name));
        expect(layers.flat().sort()).toEqual(all.map(({ ref }) => ref.name).sort());
        const layerOf = (name: string) => layers.findIndex((layer) => layer.includes(name));
        edges.forEach((on, index) => {
          for (const to of on.filter((each) => each < index))
            expect(layerOf(`c${to}`)).toBeLessThan(layerOf(`c${index}`));
        });
      }),
    );
  });
});
