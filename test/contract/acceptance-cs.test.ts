import { describe, expect } from "vitest";
import { configMap } from "./bodies.ts";
import type { Body } from "./connection.ts";
import { bothServers, outcome } from "./servers.ts";

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const held = "fieldManager=holdfast&force=true&fieldValidation=Strict";
const managersOf = ({ body }: Body) =>
  (body.metadata.managedFields ?? [])
    .map(({ manager, operation }: Body) => `${manager} ${operation}`)
    .sort();

/** Acceptance cases (semantics §10) of CU and CS whose answer is the API server's. */
describe("acceptance: what API servers answer, CU and CS", () => {
  const { each } = bothServers();

  each(
    "76 RBAC names with colon (§0.3)",
    async (server) => {
      const name = "system:node:reader";
      const path = server.at("rbac.authorization.k8s.io/v1/roles", encodeURIComponent(name));
      const role = {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: { name },
        rules: [],
      };
      const made = await server.apply(path, role, held);
      const read = await server.get(path);
      const gone = await server.delete(path);
      return { made: made.code, name: read.body.metadata.name, gone: gone.code };
    },
    (seen) => expect(seen).toEqual({ made: 201, name: "system:node:reader", gone: 200 }),
  );

  each(
    "84 Generated Service and ClusterRole fields kept (N-15)",
    async (server) => {
      const path = server.at("services", "s");
      const service = (port: number) => ({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "s" },
        spec: { type: "NodePort", selector: { app: "s" }, ports: [{ name: "http", port }] },
      });
      const made = await server.apply(path, service(80), held);
      const again = await server.apply(path, service(80), held);
      const moved = await server.apply(path, service(81), held);
      return {
        given: typeof made.body.spec.clusterIP,
        noop: made.body.metadata.resourceVersion === again.body.metadata.resourceVersion,
        kept: made.body.spec.clusterIP === moved.body.spec.clusterIP,
        ports: moved.body.spec.ports.map(({ port }: Body) => port),
      };
    },
    (seen) => expect(seen).toEqual({ given: "string", noop: true, kept: true, ports: [81] }),
  );

  each(
    "87 CRD beyond the annotation limit (A-1, A-130)",
    async (server) => {
      const group = `${server.namespace}.example.com`;
      const names = { plural: "larges", singular: "large", kind: "Large", listKind: "LargeList" };
      const description = "x".repeat(300 * 1024);
      const schema = { openAPIV3Schema: { type: "object", description } };
      const versions = [{ name: "v1", served: true, storage: true, schema }];
      const path = `${crds}/larges.${group}`;
      const definition = {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `larges.${group}` },
        spec: { group, scope: "Namespaced", names, versions },
      };
      const made = await server.apply(path, definition, held);
      await server.delete(path);
      const note = "x".repeat(257 * 1024);
      const noted = configMap("noted", {}, { annotations: { note } });
      const refused = await server.apply(server.at("configmaps", "noted"), noted, held);
      return { made: made.code, refused: outcome(refused) };
    },
    (seen) => {
      expect(seen).toMatchObject({ made: 201, refused: { code: 422, reason: "Invalid" } });
    },
  );

  each(
    "89 managedFields wiped: converges (A-24, A-22)",
    async (server) => {
      const path = server.at("configmaps", "c");
      await server.apply(path, configMap("c", { a: "1", b: "1" }), held);
      const wiped = await server.merge(path, { metadata: { managedFields: [{}] } });
      const again = await server.apply(path, configMap("c", { a: "1", b: "1" }), held);
      const entries = managersOf(again);
      const dropped = await server.apply(path, configMap("c", { a: "1" }), held);
      const own = again.body.metadata.managedFields.filter(
        ({ manager }: Body) => manager === "holdfast",
      );
      // What is left of the time before is taken away, and then what Git drops goes.
      const back = await server.apply(path, configMap("c", { a: "1", b: "1" }), held);
      await server.operations(path, [
        { op: "replace", path: "/metadata/managedFields", value: own },
        {
          op: "replace",
          path: "/metadata/resourceVersion",
          value: back.body.metadata.resourceVersion,
        },
      ]);
      const freed = await server.apply(path, configMap("c", { a: "1" }), held);
      return {
        wiped: managersOf(wiped),
        entries,
        dropped: dropped.body.data,
        freed: freed.body.data,
      };
    },
    (seen) =>
      expect(seen).toEqual({
        wiped: [],
        entries: ["before-first-apply Update", "holdfast Apply"],
        dropped: { a: "1", b: "1" },
        freed: { a: "1" },
      }),
  );
});
