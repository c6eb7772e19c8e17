import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { describeViolations, judgeHistory } from "../faults/oracle/oracle.ts";
import { testLease } from "../faults/process.ts";
import { Told } from "../faults/told.ts";
import type { Backup, Backups } from "./backup.ts";
import { haveControlPlane } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFiles, configMap, fleetFiles, objectPath } from "./documents.ts";
import { Repository } from "./repository.ts";
import { agentNamespace, pause, Site, until } from "./site.ts";

const have = haveControlPlane();
const clusterName = "prod";

const steady = Array.from({ length: 8 }, (_, index) => configMap("shop", `map-${index}`));
const dropped = configMap("shop", "dropped");
const first = [...steady, dropped, configMap("shop", "changed")];
const widgets: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.restored.example.com" },
  spec: {
    group: "restored.example.com",
    scope: "Namespaced",
    names: { kind: "Widget", plural: "widgets", singular: "widget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        },
      },
    ],
  },
};
const added: readonly KubeObject[] = [
  configMap("shop", "added"),
  widgets,
  {
    apiVersion: "restored.example.com/v1",
    kind: "Widget",
    metadata: { name: "added", namespace: "shop" },
    spec: { size: 1 },
  },
];
/** Without a status a resource counts as healthy after a minute only. */
const spec = { health: { rules: [{ kind: "Widget.restored.example.com", healthy: "true" }] } };
const second = [...steady, configMap("shop", "changed", "2"), ...added];
const blog = [configMap("blog", "posts"), configMap("blog", "pages")];
const late = [configMap("late", "new-in-the-second-commit")];

/** Made by people and another tool before the backup: nobody declares them, no inventory names them. */
const byHand = configMap("shop", "by-hand");
const foreign: KubeObject = {
  ...configMap("shop", "of-another-tool"),
  metadata: {
    name: "of-another-tool",
    namespace: "shop",
    labels: { "app.kubernetes.io/managed-by": "Helm" },
    annotations: {
      "meta.helm.sh/release-name": "theirs",
      "meta.helm.sh/release-namespace": "shop",
    },
  },
};

describe.skipIf(!have.ok)(`A32: etcd restored from an older backup (${have.why})`, () => {
  let plane: ControlPlane;
  let etcd: Backups;
  let repository: Repository;
  let site: Site;
  let backup: Backup;
  let kept: readonly KubeObject[] = [];
  let wanted = "";
  const told = new Told();

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: 1, audit: true, controllers: false });
    const [cluster] = plane.clusters;
    if (cluster === undefined || plane.etcd === undefined) throw new Error("no local cluster");
    etcd = plane.etcd;
    repository = await Repository.create(plane.folder);
    site = new Site({ plane, cluster, name: clusterName, repository, flags: testLease });
    await site.install();
    await repository.write({
      ...fleetFiles([clusterName]),
      ...appFiles("shop", first, spec),
      ...appFiles("blog", blog),
    });
    await push("the first commit", { shop: first, blog });
    await site.start();
    for (const app of ["shop", "blog"]) await isSynced(app);
    for (const object of [byHand, foreign, await copyOf(dropped)]) await create(object);
    kept = await Promise.all([byHand, foreign, await copyOf(dropped), ...blog].map(existing));
    // The copy of a data directory whose etcd stands still: as a snapshot of its disk.
    const from = await site.recorder.mark();
    backup = await etcd.backUp();

    await repository.write({
      ...appFiles("shop", second, spec),
      ...appFiles("late", late),
      [objectPath("shop", dropped)]: undefined,
    });
    for (const [app, objects] of Object.entries({ shop: second, late })) told.declare(app, objects);
    wanted = await repository.push("the second commit");
    // In the only past that the cluster will know of, this commit was there ever since the backup.
    told.committed(wanted, from);
    for (const app of ["shop", "late"]) await isSynced(app, wanted);
    await create(configMap("shop", "late-by-hand"));
  });

  afterAll(async () => {
    await site?.stop();
    await repository?.stop();
    await plane?.stop();
  });

  async function push(message: string, apps: Readonly<Record<string, readonly KubeObject[]>>) {
    for (const [app, objects] of Object.entries(apps)) told.declare(app, objects);
    const from = await site.recorder.mark();
    told.committed(await repository.push(message), from);
  }

  function isSynced(app: string, commit?: string) {
    return site.untilApp(
      app,
      ({ state, live }) => state === "Synced" && (commit === undefined || live === commit),
      { what: `Synced at ${commit}` },
    );
  }

  /** Our label and mark on an object that is not the marked one (4.5-3): a person copied it. */
  async function copyOf(object: KubeObject): Promise<KubeObject> {
    const { labels, annotations } = (await existing(object)).metadata;
    const { name, namespace } = { ...object.metadata, name: "a-copy" };
    return {
      ...object,
      metadata: { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) },
    } as KubeObject;
  }

  async function create(object: KubeObject): Promise<void> {
    const path = `/api/v1/namespaces/${object.metadata.namespace}/configmaps`;
    expect(await site.api.ask("POST", path, { body: object })).toMatchObject({ status: 201 });
  }

  async function existing(object: KubeObject): Promise<KubeObject> {
    const live = await site.api.get(object);
    if (live === undefined) throw new Error(`${object.metadata.name} is not there`);
    return live;
  }

  const missing = async () => {
    const names: string[] = [];
    for (const object of [...second, ...blog, ...late]) {
      const live = await site.api.get(object).catch(() => undefined);
      if (live === undefined) names.push(object.metadata.name);
      else if (object.data !== undefined) {
        if (JSON.stringify(live.data) !== JSON.stringify(object.data))
          names.push(object.metadata.name);
      }
    }
    return names;
  };

  /** Until stopped: moments at which the agent called the second commit live though something of it was not there. */
  function listen(): { stop(): Promise<readonly string[]> } {
    const lies: string[] = [];
    let isOver = false;
    const listening = (async () => {
      while (!isOver) {
        const text = await site.agent.probe("/metrics").then(
          (answer) => answer.text,
          () => "",
        );
        const reason = /holdfast_app_reason_info\{[^}]*app="shop"[^}]*reason="(\w+)"/.exec(
          text,
        )?.[1];
        const live = /holdfast_app_revision_info\{[^}]*app="shop"[^}]*live="(\w*)"/.exec(text)?.[1];
        if (reason === "InSync" && live === wanted.slice(0, 12)) {
          const names = await missing();
          if (names.length > 0) lies.push(`InSync without ${names.join(", ")}`);
        }
        await pause(50);
      }
    })();
    return {
      stop: async () => {
        isOver = true;
        await listening;
        return lies;
      },
    };
  }

  /** Everything of the second commit is there again, and what nobody declares was let alone. */
  async function converges(since: number): Promise<void> {
    for (const app of ["shop", "blog", "late"])
      await isSynced(app, app === "blog" ? undefined : wanted);
    await until("the second commit is there", async () => (await missing()).length === 0);
    expect(await site.api.get(dropped)).toBeUndefined();
    for (const before of kept) {
      const now = await existing(before);
      expect(now.metadata, now.metadata.name).toEqual(before.metadata);
    }
    const writes = await site.memberWritesSince(since);
    const deletes = writes.filter((line) => line.startsWith("delete"));
    expect(deletes.map((line) => line.replace(/\?\S+/, ""))).toEqual([
      "delete /api/v1/namespaces/shop/configmaps/dropped 200",
    ]);
  }

  /** The Lease showed it, and the first word on each app after that was that nothing is known of it. */
  async function tells(from: number): Promise<void> {
    const lines = (await readFile(site.agent.logPath, "utf8")).slice(from).trim().split("\n");
    const said = lines.map((line): unknown => JSON.parse(line)).filter(isJsonObject);
    const noticed = said.findIndex(({ event }) => event === "cluster-restored");
    expect(said[noticed]?.msg).toMatch(/Lease holdfast is at version \d+ and was at \d+/);
    for (const app of ["shop", "blog"]) {
      const first = said.slice(noticed).find((line) => line.event === "status" && line.app === app);
      expect(first, app).toMatchObject({ state: "Unknown", reason: "ClusterRestored" });
    }
    const restarts = "holdfast_kube_watch_restarts_total";
    expect(await site.metric(restarts, 'reason="restored"')).toBe(1);
    const path = `/apis/events.k8s.io/v1/namespaces/${agentNamespace}/events`;
    await until("an Event says so", async () => {
      const events = await site.api.items(path);
      return events.some(({ reason, type }) => reason === "ClusterRestored" && type === "Warning");
    });
  }

  async function loggedSoFar(): Promise<number> {
    return (await readFile(site.agent.logPath, "utf8")).length;
  }

  it("is noticed and told by an agent that goes on running, and converges", async () => {
    expect(await missing()).toEqual([]);
    const [since, from] = [Date.now(), await loggedSoFar()];
    await etcd.restore(backup);
    const { stop } = listen();
    await converges(since);
    expect(await stop()).toEqual([]);
    await tells(from);
  });

  it("has deleted, lost and half-rendered nothing in the eyes of the oracle", async () => {
    expect(describeViolations(judgeHistory(await site.recorder.read(told)))).toBe("");
  });

  it("is noticed as well by an agent that was down and comes back to its volume", async () => {
    await site.agent.kill();
    const [since, from] = [Date.now(), await loggedSoFar()];
    await etcd.restore(backup);
    await site.start();
    const { stop } = listen();
    await converges(since);
    expect(await stop()).toEqual([]);
    await tells(from);
    expect(describeViolations(judgeHistory(await site.recorder.read(told)))).toBe("");
  });
});
