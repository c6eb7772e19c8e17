import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { states } from "../../agent/model/state.ts";
import { dashboards } from "../../charts/holdfast/dashboards/dashboards.ts";
import { chart } from "../helm.ts";
import { haveControlPlane } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFiles, configMap, deployment, fleetFiles, objectPath } from "./documents.ts";
import { checkMetrics, havePrometheus, Prometheus } from "./prometheus.ts";
import { Repository } from "./repository.ts";
import { clusterNames, pause, Site, until } from "./site.ts";

const have = [haveControlPlane(), havePrometheus].find(({ ok }) => !ok) ?? haveControlPlane();
const names = clusterNames;

const shop = Array.from({ length: 6 }, (_, index) => configMap("shop", `map-${index}`));
const stock = Array.from({ length: 12 }, (_, index) => configMap("stock", `map-${index}`));
const shelf = [configMap("shelf", "a"), configMap("shelf", "b")];
const broken: KubeObject = { ...deployment("oven", "web"), spec: { replicas: 1 } };

/** As Grafana asks: all of every variable. */
function expressionsOf(uid: string): readonly string[] {
  const dashboard = dashboards.find((one) => one.uid === uid);
  if (dashboard === undefined) throw new Error(`there is no dashboard ${uid}`);
  const targets = [
    ...dashboard.panels.flatMap((panel) => panel.targets),
    ...dashboard.annotations.list,
  ];
  return targets.map(({ expr }) =>
    expr.replaceAll(/"\$(cluster|environment|app)"/g, '".*"').replaceAll("$__rate_interval", "1m"),
  );
}

describe.skipIf(!have.ok)(`a real Prometheus on three real agents (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let prometheus: Prometheus;
  const sites: Site[] = [];

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: names.length });
    repository = await Repository.create(plane.folder);
    await repository.write({
      ...fleetFiles(names),
      ...Object.fromEntries(names.map((name) => [`clusters/${name}.yaml`, clusterFile(name)])),
      ...appFiles("shop", shop, { owner: { team: "storefront", contact: "#storefront" } }),
      ...appFiles("stock", stock),
      ...appFiles("shelf", shelf, { drift: { mode: "report" } }),
      ...appFiles("oven", [broken, configMap("oven", "timer")]),
    });
    await repository.push("four apps");
    for (const [index, cluster] of plane.clusters.entries()) {
      const site = new Site({ plane, cluster, name: names[index] ?? "", repository });
      await site.install();
      sites.push(site);
    }
    for (const site of sites) await site.start();
    await onAll(async (site) => {
      for (const app of ["shop", "stock", "shelf"]) await untilState(site, app, "Synced");
      await untilState(site, "oven", "Failed");
    });
    const agents = sites.map(({ agent }) => agent);
    const rules = join(chart, "rules/holdfast.rules.yaml");
    prometheus = await Prometheus.start(plane.folder, { agents, rules });
    await until("all agents are scraped", async () => (await prometheus.up()) === sites.length);
  });

  afterAll(async () => {
    await prometheus?.stop();
    for (const site of sites) await site.stop();
    await repository?.stop();
    await plane?.stop();
  });

  const onAll = (work: (site: Site) => Promise<unknown>) => Promise.all(sites.map(work));

  const untilState = (site: Site, app: string, wanted: string) =>
    site.untilApp(app, ({ state }) => state === wanted, { what: wanted });

  /** The same value on every cluster. */
  const everywhere = (values: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      names.flatMap((name) =>
        Object.entries(values).map(([app, value]) => [`${name} ${app}`, value]),
      ),
    );

  const untilEqual = (expr: string, wanted: Readonly<Record<string, number>>) =>
    untilSame(() => prometheus.byUnit(expr), wanted);

  it("promtool has nothing to say about what the agents export", () =>
    onAll(async (site) => {
      const { text } = await site.agent.probe("/metrics");
      expect(text.length).toBeGreaterThan(10_000);
      expect(await checkMetrics(text)).toBe("");
    }));

  it("knows each app's state on each cluster", async () => {
    const { Synced, Failed } = states;
    await untilEqual(
      "max by (cluster, app) (holdfast_app_status)",
      everywhere({
        shop: Synced.value,
        stock: Synced.value,
        shelf: Synced.value,
        oven: Failed.value,
      }),
    );
    await untilEqual('holdfast_app_managed_objects{app!="oven"}', await managed());
  });

  /** As the API servers count them: what bears our mark, by namespace. */
  async function managed(): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const site of sites) {
      for (const app of ["shop", "stock", "shelf"]) {
        const label = "holdfast.dev/installation";
        const live = await site.kubectl(
          ...["-n", app, "get", "configmaps", "-l", label, "-o", "name"],
        );
        counts[`${site.name} ${app}`] = live.trim().split("\n").length;
      }
    }
    return counts;
  }

  it("shows drift where somebody edits an app that only reports, and only there", async () => {
    const drifted = "max by (cluster, app) (holdfast_app_drifted_objects)";
    await untilEqual(drifted, everywhere({ shop: 0, stock: 0, shelf: 0, oven: 0 }));
    const patch = JSON.stringify({ data: { text: "by hand" } });
    await onAll((site) => site.kubectl("-n", "shelf", "patch", "configmap", "a", "-p", patch));
    // The same edit where it is healed: drift that is seen, and gone.
    await onAll((site) => site.kubectl("-n", "shop", "patch", "configmap", "map-0", "-p", patch));
    await untilEqual(drifted, everywhere({ shop: 0, stock: 0, shelf: 1, oven: 0 }));
    await untilEqual(
      'max by (cluster, app) (holdfast_app_status{app="shelf"})',
      everywhere({ shelf: states.Drifted.value }),
    );
    await untilEqual(
      'max by (cluster, app) (holdfast_drift_corrected_total{app="shop",result="success"})',
      everywhere({ shop: 1 }),
    );
  });

  it("gives data for every expression of the first dashboard", async () => {
    const gone = (app: string, objects: readonly KubeObject[]) =>
      Object.fromEntries(objects.map((object) => [objectPath(app, object), undefined]));
    await repository.write({
      ...gone("stock", stock.slice(0, 11)),
      ...gone("shop", shop.slice(0, 1)),
    });
    const id = await repository.push("eleven of twelve go there, one here");
    await onAll(async (site) => {
      await untilState(site, "stock", "Held");
      await site.untilApp("shop", ({ live }) => live === id, { what: "live" });
    });
    const expressions = expressionsOf("holdfast-fleet");
    expect(expressions.length).toBeGreaterThan(20);
    // Recording rules are evaluated once a minute.
    const open = new Set(expressions);
    const end = Date.now() + 100_000;
    while (open.size > 0 && Date.now() < end) {
      for (const expr of open) if ((await prometheus.query(expr)).length > 0) open.delete(expr);
      await pause(500);
    }
    expect([...open]).toEqual([]);
  });

  it("adds up: what the dashboard's numbers say is what is there", async () => {
    const one = async (expr: string) => (await prometheus.query(expr))[0]?.value;
    await untilSame(
      async () => ({
        reporting: await one("count(holdfast:cluster:info)"),
        attention: await one("count(max by (cluster, app) (holdfast_app_status) >= 3)"),
        held: await one("sum(max by (cluster, app) (holdfast_app_held_deletions))"),
        pruned: await one("sum(holdfast_pruned_objects_total)"),
        blocked: await one('sum(holdfast_prune_blocked_total{reason="PruneGuard"})'),
        arrived: await one("sum(holdfast_commit_to_live_seconds_count)"),
      }),
      {
        reporting: names.length,
        attention: 3 * names.length,
        held: 11 * names.length,
        pruned: names.length,
        blocked: names.length,
        // shop and stock: a held deletion stops no revision from being live (observability §1).
        arrived: 2 * names.length,
      },
    );
    const seconds = await one("max(holdfast_commit_to_live_seconds_sum)");
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(120);
  });

  it("loads the chart's rules, and their alerts name app, cluster, owner and the next command", async () => {
    const rules = await prometheus.rules();
    expect(rules.length).toBeGreaterThan(25);
    await until("the alerts wait for their time", async () => {
      const alerts = await prometheus.alerts();
      const found = new Set(alerts.map(({ labels }) => labels.alertname));
      const held = alerts.filter(({ labels }) => labels.alertname === "HoldfastHeld");
      const clusters = new Set(held.map(({ labels }) => labels.cluster));
      const wanted = ["HoldfastAppFailed", "HoldfastDriftUncorrected"];
      return names.every((name) => clusters.has(name)) && wanted.every((name) => found.has(name));
    });
    const alerts = await prometheus.alerts();
    for (const name of names) {
      const held = alerts.find(
        ({ labels }) => labels.alertname === "HoldfastHeld" && labels.cluster === name,
      );
      expect(held?.labels.app).toBe("stock");
      expect(held?.annotations.summary).toContain("PruneGuard");
      expect(held?.annotations.summary).toContain(`holdfast explain stock --cluster ${name}`);
    }
    expect((await prometheus.rules()).filter(({ error }) => error !== "")).toEqual([]);
  });

  it("misses a cluster whose agent is gone", async () => {
    await sites.at(-1)?.stop();
    const silent = expressionsOf("holdfast-fleet").find((expr) => expr.includes("unless on"));
    await until("one cluster is silent", async () => {
      return (await prometheus.query(silent ?? ""))[0]?.value === 1;
    });
  });
});

function clusterFile(name: string): object {
  const env = name.split("-")[0] ?? "";
  return {
    apiVersion: "holdfast.dev/v1alpha1",
    kind: "Cluster",
    metadata: { name, labels: { env, region: name } },
    spec: {},
  };
}

/** Polls until it is so; then, or at the end, compares. */
async function untilSame(read: () => Promise<unknown>, wanted: unknown): Promise<void> {
  const end = Date.now() + 60_000;
  while (Date.now() < end && !isDeepStrictEqual(await read(), wanted)) await pause(250);
  expect(await read()).toEqual(wanted);
}
