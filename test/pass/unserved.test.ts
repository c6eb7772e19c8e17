import { expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { realClock } from "../doubles/ports.ts";
import { configMap, obj, outcomes, sharedBench, widgets } from "./bench.ts";

const bench = sharedBench();

/** Two of them in one group: the server never establishes the second one, for its list is called like that of the first. */
function definition(plural: string, kind: string): KubeObject {
  const { spec } = widgets as unknown as { readonly spec: object };
  const names = { plural, singular: plural, kind, listKind: "WidgetList" };
  return obj("CustomResourceDefinition", `${plural}.late.example`, {
    spec: { ...spec, group: "late.example", names },
  });
}

it("A-104: a CRD that is not Established in time: its resources wait, the rest goes on", async () => {
  let slept = 0;
  const clock = {
    ...realClock,
    monotonic: () => slept,
    sleep: async (ms: number) => {
      slept += ms;
    },
  };
  await bench().hand(definition("widgets", "Widget"), { method: "POST" });
  const gadget = { ...obj("Gadget", "g", { spec: { size: 3 } }), apiVersion: "late.example/v1" };
  const objects = [definition("gadgets", "Gadget"), gadget, configMap("beside")];
  const done = await bench().sync("late", objects, { clock });
  expect(slept).toBeGreaterThanOrEqual(60_000);
  expect(done.pass.results.map(({ problem }) => problem?.reason)).not.toContain("KindMissing");
  expect(outcomes(done)).toEqual({
    "CustomResourceDefinition/gadgets.late.example": "created",
    "ConfigMap/beside": "created",
    "Gadget/g": "skipped",
  });
  expect(done.pass.waiting).toMatchObject([
    { ref: { kind: "Gadget" }, why: expect.stringContaining("gadgets.late.example is served") },
  ]);
  expect(done.dueMs).toBeDefined();
});
