import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { obj, outcomes, sharedBench, within } from "../pass/bench.ts";
import { failures } from "../pass/order-cases.ts";
import { uidOf } from "./scene.ts";

const bench = sharedBench();
const group = "smd110.example.com";

function definition(...versions: readonly string[]): KubeObject {
  const size = { type: "integer" };
  const spec = { type: "object", properties: { size, note: { type: "string" } } };
  const schema = { openAPIV3Schema: { type: "object", properties: { spec } } };
  return obj("CustomResourceDefinition", `olds.${group}`, {
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "olds", singular: "old", kind: "Old", listKind: "OldList" },
      versions: versions.map((name) => ({ name, served: true, storage: name === "v1", schema })),
    },
  });
}

const old = (version: string, size: number): KubeObject => ({
  ...obj("Old", "o", { spec: { size } }),
  apiVersion: `${group}/${version}`,
});

describe("acceptance SMD: what the agent makes of it", () => {
  it("110 Entries at dead versions dropped: Git moves to a version and drops the old one (A-25)", async () => {
    const app = "smd110";
    await bench().sync(app, [definition("v1", "v1beta1"), old("v1beta1", 1)]);
    const note = { ...old("v1", 1), spec: { note: "theirs" } };
    await bench().hand(within(app, note), { manager: "operator" });
    const uid = await uidOf(bench(), app, old("v1", 1));
    const from = bench().mark;
    const done = await bench().sync(app, [definition("v1"), old("v1", 2)]);
    // The server refused, for what had been applied at the version that is gone; nobody needs to do anything.
    const codes = bench().server.requests.slice(from);
    expect(codes.map(({ code }) => code)).toContain(500);
    expect(failures(done)).toEqual([]);
    expect(outcomes(done)).toMatchObject({ "Old/o": "configured" });
    const live = await bench().get(within(app, old("v1", 2)));
    expect(live?.metadata.uid).toBe(uid);
    expect(live?.["spec"]).toEqual({ size: 2, note: "theirs" });
    const entries = live?.metadata.managedFields?.map(({ apiVersion }) => apiVersion);
    expect(new Set(entries)).toEqual(new Set([`${group}/v1`]));
  });
});
