import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAppObjects } from "../../../agent/cluster/app-objects.ts";
import { connectTo } from "../../../agent/cluster/connection.ts";
import { clusterUid, installationOf } from "../../../agent/cluster/installation.ts";
import { createInventoryStore } from "../../../agent/cluster/inventory.ts";
import {
  createKubernetesClient,
  type KubernetesClient,
} from "../../../agent/cluster/kubernetes.ts";
import { createStateStore } from "../../../agent/cluster/state.ts";
import type { EntryState } from "../../../agent/model/inventory.ts";
import { ownerMark } from "../../../agent/model/names.ts";
import { type KubeObject, refId, refOf } from "../../../agent/model/object.ts";
import type { ChartText, ChartWish, ConnectedCluster } from "../../../cli/commands/context.ts";
import type { Admission } from "../../../cli/sandbox/kubernetes/cluster.ts";
import type { SandboxCluster } from "../../../cli/sandbox/kubernetes/sandbox.ts";
import { startApiServer } from "../../../cli/sandbox/kubernetes/server.ts";
import { realClock, realRandom } from "../../doubles/ports.ts";
import { renderFile } from "../../helm.ts";
import { appObject } from "../app-objects.ts";
import { fleetTexts } from "../fleet-texts.ts";
import { runWith } from "../host.ts";

const namespace = "holdfast-system";
const never = new AbortController().signal;
const everything = readFileSync(renderFile("default"), "utf8");
const onDev = ["--cluster", "dev"] as const;
const rendering = (text: string) => (): ChartText => ({ ok: true, text });
const refusing = (said: string) => (): ChartText => ({ ok: false, why: "refused", said });

describe("install without --apply", () => {
  it("prints the namespace and what the chart makes, of the values that were asked for", async () => {
    const wishes: ChartWish[] = [];
    const chart = (wish: ChartWish): ChartText => {
      wishes.push(wish);
      return { ok: true, text: everything };
    };
    const image = ["--image", "reg.example.com:5000/holdfast:1.2@sha256:00"];
    const more = ["--values", "mine.yaml", "--set", "replicas=2", "--ref", "live"];
    const given = { files: fleetTexts, commits: { live: fleetTexts }, head: "live", chart };
    const { code, stdout } = await runWith(given, "install", ...onDev, ...image, ...more);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^---\napiVersion: v1\nkind: Namespace\nmetadata:\n {2}name: holdfast-system\n/,
    );
    expect(stdout).toContain("pod-security.kubernetes.io/enforce: restricted");
    expect(stdout.indexOf("kind: CustomResourceDefinition")).toBeLessThan(
      stdout.indexOf("kind: Deployment"),
    );
    expect(wishes).toMatchObject([
      {
        namespace,
        files: ["/fleet/mine.yaml"],
        sets: ["replicas=2"],
        values: {
          cluster: { name: "dev" },
          source: { ref: "live" },
          image: { repository: "reg.example.com:5000/holdfast", tag: "1.2", digest: "sha256:00" },
        },
        cluster: undefined,
      },
    ]);
  });

  it("warns where Git has no such cluster, with the command that adds it", async () => {
    const given = { files: fleetTexts, chart: rendering(everything) };
    const { code, stderr } = await runWith(given, "install", "--cluster", "new");
    expect(code).toBe(0);
    expect(stderr).toContain("warning: new is not in the config repository");
    expect(stderr).toContain("next   holdfast clusters add new, and merge that");
  });

  it("says what to do where there is no helm, and where the chart refuses its values", async () => {
    const none = await runWith({ files: fleetTexts }, "install", ...onDev);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("there is no helm here")]);
    const said =
      "Error: execution error at (holdfast/templates/deployment.yaml:1:4): image.repository is missing: build one";
    const chart = refusing(said);
    const refused = await runWith({ files: fleetTexts, chart }, "install", ...onDev);
    expect(refused.stderr).toContain("why    image.repository is missing: build one\n");
    expect(refused.stderr).toContain("next   name the image: --image REGISTRY/holdfast:TAG");
  });

  it("is for one cluster, by name", async () => {
    for (const clusters of [[], ["--cluster", "*"], ["--cluster", "a", "--cluster", "b"]]) {
      const { code, stderr } = await runWith({ files: fleetTexts }, "install", ...clusters);
      expect([code, stderr]).toEqual([2, expect.stringContaining("install is for one cluster")]);
    }
  });
});

describe("install --apply and uninstall against a served cluster", () => {
  let server: SandboxCluster;
  let client: KubernetesClient;
  let cluster: ConnectedCluster;
  let installation: string;
  /** What may not be deleted. */
  let policy = "";

  beforeAll(async () => {
    const isRefused = ({ operation, name }: Admission) => operation === "DELETE" && name === policy;
    const admit = (one: Admission) => (isRefused(one) ? { deny: "a policy keeps it" } : undefined);
    server = await startApiServer({ admit });
    client = createKubernetesClient({ connection: connectTo(server), clock: realClock });
    const store = { client, namespace };
    installation = installationOf(await clusterUid(client, never), namespace);
    cluster = {
      client: { ...client, close: async () => {} },
      apps: createAppObjects({ ...store, clock: realClock, random: realRandom }),
      state: createStateStore(store),
      inventories: createInventoryStore(store),
      kept: { list: async () => [] },
      uid: (signal) => clusterUid(client, signal),
      installation: async () => installation,
    };
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  const given = (chart = rendering(everything)) => ({
    files: fleetTexts,
    clock: realClock,
    contexts: ["dev"],
    clusters: { dev: cluster },
    chart,
  });
  const deployment = {
    group: "apps",
    version: "v1",
    kind: "Deployment",
    namespace,
    name: "holdfast",
  };
  const agent = () => client.get(deployment, never);

  it("writes nothing where Git has no such cluster, where nobody agrees, and for a preview", async () => {
    const unknown = await runWith(given(), "install", "--cluster", "new", "--apply", "--yes");
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      expect.stringContaining("holdfast clusters add new"),
    ]);
    const alone = await runWith(given(), "install", ...onDev, "--apply");
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining("nobody to ask")]);
    const seen = await runWith(given(), "install", ...onDev, "--apply", "--dry-run");
    expect(seen.stdout).toMatch(/^create +Deployment +holdfast-system +holdfast$/m);
    const declined = await runWith({ ...given(), isTty: true }, "install", ...onDev, "--apply");
    expect([declined.code, declined.questions]).toEqual([
      1,
      [expect.stringContaining("Install the agent of dev through context dev")],
    ]);
    expect(await agent()).toBeUndefined();
  });

  it("applies definitions before what needs them, and ends when the first app is Synced, with the time", async () => {
    const running = runWith(given(), "install", ...onDev, "--apply", "--yes");
    while ((await agent()) === undefined) await realClock.sleep(20);
    const app = appObject("dev");
    const { uid: _uid, resourceVersion: _version, ...metadata } = app.metadata;
    const made = await client.create({ ...app, metadata }, never);
    await client.replace({ ...app, metadata: made.metadata }, "status", never);
    const { code, stdout } = await running;
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /First app Synced: shop at 3f1c2d9, [0-9.]+ s after the first write\.\n$/,
    );
  });

  it("finds nothing to do when it runs again", async () => {
    const { code, stdout } = await runWith(given(), "install", ...onDev, "--apply", "--yes");
    expect([code, stdout]).toEqual([0, expect.stringContaining(": 0 created, 0 updated, ")]);
  });

  it("names the Secret that the pod will wait for, and how to make it; it makes none", async () => {
    const text = readFileSync(renderFile("everything"), "utf8")
      .split("\n---\n")
      .filter((one) => !one.includes("monitoring.coreos.com"))
      .join("\n---\n");
    const chart = rendering(text);
    const { stderr } = await runWith(given(chart), "install", ...onDev, "--apply", "--dry-run");
    expect(stderr).toContain("warning: Secret holdfast-system/holdfast-git is not there");
    expect(stderr).toContain("kubectl -n holdfast-system create secret generic holdfast-git");
  });

  const make = async (object: KubeObject) => {
    const mark = ownerMark(installation, "shop", refOf(object));
    const annotations = { "holdfast.dev/owner": mark };
    return await client.create({ ...object, metadata: { ...object.metadata, annotations } }, never);
  };
  const config = (name: string): KubeObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "shop" },
  });
  const shop: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
  const inventoryOfShop = async (objects: readonly KubeObject[]) => {
    const entries = objects.map((object) => {
      const ref = refOf(object);
      const { uid } = object.metadata;
      const state: EntryState = "applied";
      const entry = { ref, version: "v1", plural: "", state, since: "2026-11-20T00:00:00Z" };
      return [refId(ref), uid === undefined ? entry : { ...entry, uid }] as const;
    });
    await createInventoryStore({ client, namespace }).write(
      {
        installation,
        clusterUid: await clusterUid(client, never),
        app: "shop",
        namespace: "shop",
        onRemove: "hold",
        accepts: [],
        implicit: [],
        entries: new Map(entries),
      },
      undefined,
      never,
    );
  };
  const read = (object: KubeObject) => client.get({ ...refOf(object), version: "v1" }, never);

  it("goes with all that it brought; what apps made stays, without marks; the namespace and the kind stay", async () => {
    await inventoryOfShop([await make(shop), await make(config("a"))]);
    const seen = await runWith(given(), "uninstall", ...onDev, "--dry-run");
    expect(seen.stdout).toMatch(/^shop +ConfigMap shop\/a +kept, without our mark/m);
    expect(await agent()).toBeDefined();
    const { code, stdout } = await runWith(given(), "uninstall", ...onDev, "--yes");
    expect([code, stdout]).toEqual([0, expect.stringContaining("Holdfast is gone from dev")]);
    expect(await agent()).toBeUndefined();
    expect((await read(config("a")))?.metadata.annotations).toBeUndefined();
    const left = { ...deployment, group: "", kind: "ServiceAccount" };
    expect(await client.get(left, never)).toBeUndefined();
    expect(await cluster.apps.list(never)).toEqual([]);
    expect(await cluster.inventories.list(never)).toEqual([]);
    const again = await runWith(given(), "uninstall", ...onDev, "--yes");
    expect(again.code).toBe(0);
  });

  it("with --delete-objects deletes what bears our mark, and keeps protected kinds and other people's objects", async () => {
    const b = await make(config("b"));
    const foreign = await client.create(config("c"), never);
    const kept = await make({ ...shop, metadata: { name: "other" } });
    await inventoryOfShop([b, foreign, kept]);
    const flags = [...onDev, "--delete-objects", "--yes"];
    expect(await runWith(given(), "uninstall", ...flags)).toMatchObject({ code: 0 });
    expect(await read(config("b"))).toBeUndefined();
    expect(await read(config("c"))).toBeDefined();
    expect((await read(kept))?.metadata.annotations).toBeUndefined();
  });

  it("keeps the inventory of what could not be let go, says why, and goes on the next time", async () => {
    const d = await make(config("d"));
    await inventoryOfShop([d]);
    policy = "d";
    const flags = [...onDev, "--delete-objects", "--yes"];
    const first = await runWith(given(), "uninstall", ...flags);
    expect([first.code, first.stderr]).toEqual([1, expect.stringContaining("a policy keeps it")]);
    expect(await cluster.inventories.list(never)).toHaveLength(1);
    policy = "";
    expect(await runWith(given(), "uninstall", ...flags)).toMatchObject({ code: 0 });
    expect(await read(config("d"))).toBeUndefined();
    expect(await cluster.inventories.list(never)).toEqual([]);
  });
});
