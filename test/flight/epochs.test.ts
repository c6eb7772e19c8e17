import { expect, it, onTestFinished } from "vitest";
import type { ClusterClient, Discovery, Page, WatchEvent } from "../../agent/cluster/client.ts";
import { refreshDiscovery } from "../../agent/flight/discovery.ts";
import { followEpochs } from "../../agent/flight/epochs.ts";
import type { KubeObject, ObjectRef } from "../../agent/model/object.ts";
import type { Clock } from "../../agent/schedule/clock.ts";
import type { World } from "../../agent/world.ts";
import { createManualClock, realClock } from "../doubles/ports.ts";
import { configMap, never, obj, sharedBench, until } from "../pass/bench.ts";

const forbidden = { now: false };

const bench = sharedBench({
  fail: ({ path }) => {
    if (!forbidden.now || !path.includes("webhookconfigurations")) return undefined;
    const body = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "Forbidden" };
    return { code: 403, body: { ...body, code: 403, message: "no" } };
  },
});

function definition(properties: object): KubeObject {
  const schema = { openAPIV3Schema: { type: "object", properties } };
  return obj("CustomResourceDefinition", "epochs.epoch.example.com", {
    spec: {
      group: "epoch.example.com",
      scope: "Namespaced",
      names: { kind: "Epoch", plural: "epochs" },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  });
}

function webhook(url: string): KubeObject {
  const clientConfig = { url };
  const more = { admissionReviewVersions: ["v1"], sideEffects: "None", failurePolicy: "Ignore" };
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "epochs" },
    webhooks: [{ name: "a.example.com", clientConfig, ...more }],
  };
}

interface Over {
  readonly client?: ClusterClient;
  readonly clock?: Clock;
  readonly discovery?: Discovery;
}

/** Follows until the test is over; what was told of is counted by name. */
async function followed({ client, clock, discovery }: Over = {}) {
  let drawn = 0;
  const next = () => {
    drawn += 1;
    return 0.5;
  };
  const { ports, slots, cluster } = bench().world;
  const world: World = {
    ...bench().world,
    ...(discovery && { discovery }),
    cluster: { ...cluster, ...(client && { client }) },
    ports: { ...ports, ...(clock && { clock }), random: { next, id: () => "" } },
  };
  const told: string[] = [];
  const end = new AbortController();
  const from = bench().mark;
  const done = followEpochs(world, ({ name }: ObjectRef) => void told.push(name), end.signal);
  onTestFinished(async () => {
    end.abort();
    await done;
  });
  const watches = () =>
    bench()
      .server.requests.slice(from)
      .filter(({ path }) => path.includes("watch=")).length;
  /** Each list draws once, for its jitter, and each rise once for each unit. */
  const risen = (lists: number) => (drawn - lists) / slots.size;
  return { told, watches, from, risen };
}

/** Which units are to be swept soon. */
function swept(): readonly string[] {
  const soon = [...bench().world.slots.values()].filter(({ sweepAtMs }) => sweepAtMs !== undefined);
  return soon.map(({ app }) => app).sort();
}

function forget(): void {
  for (const slot of bench().world.slots.values()) slot.sweepAtMs = undefined;
}

it("A-36: a changed CRD brings the sweep of its units forward, a webhook that of all; new CRDs are told (A-110)", async () => {
  bench().declare("maps", { objects: [configMap("c")] });
  bench().declare("epochs", {
    objects: [{ ...obj("Epoch", "e"), apiVersion: "epoch.example.com/v1" }],
  });
  const { told, watches } = await followed();
  await until(() => watches() >= 4, "the watches");
  const crd = definition({ a: { type: "string" } });
  await bench().hand(crd, { method: "POST" });
  await until(() => told.includes(crd.metadata.name), "news of the CRD");
  expect(swept()).toEqual([]);

  const now = bench().world.ports.clock.monotonic();
  await bench().hand(definition({ a: { type: "string", default: "x" } }));
  await until(() => swept().length > 0, "the rise");
  expect(swept()).toEqual(["epochs"]);
  const due = bench().slot("epochs").sweepAtMs ?? 0;
  expect(due - now).toBeGreaterThanOrEqual(300_000);
  expect(due - now).toBeLessThan(400_000);

  forget();
  await bench().hand(webhook("https://example.com/a"), { method: "POST" });
  await until(() => swept().length === 2, "the rise of all");
  forget();
  await bench().hand(webhook("https://example.com/b"));
  await until(() => swept().length === 2, "the rise of all, again");
  forget();
  await bench().hand(webhook(""), { method: "DELETE" });
  await until(() => swept().length === 2, "the rise at its end");
  expect(told).not.toContain("epochs");
});

it("A-36: a label on a webhook's configuration changes nothing", async () => {
  forget();
  const { apiVersion, kind, webhooks } = webhook("");
  const at = (generation: number, labels = {}): KubeObject => {
    const metadata = { name: "epochs", resourceVersion: "1", generation, labels };
    return { apiVersion, kind, webhooks, metadata };
  };
  let isPlayed = false;
  const { discovery, cluster } = bench().world;
  const only = [...discovery.kinds].filter(([, each]) => each.kind === kind);
  const { risen } = await followed({
    discovery: { ...discovery, kinds: new Map(only) },
    client: {
      ...cluster.client,
      async *list(): AsyncGenerator<Page> {
        yield { items: [at(1)], resourceVersion: "1", remaining: undefined };
      },
      async *watch(_selection, _from, signal): AsyncGenerator<WatchEvent> {
        yield { type: "modified", object: at(1, { a: "b" }) };
        yield { type: "modified", object: at(2, { a: "b" }) };
        yield { type: "modified", object: at(2) };
        isPlayed = true;
        await new Promise((end) => signal.addEventListener("abort", end, { once: true }));
      },
    },
  });
  await until(() => isPlayed, "the end of the events");
  expect(risen(1)).toBe(1);
});

it("A-36: another version of the server brings all sweeps forward", async () => {
  forget();
  const { world } = bench();
  const over: World = { ...world, discovery: { ...world.discovery, kubernetes: "v1.0.0" } };
  await refreshDiscovery(over, never);
  expect(swept()).toEqual(["epochs", "maps"]);
  forget();
  await refreshDiscovery(over, never);
  expect(swept()).toEqual([]);
});

it("what may not be seen is asked for once", async () => {
  forbidden.now = true;
  const clock = createManualClock();
  const { from } = await followed({ clock });
  const asked = () =>
    bench()
      .server.requests.slice(from)
      .filter(({ path }) => path.includes("webhookconfigurations"));
  await until(() => asked().length === 2, "both questions");
  for (let hour = 0; hour < 3; hour += 1) {
    await clock.advance(3_600_000);
    await realClock.sleep(30); // answers come over real sockets
  }
  expect(asked()).toHaveLength(2);
});
