import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAppObjects } from "../../agent/cluster/app-objects.ts";
import { requestsOf } from "../../agent/cluster/app-requests.ts";
import { createLiveCache, type LiveCache } from "../../agent/cluster/cache.ts";
import type { Page } from "../../agent/cluster/client.ts";
import { connect, connectTo } from "../../agent/cluster/connection.ts";
import { ApiError, isConflict, isKindUnknown } from "../../agent/cluster/errors.ts";
import { clusterUid, installationOf } from "../../agent/cluster/installation.ts";
import { createInventoryStore } from "../../agent/cluster/inventory.ts";
import { createKubernetesClient, type KubernetesClient } from "../../agent/cluster/kubernetes.ts";
import { createLease } from "../../agent/cluster/lease.ts";
import { guardWrites } from "../../agent/cluster/leased.ts";
import { readLive } from "../../agent/cluster/observe.ts";
import { createStateStore, installKey } from "../../agent/cluster/state.ts";
import { followEpochs } from "../../agent/flight/epochs.ts";
import type { Inventory } from "../../agent/model/inventory.ts";
import {
  type KubeObject,
  refId,
  refOf,
  versionedRefOf,
  versionOf,
} from "../../agent/model/object.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { createSlot } from "../../agent/slot.ts";
import { appCrd } from "../../agent/status/app-crd.ts";
import { toAppObject } from "../../agent/status/app-object.ts";
import type { World } from "../../agent/world.ts";
import { realClock, realRandom, testHasher } from "../doubles/ports.ts";
import { type ControlPlane, startControlPlane } from "../e2e/control-plane.ts";

let plane: ControlPlane;
let client: KubernetesClient;
const never = new AbortController().signal;
const soon = () => AbortSignal.timeout(20_000);

function configMap(name: string, data: Record<string, string>, namespace = "default"): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
}

async function failureOf(promise: Promise<unknown>) {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error.failure;
  throw new Error(`expected an ApiError, got ${String(error)}`);
}

/** Its APIService is there before its discovery. */
function isGroupUnknown(error: unknown): boolean {
  return error instanceof ApiError && error.failure.reason === "DiscoveryFailed";
}

async function pagesOf(pages: AsyncIterable<Page>): Promise<readonly Page[]> {
  const all: Page[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await is())) {
    if (Date.now() > end) throw new Error("did not happen within 15 s");
    await realClock.sleep(25);
  }
}

beforeAll(async () => {
  plane = await startControlPlane({ clusters: 1, controllers: false, basePort: 23_000 });
  const [cluster] = plane.clusters;
  client = createKubernetesClient({
    connection: connectTo({ url: cluster!.url, token: cluster!.token, ca: cluster!.ca }),
    clock: realClock,
    random: realRandom,
  });
  await until(async () => (await client.get(namespaceRef("default"), never)) !== undefined);
});

afterAll(async () => {
  await client?.close();
  await plane?.stop();
});

function namespaceRef(name: string) {
  return { group: "", version: "v1", kind: "Namespace", namespace: "", name };
}

describe("discovery", () => {
  it("lists kinds with plural, scope and preferred version", async () => {
    const discovery = await client.discover(never);
    expect(discovery.kubernetes).toMatch(/^v\d+\./);
    expect(discovery.kinds.get("apps/v1/Deployment")).toMatchObject({
      plural: "deployments",
      namespaced: true,
    });
    expect(discovery.kinds.get("/v1/Namespace")?.namespaced).toBe(false);
    expect(discovery.versions.get("autoscaling/HorizontalPodAutoscaler")?.[0]).toBe("v2");
    expect([...discovery.unknownGroups]).toEqual([]);
  });

  it("calls a group unknown that an APIService names and nothing serves (A-111)", async () => {
    const service: KubeObject = {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1beta1.metrics.k8s.io" },
      spec: {
        group: "metrics.k8s.io",
        version: "v1beta1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name: "metrics-server", namespace: "kube-system", port: 443 },
      },
    };
    const { object } = await client.apply(service, undefined, never);
    try {
      const discovery = await client.discover(never);
      expect([...discovery.unknownGroups]).toEqual(["metrics.k8s.io"]);
      expect([...(discovery.aggregatedGroups ?? [])]).toEqual(["metrics.k8s.io"]);
      expect(discovery.kinds.has("apps/v1/Deployment")).toBe(true);
      const ref = { group: "metrics.k8s.io", version: "v1beta1", kind: "NodeMetrics" };
      const failure = await failureOf(client.get({ ...ref, namespace: "", name: "n" }, never));
      expect(failure).toMatchObject({ status: 503, reason: "DiscoveryFailed" });
    } finally {
      const live = await client.get(versionedRefOf(object), never);
      await client.delete(
        versionedRefOf(object),
        versionOf(live!),
        { propagation: "Background" },
        never,
      );
    }
  });

  it("finds a kind that came after the last discovery, and says which is not served (A-110)", async () => {
    const widget: KubeObject = {
      apiVersion: "example.com/v1",
      kind: "Widget",
      metadata: { name: "w", namespace: "default" },
      spec: { size: 1 },
    };
    expect(await failureOf(client.apply(widget, undefined, never))).toMatchObject({
      reason: "KindUnknown",
      indeterminate: false,
    });
    await client.apply(widgetCrd, undefined, never);
    await until(async () => {
      const found = await client.apply(widget, undefined, never).catch((error: unknown) => error);
      if (isKindUnknown(found) || isGroupUnknown(found)) return false;
      if (found instanceof Error) throw found;
      return true;
    });
    const big = {
      ...widget,
      metadata: { ...widget.metadata, name: "big" },
      spec: { size: 9007199254740993n },
    };
    const { object } = await client.apply(big, undefined, never);
    expect(object.spec).toEqual({ size: 9007199254740993n });
  });
});

const widgetCrd: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object", properties: { size: { type: "integer", format: "int64" } } },
            },
          },
        },
      },
    ],
  },
};

describe("apply", () => {
  it("creates, tells created from configured, and changes nothing in a dry-run", async () => {
    const first = await client.apply(configMap("a", { k: "1" }), undefined, never);
    expect(first.created).toBe(true);
    expect(first.object.metadata.managedFields?.[0]?.manager).toBe("holdfast");
    const over = versionOf(first.object);
    const dry = await client.dryRun(configMap("a", { k: "2" }), over, never);
    expect(dry.object.data).toEqual({ k: "2" });
    const read = await client.get(versionedRefOf(first.object), never);
    expect(read?.data).toEqual({ k: "1" });
    const second = await client.apply(configMap("a", { k: "2" }), over, never);
    expect(second.created).toBe(false);
    expect(second.object.metadata.uid).toBe(over.uid);
  });

  it("answers 409 to an old version, and never brings back what was deleted (A-14)", async () => {
    const { object } = await client.apply(configMap("b", { k: "1" }), undefined, never);
    const over = versionOf(object);
    await client.apply(configMap("b", { k: "2" }), over, never);
    expect(await failureOf(client.apply(configMap("b", { k: "3" }), over, never))).toMatchObject({
      status: 409,
    });
    const live = await client.get(versionedRefOf(object), never);
    await client.delete(
      versionedRefOf(object),
      versionOf(live!),
      { propagation: "Background" },
      never,
    );
    const again = await failureOf(
      client.apply(configMap("b", { k: "3" }), versionOf(live!), never),
    );
    expect(again.status).toBe(409);
    expect(await client.get(versionedRefOf(object), never)).toBeUndefined();
    const reborn = await client.apply(configMap("b", {}), undefined, never);
    const { resourceVersion } = reborn.object.metadata;
    const other = { uid: over.uid, resourceVersion: resourceVersion! };
    const unlike = await failureOf(client.apply(configMap("b", { k: "4" }), other, never));
    expect(unlike.status).toBe(422);
    expect(new Set(unlike.causes.map(({ field }) => field))).toEqual(new Set(["metadata.uid"]));
  });

  it("does not overwrite a rival's creation (force=false)", async () => {
    await client.create(configMap("c", { k: "theirs" }), never);
    const other = createKubernetesClient(clientOptions());
    const asOther = await failureOf(other.apply(configMap("c", { k: "ours" }), undefined, never));
    await other.close();
    expect(asOther).toMatchObject({ status: 409, causes: [{ reason: "FieldManagerConflict" }] });
  });

  it("N-14: refuses unknown fields and names them", async () => {
    const failure = await failureOf(
      client.apply({ ...configMap("d", {}), dta: { k: "1" } }, undefined, never),
    );
    expect(failure.indeterminate).toBe(false);
    expect(failure.message).toContain("dta");
  });

  it("tells a missing namespace from a missing object (A-90)", async () => {
    const failure = await failureOf(client.apply(configMap("e", {}, "nowhere"), undefined, never));
    expect(failure).toMatchObject({ status: 404, detailsKind: "namespaces" });
    expect(await client.get(versionedRefOf(configMap("e", {}, "nowhere")), never)).toBeUndefined();
  });

  it("keeps no word that the server says about a Secret", async () => {
    const secret: KubeObject = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: "default" },
      type: "kubernetes.io/tls",
      data: { "tls.crt": "c2VjcmV0LXZhbHVl" },
      stringData: { "bad key!": "secret-value" },
    };
    const failure = await failureOf(client.apply(secret, undefined, never));
    expect(JSON.stringify(failure)).not.toMatch(/secret-value|c2VjcmV0LXZhbHVl/);
    expect(failure.reason).not.toBe("");
  });

  it("hands on warnings of the server", async () => {
    const pod: KubeObject = {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "warned", namespace: "default" },
      spec: {
        selector: { matchLabels: { app: "w" } },
        template: {
          metadata: {
            labels: { app: "w" },
            annotations: { "scheduler.alpha.kubernetes.io/critical-pod": "" },
          },
          spec: {
            nodeSelector: { "beta.kubernetes.io/os": "linux" },
            containers: [{ name: "c", image: "i" }],
          },
        },
      },
    };
    const { warnings } = await client.dryRun(pod, undefined, never);
    expect(warnings.join()).toContain("beta.kubernetes.io/os");
  });
});

function clientOptions() {
  const [cluster] = plane.clusters;
  return {
    connection: connectTo({ url: cluster!.url, token: cluster!.agentToken, ca: cluster!.ca }),
    clock: realClock,
    random: realRandom,
  };
}

describe("patch and delete", () => {
  it("turns a race of a JSON patch into a 409", async () => {
    const { object } = await client.apply(configMap("p", { k: "1" }), undefined, never);
    const over = versionOf(object);
    const operations = [{ op: "add", path: "/data/extra", value: "x" }] as const;
    const patched = await client.patch(versionedRefOf(object), operations, over, never);
    expect(patched.object.data).toEqual({ k: "1", extra: "x" });
    expect(
      await failureOf(client.patch(versionedRefOf(object), operations, over, never)),
    ).toMatchObject({ status: 409 });
  });

  it("deletes only the version it was planned against, and calls a second time gone", async () => {
    const { object } = await client.apply(configMap("q", { k: "1" }), undefined, never);
    const ref = versionedRefOf(object);
    await client.apply(configMap("q", { k: "2" }), versionOf(object), never);
    const background = { propagation: "Background" } as const;
    expect(await failureOf(client.delete(ref, versionOf(object), background, never))).toMatchObject(
      {
        status: 409,
      },
    );
    const live = await client.get(ref, never);
    const answer = await client.delete(ref, versionOf(live!), background, never);
    expect(answer?.metadata.name).toBe("q");
    expect(answer?.metadata.deletionTimestamp).toBeUndefined();
    expect(await client.delete(ref, versionOf(live!), background, never)).toBeUndefined();
  });

  it("tells an object that a finalizer keeps", async () => {
    const kept = configMap("kept", {});
    const { object } = await client.apply(
      { ...kept, metadata: { ...kept.metadata, finalizers: ["example.com/f"] } },
      undefined,
      never,
    );
    const answer = await client.delete(
      versionedRefOf(object),
      versionOf(object),
      { propagation: "Background" },
      never,
    );
    expect(answer?.metadata.deletionTimestamp).toBeDefined();
    await client.patch(
      versionedRefOf(object),
      [{ op: "remove", path: "/metadata/finalizers" }],
      versionOf(answer!),
      never,
    );
    expect(await client.get(versionedRefOf(object), never)).toBeUndefined();
  });
});

describe("lists and bulk reads", () => {
  beforeAll(async () => {
    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "many" } }, never);
    const all = Array.from({ length: 1203 }, (_, at) =>
      configMap(`m-${at}`, { at: `${at}` }, "many"),
    );
    await Promise.all(all.map((object) => client.apply(object, undefined, never)));
  });

  it("pages until complete, with kind and version in every item", async () => {
    const selection = { group: "", kind: "ConfigMap", namespace: "many" };
    const pages = await pagesOf(client.list(selection, never));
    expect(pages.map(({ items }) => items.length)).toEqual([500, 500, 203]);
    expect(pages.map(({ remaining }) => remaining)).toEqual([703, 203, undefined]);
    expect(new Set(pages.map(({ resourceVersion }) => resourceVersion)).size).toBe(1);
    expect(pages[0]?.items[0]).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
  });

  it("lists metadata only, under the real kind", async () => {
    const selection = { group: "", kind: "ConfigMap", namespace: "many", metadataOnly: true };
    const [first] = await pagesOf(client.list(selection, never));
    expect(first?.items[0]).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
    expect(first?.items[0]?.data).toBeUndefined();
  });

  it("reads many by one list, few by GET, and keeps errors apart", async () => {
    const names = [...Array.from({ length: 75 }, (_, at) => `m-${at * 16}`), "none-1", "none-2"];
    const refs = names.map((name) => versionedRefOf(configMap(name, {}, "many")));
    const strange = {
      group: "no.such",
      version: "v1",
      kind: "Thing",
      namespace: "many",
      name: "t",
    };
    const live = await readLive(client, { refs: [...refs, strange] }, never);
    expect(live.get(refId(refs[0]!))).toMatchObject({ found: "object", partial: true });
    expect(live.get(refId(refs[76]!))).toEqual({ found: "absent", forCreateOnly: true });
    expect(live.get(refId(strange))).toMatchObject({
      found: "error",
      error: { failure: { reason: "KindUnknown" } },
    });
    const few = await readLive(client, { refs: refs.slice(73) }, never);
    expect(few.get(refId(refs[73]!))).toMatchObject({ found: "object", partial: false });
    expect(few.get(refId(refs[76]!))).toEqual({ found: "absent", forCreateOnly: false });
  });
});

describe("the live cache", () => {
  const label = { "holdfast.dev/installation": "test" };
  const marked = (name: string, data: Record<string, string>): KubeObject => {
    const object = configMap(name, data);
    return { ...object, metadata: { ...object.metadata, labels: label } };
  };
  const cacheOf = (): LiveCache =>
    createLiveCache({
      client,
      clock: realClock,
      random: realRandom,
      hasher: testHasher,
      labelSelector: "holdfast.dev/installation=test",
    });

  it("sees edits, taken-off labels and deletions, each told once", async () => {
    const { object } = await client.apply(marked("watched", { k: "1" }), undefined, never);
    const id = refId(refOf(object));
    const cache = cacheOf();
    const told: string[] = [];
    cache.onChange((ref, type) => told.push(`${type} ${ref.name}`));
    cache.setKinds([
      { group: "", version: "v1", kind: "ConfigMap", full: true },
      { group: "", version: "v1", kind: "Secret", full: true },
      { group: "apps", version: "v1", kind: "Deployment", full: false },
      { group: "no.such", version: "v1", kind: "Thing", full: false },
    ]);
    const kinds = [
      { group: "", kind: "ConfigMap" },
      { group: "no.such", kind: "Thing" },
    ];
    await cache.synced(kinds, soon());
    expect(cache.get(id)?.data).toEqual({ k: "1" });
    expect(cache.get(id)?.metadata.managedFields).toBeUndefined();
    expect(told).toEqual([]);
    expect(cache.stale(realClock.monotonic())).toEqual([
      { group: "no.such", kind: "Thing", why: "gone" },
    ]);

    const edited = await client.apply(marked("watched", { k: "2" }), versionOf(object), never);
    cache.put(edited.object);
    expect(cache.get(id)?.data).toEqual({ k: "2" });
    const { labels: _labels, ...bare } = edited.object.metadata;
    const unlabelled = await client.replace({ ...edited.object, metadata: bare }, undefined, never);
    await until(() => told.includes("deleted watched"));
    expect(cache.get(id)).toBeUndefined();
    expect(await client.get(versionedRefOf(object), never)).toBeDefined();

    const relabelled = await client.apply(
      marked("watched", { k: "2" }),
      versionOf(unlabelled),
      never,
    );
    await until(() => cache.get(id) !== undefined);
    told.length = 0;
    const ref = versionedRefOf(object);
    await client.delete(ref, versionOf(relabelled.object), { propagation: "Background" }, never);
    await until(() => told.length > 0);
    expect(told).toEqual(["deleted watched"]);
    await cache.stop();
  });

  it("holds hashes of Secrets and no bodies of what it watches by metadata", async () => {
    const secret: KubeObject = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "hidden", namespace: "default", labels: label },
      data: { password: "aHVudGVyMg==" },
    };
    const { object } = await client.apply(secret, undefined, never);
    await client.apply(marked("lean", { k: "1" }), undefined, never);
    const cache = cacheOf();
    cache.setKinds([
      { group: "", version: "v1", kind: "Secret", full: true },
      { group: "", version: "v1", kind: "ConfigMap", full: false },
    ]);
    await cache.synced(
      [
        { group: "", kind: "Secret" },
        { group: "", kind: "ConfigMap" },
      ],
      soon(),
    );
    const kept = cache.get(refId(refOf(object)));
    expect(JSON.stringify(kept)).not.toContain("aHVudGVyMg==");
    expect(kept?.data).toEqual({ password: testHasher.keyed("aHVudGVyMg==") });
    const lean = cache.entry(refId(refOf(marked("lean", {}))));
    expect(lean).toMatchObject({ full: false });
    expect(lean?.object.data).toBeUndefined();
    await cache.stop();
  });
});

describe("what decides about objects (A-36)", () => {
  it("is seen by its metadata, whoever changes it, and so are definitions (A-110)", async () => {
    const slot = createSlot("app");
    const told: string[] = [];
    const end = new AbortController();
    const world = {
      discovery: await client.discover(never),
      cluster: { client },
      ports: { clock: realClock, random: realRandom, emit: () => undefined },
      slots: new Map([["app", slot]]),
    } as unknown as World;
    const following = followEpochs(world, ({ name }) => void told.push(name), end.signal);
    const crd = structuredClone(appCrd) as KubeObject;
    const { apiVersion, kind } = crd;
    const names = { plural: "epochs", singular: "epoch", kind: "Epoch", listKind: "EpochList" };
    const spec = { ...(crd["spec"] as object), group: "epochs.example.com", names };
    const hooks = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { name: "epochs" },
    };
    await until(async () => {
      // The watches open one after the other; what comes before them is no news.
      await client.apply({ ...hooks, webhooks: [] }, undefined, never).catch(() => undefined);
      const found = await client.get(versionedRefOf(hooks), never);
      if (found !== undefined) {
        const background = { propagation: "Background" } as const;
        await client.delete(versionedRefOf(hooks), versionOf(found), background, never);
      }
      return slot.sweepAtMs !== undefined;
    });
    const made = { apiVersion, kind, metadata: { name: "epochs.epochs.example.com" }, spec };
    await client.apply(made, undefined, never);
    await until(() => told.includes("epochs.epochs.example.com"));
    end.abort();
    await following;
  });
});

describe("what is ours alone", () => {
  const namespace = "holdfast-system";
  beforeAll(async () => {
    await client.create(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      never,
    );
  });

  it("knows the cluster by the UID of kube-system", async () => {
    await until(async () => (await client.get(namespaceRef("kube-system"), never)) !== undefined);
    const uid = await clusterUid(client, never);
    expect(installationOf(uid, namespace)).toMatch(/^[a-z2-7]{10}$/);
  });

  it("stores inventories under versions, and takes its own content after a conflict for done", async () => {
    const store = createInventoryStore({ client, namespace });
    expect(await store.read("shop", never)).toBeUndefined();
    const first = await store.write(inventory("shop"), undefined, never);
    expect((await store.read("shop", never))?.value).toEqual(inventory("shop"));
    const again = await store.write(inventory("shop"), undefined, never);
    expect(again.resourceVersion).toBe(first.resourceVersion);
    const moved = { ...inventory("shop"), commit: "b".repeat(40) };
    const second = await store.write(moved, first.resourceVersion, never);
    expect((await store.write(moved, first.resourceVersion, never)).resourceVersion).toBe(
      second.resourceVersion,
    );
    const rival = store.write({ ...moved, commit: "c".repeat(40) }, first.resourceVersion, never);
    await expect(rival).rejects.toSatisfy(isConflict);
    await client.create(configMap("holdfast-inventory-broken", {}, namespace), never);
    const broken = await client.get(
      versionedRefOf(configMap("holdfast-inventory-broken", {}, namespace)),
      never,
    );
    const labels = { "applyset.kubernetes.io/id": "x" };
    await client.replace(
      { ...broken!, metadata: { ...broken!.metadata, labels } },
      undefined,
      never,
    );
    const listed = await store.list(never);
    expect(listed.map(({ app }) => app).sort()).toEqual(["broken", "shop"]);
    expect(listed.find(({ app }) => app === "broken")).toHaveProperty(
      "unreadable.reason",
      "InventoryLost",
    );
    await store.remove("shop", never);
    await store.remove("shop", never);
    expect(await store.read("shop", never)).toBeUndefined();
  });

  it("remembers the accepted commit with keys it does not know, and makes one install key", async () => {
    const store = createStateStore({ client, namespace });
    const state = { acceptedCommit: "a".repeat(40), units: ["shop"], extra: { later: [1] } };
    await store.write(state, undefined, never);
    expect((await store.read(never))?.value).toEqual(state);
    const key = (byte: number) => ({
      client,
      namespace,
      fresh: () => new Uint8Array(32).fill(byte),
    });
    const keys = await Promise.all([installKey(key(1), never), installKey(key(2), never)]);
    expect(keys[0]).toEqual(keys[1]);
    expect(await installKey(key(3), never)).toEqual(keys[0]);
  });

  it("writes App objects on difference only, keeps requests, and tells them (P-85)", async () => {
    await client.apply(appCrd, undefined, never);
    await until(async () => (await client.discover(never)).kinds.has("holdfast.dev/v1alpha1/App"));
    const codes: string[] = [];
    const counted = createKubernetesClient({
      ...clientOptions(),
      connection: connectTo({
        url: plane.clusters[0]!.url,
        token: plane.clusters[0]!.token,
        ca: plane.clusters[0]!.ca,
      }),
      emit: (event) => {
        if (event.type === "api-request" && event.verb !== "watch") codes.push(event.method);
      },
    });
    await counted.discover(never);
    const store = createAppObjects({
      client: counted,
      namespace,
      clock: realClock,
      random: realRandom,
    });
    const seen: string[] = [];
    const stop = new AbortController();
    const following = store.follow(
      { changed: (object) => void seen.push(...requestsOf(object).requests.map(({ id }) => id)) },
      stop.signal,
    );
    const status = aStatus("shop");
    const first = await store.write(toAppObject(status, namespace), never);
    expect(first.status).toMatchObject({ state: "Progressing" });
    const settled = await store.write(toAppObject(status, namespace, first), never);
    codes.length = 0;
    await store.write(toAppObject(status, namespace, settled), never);
    expect(codes).toEqual([]);
    const asked = { "holdfast.dev/request-sync": JSON.stringify({ id: "r1", at: "t" }) };
    const metadata = { ...settled.metadata, annotations: asked };
    await client.replace({ ...settled, metadata }, undefined, never);
    await until(() => seen.includes("r1"));
    const next = { ...status, state: "Synced", reason: "InSync", stage: "healthy" } as const;
    const second = await store.write(toAppObject(next, namespace, first), never);
    expect(second.status).toMatchObject({ state: "Synced" });
    expect(second.metadata.annotations).toMatchObject(asked);
    expect((await store.list(never)).map(({ metadata: { name } }) => name)).toEqual(["shop"]);
    await store.remove("shop", never);
    expect(await store.read("shop", never)).toBeUndefined();
    const reborn = await store.write(toAppObject(next, namespace), never);
    expect(reborn.metadata.uid).not.toBe(first.metadata.uid);
    stop.abort();
    await following;
    await counted.close();
  });

  it("gives the lease to one, refuses the other's writes, and hands over on release", async () => {
    const durations = { durationMs: 6000, renewDeadlineMs: 1000, writeTimeoutMs: 4000 };
    const leaseFor = (identity: string) =>
      createLease({ client, namespace, identity, clock: realClock, random: realRandom, durations });
    const [one, two] = [leaseFor("one"), leaseFor("two")];
    const [stopOne, stopTwo] = [new AbortController(), new AbortController()];
    const running = [one.run(stopOne.signal)];
    await one.acquired(soon());
    running.push(two.run(stopTwo.signal));
    const guarded = [one, two].map((lease) => guardWrites(client, lease, durations.writeTimeoutMs));
    await guarded[0]!.apply(configMap("by-one", {}), undefined, never);
    expect(
      await failureOf(guarded[1]!.apply(configMap("by-two", {}), undefined, never)),
    ).toMatchObject({ reason: "NoLease", indeterminate: false });
    await realClock.sleep(1500);
    expect([one.holder(), two.holder()]).toEqual([true, false]);
    one.setComparedAt("2026-11-21T16:00:00Z");
    const lease = {
      group: "coordination.k8s.io",
      version: "v1",
      kind: "Lease",
      namespace,
      name: "holdfast",
    };
    await until(async () => {
      const found = await client.get(lease, never);
      return found?.metadata.annotations?.["holdfast.dev/compared-at"] === "2026-11-21T16:00:00Z";
    });
    stopOne.abort();
    await running[0];
    await one.release(soon());
    await two.acquired(soon());
    expect(one.holder()).toBe(false);
    await guarded[1]!.apply(configMap("by-two", {}), undefined, never);
    stopTwo.abort();
    await running[1];
    await two.release(soon());
  });
});

function aStatus(app: string): UnitStatus {
  const time = "2026-11-21T16:00:00Z";
  return {
    app,
    cluster: "dev",
    namespace: "shop",
    path: "apps/shop",
    renderer: "plain",
    state: "Progressing",
    stage: "applied",
    reason: "Applying",
    message: "Changes are under way.",
    since: time,
    revisions: {},
    objects: { managed: 1, drifted: 0, unhealthy: 0, heldDeletions: 0 },
    problems: [],
    drift: [],
    history: [],
    handled: {},
    conditions: [],
  };
}

function inventory(app: string): Inventory {
  const ref = { group: "apps", kind: "Deployment", namespace: "shop", name: "web" };
  return {
    installation: "abcdefghij",
    clusterUid: "u",
    app,
    namespace: "shop",
    onRemove: "hold",
    commit: "a".repeat(40),
    accepts: [],
    implicit: ["shop"],
    entries: new Map([
      [
        refId(ref),
        {
          ref,
          version: "v1",
          plural: "deployments",
          state: "applied",
          uid: "x",
          since: "2026-11-21T16:00:00Z",
          extra: { newer: true },
        },
      ],
    ]),
    extra: { future: { a: 1 } },
  };
}

describe("connections", () => {
  it("speaks with what a kubeconfig says, and as a service account where asked", async () => {
    const [cluster] = plane.clusters;
    const connection = await connect({ kubeconfig: cluster!.kubeconfig, clock: realClock });
    const own = createKubernetesClient({ connection, clock: realClock });
    expect(await own.get(namespaceRef("default"), never)).toBeDefined();
    const nobody = own.impersonate({ namespace: "default", name: "nobody" });
    const failure = await failureOf(nobody.get(namespaceRef("default"), never));
    expect(failure).toMatchObject({ status: 403 });
    expect(failure.message).toContain("system:serviceaccount:default:nobody");
    for (const name of ["", " ", "\u2003", "a b", "x:y"]) {
      expect(() => own.impersonate({ namespace: "default", name })).toThrow();
    }
    await own.close();
  });

  it("does not speak to a server whose certificate it cannot check", async () => {
    const [cluster] = plane.clusters;
    const connection = connectTo({ url: cluster!.url, token: "secret-token" });
    const own = createKubernetesClient({ connection, clock: realClock });
    const failure = await failureOf(own.discover(never));
    expect(failure).toMatchObject({ status: 0, reason: "Tls" });
    await own.close();
  });
});
