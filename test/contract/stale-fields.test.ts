import { describe, expect } from "vitest";
import type { Body } from "./connection.ts";
import { bothServers } from "./servers.ts";

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

function definition(group: string, ofBeta: Body): Body {
  const schema = (properties: Body) => ({
    openAPIV3Schema: {
      type: "object",
      properties: { spec: { type: "object", properties } },
    },
  });
  const size = { type: "integer" };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `olds.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "olds", singular: "old", kind: "Old", listKind: "OldList" },
      versions: [
        { name: "v1beta1", served: true, storage: false, schema: schema({ size, ...ofBeta }) },
        {
          name: "v1",
          served: true,
          storage: true,
          schema: schema({ size, old: { type: "string" } }),
        },
      ],
    },
  };
}

describe("a version that loses a field which managedFields still name", () => {
  const { each } = bothServers();

  each(
    "◇ A-25: applying over it is refused until the entries name the version that is applied",
    async (server) => {
      const group = `${server.namespace}.example.com`;
      await server.post(crds, definition(group, { old: { type: "string" } }));
      await server.until(`/apis/${group}/v1/olds`, ({ code }) => code === 200);
      await server.until(`/apis/${group}/v1beta1/olds`, ({ code }) => code === 200);
      const at = (version: string) =>
        `/apis/${group}/${version}/namespaces/${server.namespace}/olds`;
      const body = (version: string, spec: Body) => ({
        apiVersion: `${group}/${version}`,
        kind: "Old",
        metadata: { name: "o" },
        spec,
      });
      await server.post(at("v1beta1"), body("v1beta1", { old: "x" }), "fieldManager=kubectl");
      const applied = await server.apply(`${at("v1")}/o`, body("v1", { size: 1 }));
      const crd = definition(group, {});
      await server.apply(`${crds}/olds.${group}`, crd, "fieldManager=m&force=true");
      let refused: Body = {};
      for (let tries = 0; tries < 30; tries += 1) {
        refused = await server.apply(
          `${at("v1")}/o`,
          body("v1", { size: 2 }),
          "fieldManager=applier&dryRun=All",
        );
        if (refused.code !== 200) break;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      const live = await server.get(`${at("v1")}/o`);
      const { resourceVersion, managedFields } = live.body.metadata;
      const repaired = await server.operations(`${at("v1")}/o`, [
        { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
        {
          op: "replace",
          path: "/metadata/managedFields",
          value: managedFields.map((entry: Body) => ({ ...entry, apiVersion: `${group}/v1` })),
        },
      ]);
      const again = await server.apply(`${at("v1")}/o`, body("v1", { size: 2 }));
      await server.delete(`${crds}/olds.${group}`);
      return {
        applied: applied.code,
        refused: { code: refused.code, message: String(refused.body?.message ?? "") },
        repaired: repaired.code,
        again: { code: again.code, spec: again.body.spec },
      };
    },
    (seen) => {
      expect(seen.refused).toEqual({
        code: 500,
        message: ".spec.old: field not declared in schema",
      });
      expect(seen.again).toEqual({ code: 200, spec: { old: "x", size: 2 } });
    },
  );
});
