import { describe, expect } from "vitest";
import { deployment } from "./bodies.ts";
import type { Body } from "./connection.ts";
import { bothServers, outcome } from "./servers.ts";

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";

/** Acceptance cases (semantics §10) whose answer is the API server's: the sandbox must give the real one's. */
describe("acceptance: what API servers answer", () => {
  const { each } = bothServers();

  each(
    "3 Discovery retried on 401, unknown kind asked once (A-75, A-110)",
    async (server) => ({
      stale: (await server.send("GET", "/apis", { token: "stale" })).code,
      fresh: (await server.get("/apis")).code,
      unknown: outcome(await server.get(server.at("nowhere.example.com/v1/gadgets", "g"))),
      unserved: outcome(await server.get(server.at("apps/v1/gadgets", "g"))),
      absent: outcome(await server.get(server.at("configmaps", "g"))),
    }),
    (seen) => {
      expect(seen).toMatchObject({ stale: 401, fresh: 200, unknown: { code: 404 } });
      // What tells "this object is not there" from "this is not served": only then is discovery asked again.
      expect(seen.absent).toMatchObject({ reason: "NotFound", details: { kind: "configmaps" } });
      expect(seen.unserved).not.toHaveProperty("details.kind");
    },
  );

  each(
    "19 Cluster-scoped object with a namespace (§0.3)",
    async (server) => {
      const name = `${server.namespace}-role`;
      const role = {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name, namespace: server.namespace },
        rules: [],
      };
      const applied = await server.apply(`${roles}/${name}`, role);
      const live = await server.get(`${roles}/${name}`);
      await server.delete(`${roles}/${name}`);
      return {
        code: applied.code,
        namespace: String(applied.body.metadata?.namespace),
        live: String(live.body.metadata?.namespace),
      };
    },
    (seen) => expect(seen.live).toBe("undefined"),
  );

  each(
    "20 Wrong types visible in the diff (N-26)",
    async (server) => {
      const path = server.at("apps/v1/deployments", "web");
      await server.apply(path, deployment("web"));
      const dry = "fieldManager=applier&force=true&fieldValidation=Strict&dryRun=All";
      return {
        word: outcome(await server.apply(path, deployment("web", { replicas: "many" }), dry)),
        list: outcome(await server.apply(path, deployment("web", { paused: ["yes"] }), dry)),
        scalar: outcome(await server.apply(path, deployment("web", { selector: 5 }), dry)),
      };
    },
    (seen) => {
      // The field and what it is are named, so that what a person wrote can be shown beside it.
      expect(seen.word.message).toContain(".spec.replicas");
      expect(seen.list.message).toContain(".spec.paused");
      expect(seen.scalar.message).toContain(".spec.selector");
      expect(seen.word.code).toBeGreaterThanOrEqual(400);
    },
  );

  each(
    "31 Stored in another version: read at the declared one (C-12)",
    async (server) => {
      const group = `${server.namespace}.example.com`;
      const schema = { openAPIV3Schema: { type: "object", properties: { spec } } };
      const versions = ["v1alpha1", "v1"].map((name) => ({
        name,
        served: true,
        storage: name === "v1",
        schema,
      }));
      const names = { plural: "olds", singular: "old", kind: "Old", listKind: "OldList" };
      await server.post(crds, {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `olds.${group}` },
        spec: { group, scope: "Namespaced", names, versions },
      });
      for (const { name } of versions) {
        await server.until(`/apis/${group}/${name}/olds`, ({ code }) => code === 200);
      }
      const at = (version: string) => server.at(`${group}/${version}/olds`, "o");
      const old = (size: number) => ({
        apiVersion: `${group}/v1alpha1`,
        kind: "Old",
        metadata: { name: "o" },
        spec: { size },
      });
      const made = await server.apply(at("v1alpha1"), old(1));
      const again = await server.apply(at("v1alpha1"), old(1));
      const read = async (version: string) => (await server.get(at(version))).body;
      const seen = {
        made: made.code,
        noop: made.body.metadata.resourceVersion === again.body.metadata.resourceVersion,
        declared: (await read("v1alpha1")).apiVersion,
        stored: (await read("v1")).apiVersion,
        entry: (await read("v1")).metadata.managedFields.map(({ apiVersion }: Body) => apiVersion),
      };
      await server.delete(`${crds}/olds.${group}`);
      return JSON.parse(JSON.stringify(seen).replaceAll(group, "group")) as typeof seen;
    },
    (seen) =>
      expect(seen).toEqual({
        made: 201,
        noop: true,
        declared: "group/v1alpha1",
        stored: "group/v1",
        entry: ["group/v1alpha1"],
      }),
  );

  each(
    "41 Port protocol defaulted (N-1)",
    async (server) => {
      const path = server.at("services", "dns");
      const service = (ports: readonly object[]) => ({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "dns" },
        spec: { selector: { app: "dns" }, ports },
      });
      const [tcp, udp] = [
        { name: "tcp", port: 53 },
        { name: "udp", port: 53, protocol: "UDP" },
      ];
      const made = await server.apply(path, service([tcp!, udp!]));
      const again = await server.apply(path, service([tcp!, udp!]));
      const said = await server.apply(path, service([{ ...tcp!, protocol: "TCP" }, udp!]));
      const versionOf = ({ body }: Body) => body.metadata.resourceVersion;
      return {
        protocols: made.body.spec.ports.map(({ protocol }: Body) => protocol),
        noop: versionOf(made) === versionOf(again),
        same: said.body.spec.ports,
        twice: outcome(await server.apply(path, service([tcp!, { ...tcp!, name: "other" }]))),
      };
    },
    (seen) => {
      expect(seen).toMatchObject({ protocols: ["TCP", "UDP"], noop: true });
      expect(seen.twice.code).toBe(500);
    },
  );
});

const spec = { type: "object", properties: { size: { type: "integer" } } };
