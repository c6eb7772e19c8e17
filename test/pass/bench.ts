import { afterAll, beforeAll } from "vitest";
import { createAppObjects } from "../../agent/cluster/app-objects.ts";
import { createLiveCache } from "../../agent/cluster/cache.ts";
import type { ClusterClient } from "../../agent/cluster/client.ts";
import { connectTo } from "../../agent/cluster/connection.ts";
import { ensureFootprint } from "../../agent/cluster/footprint.ts";
import { clusterUid, installationOf } from "../../agent/cluster/installation.ts";
import { createInventoryStore } from "../../agent/cluster/inventory.ts";
import { createKeptStore } from "../../agent/cluster/kept.ts";
import { createRenderStore } from "../../agent/cluster/kept-renders.ts";
import { createKubernetesClient } from "../../agent/cluster/kubernetes.ts";
import { createRights } from "../../agent/cluster/rights.ts";
import { createSealer } from "../../agent/cluster/seal.ts";
import { createStateStore } from "../../agent/cluster/state.ts";
import { createTimeline } from "../../agent/cluster/timeline.ts";
import { parseSettings } from "../../agent/config/settings.ts";
import { refreshDiscovery, watchKinds } from "../../agent/flight/discovery.ts";
import { findMarked } from "../../agent/flight/marked.ts";
import { neighboursOf } from "../../agent/follow/neighbours.ts";
import type { AgentEvent } from "../../agent/model/event.ts";
import type { Inventory } from "../../agent/model/inventory.ts";
import { installationLabel } from "../../agent/model/names.ts";
import { type KubeObject, refOf, versionedRefOf } from "../../agent/model/object.ts";
import type { Unit } from "../../agent/model/unit.ts";
import type { PassInput, PassPorts } from "../../agent/pass/pass.ts";
import type { Removal } from "../../agent/plan/guard.ts";
import { type Reconciled, reconcile, remove } from "../../agent/reconcile.ts";
import { normalize } from "../../agent/render/normalize.ts";
import { type Manifests, runRender } from "../../agent/rendering/manifests.ts";
import type { Clock } from "../../agent/schedule/clock.ts";
import { createSlot, type Slot } from "../../agent/slot.ts";
import type { World } from "../../agent/world.ts";
import {
  type ApiServerOptions,
  type SandboxCluster,
  startApiServer,
} from "../../cli/sandbox/kubernetes/server.ts";
import { realClock, realRandom, testHasher } from "../doubles/ports.ts";
import { unit } from "../plan/builders.ts";

export const never = new AbortController().signal;
export const agentNamespace = "holdfast-system";

/** What one commit says of an app. */
export interface Declared {
  readonly objects: readonly KubeObject[];
  /** Default: one for each different content. */
  readonly changeId?: string;
  readonly unit?: Partial<Unit>;
}

export interface PassOptions extends Partial<PassInput> {
  readonly removal?: Removal;
  /** Stands for all the agent sends in this pass. */
  readonly client?: ClusterClient;
  /** Stands for the time that passes in it. */
  readonly clock?: Clock;
}

/** One sandbox API server with all that a pass needs, and people who use it by hand. */
export class Bench {
  readonly server: SandboxCluster;
  readonly world: World;
  readonly events: AgentEvent[] = [];
  /** Flights asked for: app, and after how many milliseconds. */
  readonly wakes: (readonly [app: string, afterMs: number])[] = [];
  /** Added to the clock. */
  laterMs = 0;
  looksForMarks = false;

  private constructor(server: SandboxCluster, world: (bench: Bench) => World) {
    this.server = server;
    this.world = world(this);
  }

  static async start(options: ApiServerOptions = {}): Promise<Bench> {
    const server = await startApiServer(options);
    const connection = connectTo(server);
    const client = createKubernetesClient({ connection, clock: realClock });
    const discovery = await client.discover(never);
    const uid = await clusterUid(client, never);
    const id = installationOf(uid, agentNamespace);
    await ensureFootprint(client, agentNamespace, never);
    return new Bench(server, (bench) => {
      const clock: Clock = {
        ...realClock,
        now: () => realClock.now() + bench.laterMs,
        monotonic: () => realClock.monotonic() + bench.laterMs,
      };
      const store = { client, namespace: agentNamespace };
      const labelSelector = `${installationLabel}=${id}`;
      const settings = parseSettings({
        flags: { "cluster-name": "eu", "source-url": "http://127.0.0.1:1/x" },
        env: {},
      });
      if (!settings.ok) throw new Error(JSON.stringify(settings.problems));
      const watching = { client, clock: realClock, random: realRandom, hasher: testHasher };
      const live = createLiveCache({ ...watching, labelSelector });
      return {
        settings: settings.value,
        ports: {
          clock,
          random: realRandom,
          emit: (event) => bench.events.push(event),
          source: noSource,
          version: "1",
          connect: () => Promise.reject(new Error("already connected")),
        },
        cluster: {
          client,
          lease: noLease,
          rights: createRights(client, realClock),
          // Watches stay alive while a case makes time jump.
          live: { ...live, stale: (nowMs) => live.stale(nowMs - bench.laterMs) },
          timeline: createTimeline(),
          hasher: testHasher,
          render: (job, signal) => runRender(job, { hasher: testHasher, tools: {} }, signal),
          inventories: createInventoryStore(store),
          kept: createKeptStore({ ...store, clock, sealer: createSealer(new Uint8Array(32)) }),
          renders: createRenderStore({ ...store, clock, sealer: createSealer(new Uint8Array(32)) }),
          apps: createAppObjects({ ...store, clock, random: realRandom }),
          state: createStateStore(store),
          installation: { id, clusterUid: uid, agentNamespace },
          close: () => client.close(),
        },
        renders: new Set<Promise<void>>(),
        slots: new Map(),
        discovery,
        restored: undefined,
        sourceProblem: undefined,
        accepted: undefined,
        fleet: undefined,
        wake: (app, afterMs) => bench.wakes.push([app, afterMs]),
      };
    });
  }

  async stop(): Promise<void> {
    await this.world.cluster.live.stop();
    await this.world.cluster.close();
    await this.server.stop();
  }

  slot(app: string): Slot {
    const slot = this.world.slots.get(app) ?? createSlot(app);
    this.world.slots.set(app, slot);
    return slot;
  }

  /** Tells the units of this cluster what the newest commit says, before any of them acts. */
  declare(app: string, { objects, changeId, unit: more = {} }: Declared): Manifests {
    const { installation, hasher } = this.world.cluster;
    const declared = unit({ app, namespace: app, ...more });
    const rendered = objects.map((object, index) => ({
      object,
      file: `apps/${app}/objects.yaml`,
      line: index * 10 + 1,
      positionOf: () => undefined,
    }));
    const scopeOf = ({ group, kind }: { readonly group: string; readonly kind: string }) => {
      const version = this.world.discovery.versions.get(`${group}/${kind}`)?.[0];
      const served = this.world.discovery.kinds.get(`${group}/${version}/${kind}`);
      if (served === undefined) return undefined;
      return served.namespaced ? ("namespaced" as const) : ("cluster" as const);
    };
    const context = {
      unit: declared,
      installation: installation.id,
      agentNamespace,
      scopeOf,
      hasher,
    };
    const normal = normalize(rendered, context);
    if (normal.problems.length > 0) throw new Error(JSON.stringify(normal.problems));
    const known = changeId ?? `change-${normal.digest.slice(0, 8)}`;
    const manifests: Manifests = {
      ...normal,
      unit: { ...declared, changeId: known },
      commit: commitOf(known),
      renderer: "plain",
      ignored: [],
      unknownKinds: [],
    };
    const slot = this.slot(app);
    slot.manifests = manifests;
    slot.unit = manifests.unit;
    return manifests;
  }

  /** One pass of what was declared last. */
  async pass(app: string, options: PassOptions = {}): Promise<Reconciled> {
    const slot = this.slot(app);
    const { manifests } = slot;
    if (manifests === undefined) throw new Error(`nothing is declared of ${app}`);
    const { removal, client, clock, ...more } = options;
    const input: PassInput = {
      unit: manifests.unit,
      manifests,
      installation: this.world.cluster.installation,
      neighbours: neighboursOf(app, [...this.world.slots.values()]),
      accepts: async () => [],
      takeOver: false,
      healthRules: undefined,
      enforce: true,
      bypassProofs: false,
      memory: slot.memory,
      ...more,
    };
    const ports = { ...this.ports(client), ...(clock === undefined ? {} : { clock }) };
    const done =
      removal === undefined
        ? await reconcile(ports, input, never)
        : await remove(ports, { input, removal }, never);
    slot.inventory = done.inventory;
    return done;
  }

  /** Declares and passes. */
  async sync(app: string, objects: readonly KubeObject[], options: PassOptions = {}) {
    this.declare(app, { objects });
    return this.pass(app, options);
  }

  ports(client: ClusterClient = this.world.cluster.client): PassPorts {
    const { live, hasher, installation } = this.world.cluster;
    const sealer = createSealer(new Uint8Array(32));
    const { clock, emit } = this.world.ports;
    const { agentNamespace: namespace } = installation;
    return {
      client,
      inventories: createInventoryStore({ client, namespace }),
      kept: createKeptStore({ client, namespace, clock, sealer }),
      renders: createRenderStore({ client, namespace, clock, sealer }),
      live,
      hasher,
      clock,
      emit,
      discovery: () => this.world.discovery,
      refreshDiscovery: (signal) => refreshDiscovery(this.world, signal),
      findMarked: (app, signal) =>
        this.looksForMarks ? findMarked(this.world, app, signal) : Promise.resolve([]),
    };
  }

  /** A new agent: nothing is remembered but what is stored. */
  restart(): void {
    for (const app of [...this.world.slots.keys()]) {
      const { manifests, unit: of } = this.slot(app);
      this.world.slots.set(app, { ...createSlot(app), manifests, unit: of });
    }
  }

  /** Watches every kind that units declare or track, and waits until all are in. */
  async watch(): Promise<void> {
    await this.world.cluster.live.synced(watchKinds(this.world), AbortSignal.timeout(10_000));
  }

  get(object: KubeObject): Promise<KubeObject | undefined> {
    return this.world.cluster.client.get(versionedRefOf(object), never);
  }

  async inventory(app: string): Promise<Inventory | undefined> {
    return (await this.world.cluster.inventories.read(app, never))?.value;
  }

  /** Names of all that is tracked. */
  async tracked(app: string): Promise<readonly string[]> {
    const entries = [...((await this.inventory(app))?.entries.values() ?? [])];
    return entries.map(({ ref }) => `${ref.kind}/${ref.name}`).sort();
  }

  /** What the agent asked since then; `hand` leaves no trace here. */
  requestsSince(index: number): readonly string[] {
    return this.server.requests
      .slice(index)
      .filter(({ userAgent }) => userAgent !== "hand")
      .filter(({ path }) => !path.includes("watch="))
      .map(
        ({ method, path }) =>
          `${method} ${path.replace(/\?.*dryRun=All.*/, " dry-run").replace(/\?.*/, "")}`,
      );
  }

  writesSince(index: number): readonly string[] {
    return this.requestsSince(index).filter(
      (request) => !request.startsWith("GET") && !request.endsWith("dry-run"),
    );
  }

  get mark(): number {
    return this.server.requests.length;
  }

  /** A person, or another tool, at work. */
  async hand(object: KubeObject, { manager = "kubectl-edit", method = "MERGE" }: Hand = {}) {
    const { group, kind, namespace, name } = refOf(object);
    const version = this.world.discovery.versions.get(`${group}/${kind}`)?.[0] ?? "";
    const plural = this.world.discovery.kinds.get(`${group}/${version}/${kind}`)?.plural ?? "";
    const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    const scope = namespace === "" ? "" : `/namespaces/${namespace}`;
    const types: Readonly<Record<string, string>> = {
      MERGE: "application/merge-patch+json",
      APPLY: "application/apply-patch+yaml",
    };
    const base = `${this.server.url}${root}${scope}/${plural}`;
    const query = `?fieldManager=${manager}${method === "APPLY" ? "&force=true" : ""}`;
    const answer = await fetch(method === "POST" ? `${base}${query}` : `${base}/${name}${query}`, {
      method: Object.hasOwn(types, method) ? "PATCH" : method,
      headers: {
        authorization: `Bearer ${this.server.token}`,
        "user-agent": "hand",
        "content-type": types[method] ?? "application/json",
      },
      ...(method === "DELETE" ? {} : { body: JSON.stringify(object) }),
    });
    if (!answer.ok) throw new Error(`${method} ${name}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

export interface Hand {
  readonly manager?: string;
  readonly method?: "MERGE" | "APPLY" | "POST" | "DELETE";
}

export function commitOf(title: string) {
  const id = testHasher.sha256(title).slice(0, 40);
  const at = 1_767_225_600;
  return { id, parents: [], title, message: title, author: "Ana", authoredAt: at, committedAt: at };
}

const noSource: World["ports"]["source"] = {
  poll: () => Promise.reject(new Error("no source")),
  commit: async () => undefined,
  tree: async () => new Map(),
  read: async () => new Map(),
  contains: async () => undefined,
  log: async () => [],
  close: async () => {},
};

const noLease: World["cluster"]["lease"] = {
  run: async () => {},
  holder: () => true,
  remainingMs: () => 45_000,
  durationMs: 45_000,
  acquired: async () => {},
  onLost: () => () => {},
  setComparedAt: () => {},
  release: async () => {},
};

/** One server for all cases of a file; each case takes apps and namespaces of its own. */
export function sharedBench(options: ApiServerOptions = {}): () => Bench {
  let bench: Bench | undefined;
  beforeAll(async () => {
    bench = await Bench.start(options);
  });
  afterAll(async () => {
    await bench?.stop();
  });
  return () => {
    if (bench === undefined) throw new Error("the bench has not started");
    return bench;
  };
}

/** Outcomes by object. */
export function outcomes({ pass }: Reconciled): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pass.results.map(({ change: { ref }, outcome }) => [`${ref.kind}/${ref.name}`, outcome]),
  );
}

export async function until(is: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await is())) {
    if (Date.now() > end) throw new Error(`did not come: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

const apiVersions: Readonly<Record<string, string>> = {
  Deployment: "apps/v1",
  StatefulSet: "apps/v1",
  Job: "batch/v1",
  Role: "rbac.authorization.k8s.io/v1",
  RoleBinding: "rbac.authorization.k8s.io/v1",
  ClusterRole: "rbac.authorization.k8s.io/v1",
  CustomResourceDefinition: "apiextensions.k8s.io/v1",
  Widget: "example.com/v1",
};

/** As a person writes it; the namespace is the app's where none is given. */
// biome-ignore lint/complexity/useMaxParams: an object in one line reads better in a case
export function obj(
  kind: string,
  name: string,
  more: object = {},
  metadata: object = {},
): KubeObject {
  return { apiVersion: apiVersions[kind] ?? "v1", kind, ...more, metadata: { name, ...metadata } };
}

export function configMap(name: string, data: Record<string, string> = { a: "1" }): KubeObject {
  return obj("ConfigMap", name, { data });
}

/** Lies in a namespace, for reads and hands. */
export function within(namespace: string, object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}

export function deployment(name: string, image = "web:1"): KubeObject {
  const labels = { app: name };
  return obj("Deployment", name, {
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "web", image }] } },
    },
  });
}

export const widgets = obj("CustomResourceDefinition", "widgets.example.com", {
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
            properties: { spec: { type: "object", properties: { size: { type: "integer" } } } },
          },
        },
      },
    ],
  },
});
