import { afterEach, describe, expect, test } from "vitest";
import { kubeconfigOf } from "../../../cli/sandbox/kubernetes/kubeconfig.ts";
import type { ApiServerOptions, SandboxCluster } from "../../../cli/sandbox/kubernetes/sandbox.ts";
import { startApiServer } from "../../../cli/sandbox/kubernetes/server.ts";
import { Wire } from "../../contract/connection.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const open: { cluster: SandboxCluster; wire: Wire }[] = [];

async function start(options: ApiServerOptions = {}) {
  const cluster = await startApiServer(options);
  const wire = new Wire(cluster);
  open.push({ cluster, wire });
  return { cluster, wire };
}

function configMap(name: string) {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { a: "1" } };
}

afterEach(async () => {
  for (const { cluster, wire } of open.splice(0)) {
    await wire.close();
    await cluster.stop();
  }
});

describe("the sandbox API server", () => {
  test("asks for its token, in the header or in the path", async () => {
    const { cluster } = await start();
    const stranger = new Wire({ url: cluster.url, token: "wrong" });
    expect((await stranger.send("GET", maps)).code).toBe(401);
    expect((await stranger.send("GET", `/token/${cluster.token}${maps}`)).code).toBe(200);
    await stranger.close();
    const { server } = JSON.parse(kubeconfigOf(cluster, "x")).clusters[0].cluster;
    expect(server).toBe(`${cluster.url}/token/${cluster.token}`);
  });

  test("starts with the namespaces of every cluster, each with its root certificate", async () => {
    const { wire } = await start();
    const { body } = await wire.send("GET", "/api/v1/namespaces");
    expect(body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([
      "default",
      "kube-node-lease",
      "kube-public",
      "kube-system",
    ]);
    expect((await wire.send("GET", `${maps}/kube-root-ca.crt`)).code).toBe(200);
  });

  test("makes a Deployment ready by itself", async () => {
    const { wire } = await start();
    const path = "/apis/apps/v1/namespaces/default/deployments";
    await wire.send("POST", path, {
      body: {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web" },
        spec: {
          replicas: 3,
          selector: { matchLabels: { app: "web" } },
          template: {
            metadata: { labels: { app: "web" } },
            spec: { containers: [{ name: "c", image: "a:1" }] },
          },
        },
      },
    });
    await expect
      .poll(async () => (await wire.send("GET", `${path}/web`)).body.status)
      .toMatchObject({
        observedGeneration: 1,
        readyReplicas: 3,
        availableReplicas: 3,
      });
    const { body } = await wire.send("GET", `${path}/web`);
    expect(body.metadata.managedFields.at(-1)).toMatchObject({
      manager: "kube-controller-manager",
      subresource: "status",
    });
  });

  test("an admission hook denies, changes and warns", async () => {
    const { wire } = await start({
      admit: ({ name, object, operation }) => {
        if (operation !== "CREATE" || object === undefined) return undefined;
        if (name === "bad") return { deny: 'admission webhook "w" denied the request: bad' };
        if (name === "loud") return { warning: "careful" };
        return name === "changed" ? { object: { ...object, data: { a: "2" } } } : undefined;
      },
    });
    expect((await wire.send("POST", maps, { body: configMap("bad") })).body).toMatchObject({
      code: 403,
      reason: "Forbidden",
    });
    expect((await wire.send("POST", maps, { body: configMap("changed") })).body.data).toEqual({
      a: "2",
    });
    expect((await wire.send("POST", maps, { body: configMap("loud") })).warnings).toEqual([
      '299 - "careful"',
    ]);
  });

  test("a test can answer in its place, and sees every request", async () => {
    const { cluster, wire } = await start({
      fail: ({ path }) => (path.includes("secrets") ? { code: 503, body: "down" } : undefined),
    });
    expect((await wire.send("GET", "/api/v1/secrets")).code).toBe(503);
    expect(cluster.requests.at(-1)).toMatchObject({
      method: "GET",
      path: "/api/v1/secrets",
      userAgent: "contract/1",
      code: 503,
    });
  });

  test("a watch from before a compaction gets a 410", async () => {
    const { cluster, wire } = await start();
    const { body } = await wire.send("GET", maps);
    await wire.send("POST", maps, { body: configMap("x") });
    cluster.compact();
    const gone = await wire.send(
      "GET",
      `${maps}?watch=true&resourceVersion=${body.metadata.resourceVersion}`,
    );
    expect(gone.body).toMatchObject({ code: 410, reason: "Expired" });
  });

  test("the watch log is bounded", async () => {
    const { cluster, wire } = await start({ logLimit: 10 });
    for (let index = 0; index < 40; index += 1)
      await wire.send("POST", maps, { body: configMap(`m${index}`) });
    expect(cluster.store.since(0).length).toBeLessThanOrEqual(10);
    expect(cluster.store.compacted).toBeGreaterThan(0);
  });

  test("a snapshot brings back objects, revision and definitions", async () => {
    const { cluster, wire } = await start();
    await wire.send("POST", maps, { body: configMap("kept") });
    const snapshot = cluster.snapshot();
    await wire.send("DELETE", `${maps}/kept`);
    await wire.send("POST", maps, { body: configMap("late") });
    cluster.restore(snapshot);
    expect((await wire.send("GET", `${maps}/kept`)).code).toBe(200);
    expect((await wire.send("GET", `${maps}/late`)).code).toBe(404);
    expect(cluster.store.revision).toBe(snapshot.revision);
  });

  test("a stale group is marked, not left out", async () => {
    const { wire } = await start({ staleGroups: new Set(["apps"]) });
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    const { body } = await wire.send("GET", "/apis", { accept });
    const apps = body.items.find(
      (item: { metadata: { name: string } }) => item.metadata.name === "apps",
    );
    expect(apps.versions).toEqual([{ version: "v1", freshness: "Stale" }]);
  });
});
