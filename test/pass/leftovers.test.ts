import { expect, it } from "vitest";
import { sharedBench } from "./bench.ts";

const bench = sharedBench();

it("A-27: what kubectl set before us stays, and the pass lists it until Git declares it or somebody takes it off", async () => {
  const base = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "found", namespace: "shop" },
  };
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
  const hand = { manager: "kubectl-client-side-apply", method: "POST" } as const;
  await bench().hand(namespace, hand);
  await bench().hand({ ...base, data: { a: "1", old: "x" } }, hand);
  const declared = [{ ...base, data: { a: "1" } }];
  const first = await bench().sync("found", declared);
  const expected = [
    expect.objectContaining({ manager: "kubectl-client-side-apply", fields: ["data.old"] }),
  ];
  expect(first.pass.leftovers).toEqual(expected);
  expect((await bench().sync("found", declared, { bypassProofs: true })).pass.leftovers).toEqual(
    expected,
  );
  expect(
    (await bench().sync("found", [{ ...base, data: { a: "1", old: "x" } }])).pass.leftovers,
  ).toEqual([]);
});
