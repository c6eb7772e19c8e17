import { describe, expect } from "vitest";
import type { Body, Reply } from "./connection.ts";
import { define, definition, old, specOf, version } from "./olds.ts";
import { bothServers } from "./servers.ts";

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const as = (manager: string) => `fieldManager=${manager}`;

describe("acceptance SMD: a version that is gone", () => {
  const { each } = bothServers();

  each(
    "110 Entries at dead versions dropped: the server refuses until they are put right (§1.18-8, A-25)",
    async (server) => {
      const group = `${server.namespace}.example.com`;
      const properties = { a: { type: "string" }, b: { type: "string" } };
      const [beta, stable] = [version("v1beta1", properties, false), version("v1", properties)];
      await define(server, definition(group, [beta, stable]));
      const at = (name: string) => server.at(`${group}/${name}/olds`, "o");
      await server.apply(at("v1beta1"), old(group, { version: "v1beta1", a: "1" }), as("early"));
      const both = await server.apply(at("v1"), old(group, { b: "1" }), as("late"));
      await define(server, definition(group, [stable]));
      await server.until(`/apis/${group}/v1beta1/olds`, ({ code }) => code === 404);
      const after = await server.apply(at("v1"), old(group, { b: "2" }), as("late"));
      const { resourceVersion, managedFields } = (await server.get(at("v1"))).body.metadata;
      const repaired = await server.operations(at("v1"), [
        { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
        {
          op: "replace",
          path: "/metadata/managedFields",
          value: managedFields.map((entry: Body) => ({ ...entry, apiVersion: `${group}/v1` })),
        },
      ]);
      const again = await server.apply(
        at("v1"),
        old(group, { b: "2" }),
        "fieldManager=late&force=true",
      );
      const entriesOf = ({ body }: Reply) =>
        (body.metadata?.managedFields ?? [])
          .map(
            ({ manager, apiVersion }: Body) => `${manager} ${apiVersion.replace(group, "group")}`,
          )
          .sort();
      await server.apply(
        `${crds}/olds.${group}`,
        definition(group, [stable]),
        "fieldManager=definer&force=true",
      );
      const merged = await server.merge(at("v1"), { spec: { b: "3" } }, as("hand"));
      const seen = {
        both: entriesOf(both),
        after: [after.code, String(after.body.message).replace(group, "group")],
        merged: [merged.code, entriesOf(merged)],
        repaired: [repaired.code, entriesOf(repaired)],
        again: [again.code, specOf(again), entriesOf(again)],
      };
      await server.delete(`${crds}/olds.${group}`);
      return seen;
    },
    (seen) => {
      // It refuses until somebody puts the entries right; then nobody has lost a field.
      const [early, late] = ["early group/v1", "late group/v1"];
      expect(seen.both).toEqual(["early group/v1beta1", late]);
      expect(seen.after).toEqual([
        500,
        "request to convert CR to an invalid group/version: group/v1beta1",
      ]);
      expect(seen.repaired).toEqual([200, [early, late]]);
      expect(seen.again).toEqual([200, { a: "1", b: "2" }, [early, late]]);
      expect(seen.merged).toEqual([200, [early, "hand group/v1"]]);
    },
  );
});
