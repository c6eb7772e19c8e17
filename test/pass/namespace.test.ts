import { expect, it } from "vitest";
import { makeNamespace, refusal } from "../acceptance/scene.ts";
import { configMap, outcomes, sharedBench } from "./bench.ts";
import { failures } from "./order-cases.ts";

const bench = sharedBench();

it("P-43: who may not look at the app's namespace takes it for there, and is told by the first object if it is not", async () => {
  const { client } = bench().world.cluster;
  const blind: typeof client = {
    ...client,
    get: (ref, signal) =>
      ref.kind === "Namespace" ? Promise.reject(refusal(403, "no")) : client.get(ref, signal),
  };
  await makeNamespace(bench(), "there");
  const there = await bench().sync("there", [configMap("c")], { client: blind });
  expect(outcomes(there)).toEqual({ "ConfigMap/c": "created" });
  const absent = await bench().sync("absent", [configMap("c")], { client: blind });
  expect(failures(absent)).toEqual([expect.stringMatching(/^NamespaceUnavailable: .*absent/)]);
});
