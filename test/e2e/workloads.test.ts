import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject } from "../../agent/model/json.ts";
import { describeRef, type KubeObject, refOf } from "../../agent/model/object.ts";
import { haveControlPlane } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFile, fleetFiles } from "./documents.ts";
import { haveInputs, unpackInputs } from "./inputs.ts";
import { Load } from "./load.ts";
import { Repository } from "./repository.ts";
import { clusterNames, pause, Site, until } from "./site.ts";
import { differences } from "./subset.ts";

const have = [haveControlPlane(), haveInputs].find(({ ok }) => !ok) ?? haveControlPlane();
const names = clusterNames;
/** Plain files; a kustomization that says one replica where its HPA wants two; a chart with tests, hooks and an HPA. */
const apps = ["argo-cd", "podinfo", "podinfo-chart"] as const;
const chartValues = { replicaCount: 2, hpa: { enabled: true, maxReplicas: 4, cpu: 99 } };
const overlay = {
  apiVersion: "kustomize.config.k8s.io/v1beta1",
  kind: "Kustomization",
  resources: ["../base"],
  replicas: [{ name: "podinfo", count: 1 }],
};

describe.skipIf(!have.ok)(`argo-cd and podinfo on three real clusters (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let inputs: string;
  const sites: Site[] = [];
  const loads = new Map<Site, Load>();

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: names.length, audit: true });
    inputs = await unpackInputs(plane.folder);
    repository = await Repository.create(plane.folder);
    await repository.write({
      ...fleetFiles(names),
      ...appFile("argo-cd", { namespace: "argocd" }),
      ...appFile("podinfo", { path: "overlay" }),
      "apps/podinfo/overlay/kustomization.yaml": overlay,
      ...appFile("podinfo-chart", { render: { helm: { chart: "./chart" } }, values: chartValues }),
    });
    await repository.copy(join(inputs, "argo-cd/manifests"), "apps/argo-cd/manifests");
    await repository.copy(join(inputs, "podinfo/kustomize"), "apps/podinfo/base");
    await repository.copy(join(inputs, "podinfo/charts/podinfo"), "apps/podinfo-chart/chart");
    await repository.push("argo-cd, podinfo, and podinfo as a chart");
    const flags = { "helm-path": plane.bin("helm"), "kustomize-path": plane.bin("kustomize") };
    for (const [index, cluster] of plane.clusters.entries()) {
      const site = new Site({ plane, cluster, name: names[index] ?? "", repository, flags });
      await site.install();
      loads.set(site, await Load.start(cluster, site.api));
      sites.push(site);
    }
    for (const site of sites) await site.start();
  });

  afterAll(async () => {
    for (const site of sites) await site.stop();
    for (const load of loads.values()) await load.stop();
    await repository?.stop();
    await plane?.stop();
  });

  const onAll = (work: (site: Site) => Promise<void>) => Promise.all(sites.map(work));

  async function allSynced(site: Site): Promise<void> {
    for (const app of apps) {
      await site.untilApp(app, ({ state }) => state === "Synced", { what: "Synced" });
    }
  }

  it("syncs all three, every object and workload well", () =>
    onAll(async (site) => {
      await allSynced(site);
      for (const app of apps) {
        const status = await site.app(app);
        expect(status?.all.objects).toMatchObject({ unhealthy: 0, drifted: 0, heldDeletions: 0 });
      }
      const workloads = await workloadsOf(site);
      expect(workloads.length).toBeGreaterThanOrEqual(9);
      expect(workloads.filter((one) => !isReady(one)).map(({ metadata }) => metadata.name)).toEqual(
        [],
      );
    }));

  it("has argo-cd's objects as its file has them, in the fields we own", () =>
    onAll(async (site) => {
      const objects = await site.declaredIn(join(inputs, "argo-cd/manifests"), "argocd");
      expect(objects.length).toBeGreaterThan(50);
      const wrong: string[] = [];
      for (const object of objects) {
        const live = await site.api.get(object);
        const who = describeRef(refOf(object));
        if (live === undefined) wrong.push(`${who} is absent`);
        else wrong.push(...differences(object, live).map((path) => `${who} ${path}`));
      }
      expect(wrong).toEqual([]);
    }));

  it("applies what helm renders but its tests (O-10)", () =>
    onAll(async (site) => {
      const kinds = ["deployments", "horizontalpodautoscalers", "services", "serviceaccounts"];
      const all = await site.kubectl("-n", "podinfo-chart", "get", kinds.join(","), "-o", "name");
      expect(all).toContain("deployment.apps/podinfo-chart");
      expect(all).toContain("horizontalpodautoscaler.autoscaling/podinfo-chart");
      const pods = await site.api.items("/api/v1/namespaces/podinfo-chart/pods");
      // Made by the Deployment, none by a template.
      expect(pods.length).toBeGreaterThan(0);
      expect(pods.filter(({ metadata }) => metadata.ownerReferences === undefined)).toEqual([]);
    }));

  it("leaves to the HPA what the HPA decides: replicas follow the load, no drift, no write", () =>
    onAll(async (site) => {
      // Git says one; the HPA's minimum is two.
      for (const app of ["podinfo", "podinfo-chart"]) await untilReplicas(site, app, 2);
      await allSynced(site);
      const since = Date.now();
      const seen = watchStates(site, ["podinfo", "podinfo-chart"]);
      for (const app of ["podinfo", "podinfo-chart"]) loads.get(site)?.use(app, 400);
      for (const app of ["podinfo", "podinfo-chart"]) await untilReplicas(site, app, 4);
      await allSynced(site);
      await pause(3000);
      seen.stop.abort();
      // More pods are on their way for a moment; nothing ever differs from Git.
      expect([...seen.states].filter((state) => !/^(Synced|Progressing)$/.test(state))).toEqual([]);
      expect(seen.drift).toEqual(new Set());
      expect(await site.memberWritesSince(since)).toEqual([]);
    }));

  it("writes nothing in a second pass", () =>
    onAll(async (site) => {
      const since = Date.now();
      expect(await site.stop()).toBe(0);
      await site.start();
      for (const app of apps) {
        await until(`${site.name}: a pass over ${app} after the restart`, async () => {
          return (await site.metric("holdfast_reconciles_total", `app="${app}"`)) >= 1;
        });
      }
      await allSynced(site);
      expect(await site.memberWritesSince(since)).toEqual([]);
      for (const app of ["podinfo", "podinfo-chart"]) await untilReplicas(site, app, 4);
    }));

  it("heals an image beside it, and leaves the replicas", () =>
    onAll(async (site) => {
      const image = "deployment/podinfo-chart";
      const container = "podinfo=example.com/other:1";
      await site.kubectl("-n", "podinfo-chart", "set", "image", image, container);
      await until(`${site.name}: the image is healed`, async () => {
        return !JSON.stringify(await deploymentOf(site, "podinfo-chart")).includes("other:1");
      });
      await allSynced(site);
      await untilReplicas(site, "podinfo-chart", 4);
    }));
});

const workloadKinds = ["deployments", "statefulsets", "daemonsets"];

async function workloadsOf(site: Site): Promise<readonly KubeObject[]> {
  const lists = await Promise.all(
    ["argocd", "podinfo", "podinfo-chart"].flatMap((namespace) =>
      workloadKinds.map((kind) => site.api.items(`/apis/apps/v1/namespaces/${namespace}/${kind}`)),
    ),
  );
  return lists.flat();
}

/** By what its controller says, not by what we make of it. */
function isReady({ spec, status }: KubeObject): boolean {
  if (!(isJsonObject(spec) && isJsonObject(status))) return false;
  return status.observedGeneration !== undefined && status.readyReplicas === spec.replicas;
}

async function deploymentOf(site: Site, app: string): Promise<unknown> {
  return (await site.api.ask("GET", `/apis/apps/v1/namespaces/${app}/deployments/${app}`)).body;
}

function untilReplicas(site: Site, app: string, count: number): Promise<void> {
  return until(`${site.name}: ${count} replicas of ${app}`, async () => {
    const live = await deploymentOf(site, app);
    return isJsonObject(live) && isJsonObject(live.spec) && live.spec.replicas === count;
  });
}

/** Every state and every drift that the apps say meanwhile. */
function watchStates(site: Site, watched: readonly string[]) {
  const stop = new AbortController();
  const states = new Set<string>();
  const drift = new Set<string>();
  const look = async () => {
    while (!stop.signal.aborted) {
      for (const app of watched) {
        const status = await site.app(app).catch(() => undefined);
        if (status === undefined) continue;
        states.add(status.state);
        for (const entry of [status.all.drift].flat()) if (entry) drift.add(JSON.stringify(entry));
      }
      await pause(100);
    }
  };
  look().catch(() => undefined);
  return { stop, states, drift };
}
