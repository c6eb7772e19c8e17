import { describe, expect, it } from "vitest";
import type { Connection } from "../../agent/cluster/connection.ts";
import { createKubernetesClient } from "../../agent/cluster/kubernetes.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { diffObjects } from "../../agent/plan/compare.ts";
import { realClock } from "../doubles/ports.ts";
import { configMap, deployment, never, obj, outcomes, sharedBench, within } from "../pass/bench.ts";
import { failures } from "../pass/order-cases.ts";
import { makeNamespace, rest } from "./scene.ts";

const bench = sharedBench();

function definition(group: string, versions: readonly (readonly [string, object])[]): KubeObject {
  return obj("CustomResourceDefinition", `olds.${group}`, {
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "olds", singular: "old", kind: "Old", listKind: "OldList" },
      versions: versions.map(([name, properties]) => ({
        name,
        served: true,
        storage: name === "v1",
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties } },
          },
        },
      })),
    },
  });
}

const old = (apiVersion: string, spec: object): KubeObject => ({
  ...obj("Old", "o", { spec }),
  apiVersion,
});
const size = { type: "integer" };

describe("acceptance GE: versions and types", () => {
  it("3 Discovery retried on 401, unknown kind asked once (A-75, A-110)", async () => {
    const { url, token } = bench().server;
    const headers = { token: "Bearer stale", renewals: 0 };
    const connection: Connection = {
      server: url,
      authorization: async () => headers.token,
      renew: (refused) => {
        if (refused !== headers.token) return;
        headers.renewals += 1;
        headers.token = `Bearer ${token}`;
      },
    };
    const client = createKubernetesClient({ connection, clock: realClock });
    try {
      expect((await client.discover(never)).kinds.has("apps/v1/Deployment")).toBe(true);
      expect(headers.renewals).toBe(1);
      const from = bench().mark;
      const gadget = { group: "nowhere.example.com", version: "v1", kind: "Gadget" };
      const asked = client.get({ ...gadget, namespace: "default", name: "g" }, never);
      await expect(asked).rejects.toMatchObject({ failure: { reason: "KindUnknown" } });
      const discoveries = bench()
        .requestsSince(from)
        .filter((one) => one === "GET /apis");
      expect(discoveries).toHaveLength(1);
    } finally {
      await client.close();
    }
  });

  it("19 Cluster-scoped object with a namespace (§0.3)", async () => {
    const app = "ge19";
    const role = obj("ClusterRole", "ge19", { rules: [] }, { namespace: "elsewhere" });
    const { warnings } = bench().declare(app, { objects: [role, ...rest] });
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining("elsewhere")]);
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ClusterRole/ge19": "created" });
    const from = bench().mark;
    await bench().pass(app, { bypassProofs: true });
    expect(bench().writesSince(from)).toEqual([]);
    expect(
      (await bench().inventory(app))?.entries.has("_ge19_rbac.authorization.k8s.io_ClusterRole"),
    ).toBe(true);
  });

  it("20 Wrong types visible in the diff (N-26)", async () => {
    const app = "ge20";
    const web = deployment("web");
    const wrong = { ...web, spec: { ...(web["spec"] as object), replicas: "many" } };
    await bench().sync(app, [web, configMap("c")]);
    const done = await bench().sync(app, [wrong, configMap("c", { a: "2" })]);
    expect(outcomes(done)).toEqual({ "Deployment/web": "failed", "ConfigMap/c": "configured" });
    expect(failures(done)).toEqual([expect.stringContaining(".spec.replicas")]);
    // Between two renders, as both were written.
    expect(diffObjects(web, wrong)).toEqual([
      { path: "spec.replicas", pointer: "/spec/replicas", live: 1, desired: "many" },
    ]);
    expect((await bench().get(within(app, web)))?.["spec"]).toMatchObject({ replicas: 1 });
  });

  it("31 Stored in another version: read at the declared one (C-12)", async () => {
    const app = "ge31";
    const group = "ge31.example.com";
    const kinds = definition(group, [
      ["v1", { size }],
      ["v1alpha1", { size }],
    ]);
    const declared = old(`${group}/v1alpha1`, { size: 1 });
    expect(outcomes(await bench().sync(app, [kinds, declared]))).toMatchObject({
      "Old/o": "created",
    });
    await bench().pass(app); // the plural of what came with its definition is on record now
    const from = bench().mark;
    const { pass } = await bench().pass(app, { bypassProofs: true });
    expect(pass.drift).toEqual([]);
    expect(bench().writesSince(from)).toEqual([]);
    await bench().hand(within(app, old(`${group}/v1`, { size: 9 })));
    const healed = await bench().pass(app, { bypassProofs: true });
    expect(outcomes(healed)).toMatchObject({ "Old/o": "configured" });
    // Another version in Git is the same object.
    const uid = (await bench().get(within(app, declared)))?.metadata.uid;
    await bench().sync(app, [kinds, old(`${group}/v1`, { size: 1 })]);
    expect((await bench().get(within(app, declared)))?.metadata.uid).toBe(uid);
  });

  it("48 Stale managedFields version repaired (A-25)", async () => {
    const app = "fx48";
    const group = "fx48.example.com";
    const text = { type: "string" };
    const kinds = (beta: object) =>
      definition(group, [
        ["v1", { size, old: text }],
        ["v1beta1", { size, ...beta }],
      ]);
    await makeNamespace(bench(), app);
    await bench().sync(app, [kinds({ old: text })]);
    const made = within(app, old(`${group}/v1beta1`, { old: "x" }));
    await bench().world.cluster.client.create(made, never);
    await bench().sync(app, [kinds({ old: text }), old(`${group}/v1`, { size: 1 })]);
    const from = bench().mark;
    await bench().sync(app, [kinds({}), old(`${group}/v1`, { size: 1 })]);
    // Nothing could be applied over the entry that names a field its version lost; it is put right once.
    const done = await bench().sync(app, [kinds({}), old(`${group}/v1`, { size: 2 })]);
    expect(
      bench()
        .server.requests.slice(from)
        .map(({ code }) => code),
    ).toContain(500);
    expect(failures(done)).toEqual([]);
    const live = await bench().get(within(app, old(`${group}/v1`, {})));
    expect(live?.["spec"]).toEqual({ old: "x", size: 2 });
    const versions = live?.metadata.managedFields?.map(({ apiVersion }) => apiVersion);
    expect(new Set(versions)).toEqual(new Set([`${group}/v1`]));
  });
});
