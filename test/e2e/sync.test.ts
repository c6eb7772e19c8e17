import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject } from "../../agent/model/json.ts";
import { describeRef, refOf } from "../../agent/model/object.ts";
import type { AcceptedCommit } from "../faults/oracle/model.ts";
import { describeViolations, judgeHistory } from "../faults/oracle/oracle.ts";
import { Told } from "../faults/told.ts";
import { haveControlPlane } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFile, fleetFiles } from "./documents.ts";
import { haveInputs, unpackInputs } from "./inputs.ts";
import { Repository } from "./repository.ts";
import { type AppStatus, clusterNames, Site, until } from "./site.ts";
import { differences } from "./subset.ts";

const have = [haveControlPlane(), haveInputs].find(({ ok }) => !ok) ?? haveControlPlane();
const names = clusterNames;
const app = "monitoring";
const apiService = "v1beta1.metrics.k8s.io";

describe.skipIf(!have.ok)(`kube-prometheus on three real clusters (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let manifests: string;
  const sites: Site[] = [];
  const commits: AcceptedCommit[] = [];

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: names.length, audit: true });
    manifests = join(await unpackInputs(plane.folder), "kube-prometheus/manifests");
    repository = await Repository.create(plane.folder);
    await repository.write({
      ...fleetFiles(names),
      ...appFile(app, { health: { timeout: "20s" } }),
    });
    await repository.copy(manifests, `apps/${app}/manifests`);
    for (const [index, cluster] of plane.clusters.entries()) {
      const site = new Site({ plane, cluster, name: names[index] ?? "", repository });
      await site.install();
      sites.push(site);
    }
    commits.push({ id: "", from: (await sites[0]?.recorder.mark()) ?? 0 });
    commits[0] = { id: await repository.push("kube-prometheus"), from: commits[0]?.from ?? 0 };
    for (const site of sites) await site.start();
  });

  afterAll(async () => {
    for (const site of sites) await site.stop();
    await repository?.stop();
    await plane?.stop();
  });

  const onAll = (work: (site: Site) => Promise<void>) => Promise.all(sites.map(work));

  it("syncs 95 files in one pass: definitions, their resources and RBAC together", async () => {
    const [commit] = commits;
    await onAll(async (site) => {
      await site.untilApp(app, ({ applied }) => applied === commit?.id, {
        what: `applied at ${commit?.id}`,
        timeoutMs: 180_000,
      });
      const lines = await site.recorder.writesSince(0);
      const applies = lines.filter(
        ({ verb, requestURI, objectRef }) =>
          verb === "patch" && requestURI.includes("force=") && objectRef?.subresource === undefined,
      );
      const refused = applies.filter(({ responseStatus }) => (responseStatus?.code ?? 0) >= 400);
      expect(refused.map(({ requestURI }) => requestURI)).toEqual([]);
      const times = new Map<string, number>();
      for (const { requestURI } of applies) {
        const [path = ""] = requestURI.split("?");
        times.set(path, (times.get(path) ?? 0) + 1);
      }
      expect([...times].filter(([, count]) => count > 1)).toEqual([]);
      expect(times.size).toBe((await site.declaredIn(manifests)).length);
    });
  });

  it("has every declared object as Git has it, in the fields we own", async () => {
    await onAll(async (site) => {
      const objects = await site.declaredIn(manifests);
      expect(objects.length).toBeGreaterThan(95);
      const wrong: string[] = [];
      for (const object of objects) {
        const live = await site.api.get(object);
        const who = describeRef(refOf(object));
        if (live === undefined) wrong.push(`${who} is absent`);
        else wrong.push(...differences(object, live).map((path) => `${who} ${path}`));
      }
      expect(wrong).toEqual([]);
    });
  });

  it("finds every workload Healthy and names the one thing that is not", async () => {
    await onAll(async (site) => {
      const isSettled = ({ state, all }: AppStatus) =>
        state === "Degraded" && isJsonObject(all.objects) && all.objects.unhealthy === 1;
      const status = await site.untilApp(app, isSettled, {
        what: "Degraded by one object",
        timeoutMs: 180_000,
      });
      expect(status.message).toContain(apiService);
      expect(status.all.objects).toMatchObject({ unhealthy: 1, drifted: 0, heldDeletions: 0 });
      let workloads = 0;
      for (const kind of ["deployments", "statefulsets", "daemonsets"]) {
        const items = await site.api.items(`/apis/apps/v1/namespaces/${app}/${kind}`);
        for (const { metadata } of items) expect(status.message).not.toContain(metadata.name);
        workloads += items.length;
      }
      expect(workloads).toBeGreaterThan(5);
    });
  });

  it("writes nothing in a second pass", async () => {
    await onAll(async (site) => {
      const since = Date.now();
      expect(await site.stop()).toBe(0);
      await site.start();
      await until(`${site.name}: a pass after the restart`, async () => {
        return (await site.metric("holdfast_reconciles_total", `app="${app}"`)) >= 1;
      });
      await site.untilApp(app, ({ state }) => state === "Degraded", { what: "Degraded again" });
      expect(await site.memberWritesSince(since)).toEqual([]);
    });
  });

  it("names a hand edit, with field, manager and time, and heals it", async () => {
    await onAll(async (site) => {
      const path = `/apis/apps/v1/namespaces/${app}/deployments/blackbox-exporter`;
      const image = async () =>
        JSON.stringify((await site.api.ask("GET", path)).body).includes("example.com/other:1");
      const seen = new Set<string>();
      const watching = watchDrift(site, seen);
      const target = "deployment/blackbox-exporter";
      await site.kubectl(
        "-n",
        app,
        "set",
        "image",
        target,
        "blackbox-exporter=example.com/other:1",
      );
      await until(`${site.name}: the image is healed`, async () => !(await image()), 60_000);
      await until(
        `${site.name}: the edit is named`,
        async () => [...seen].some((text) => /image.*kubectl-set|kubectl-set.*image/.test(text)),
        20_000,
      );
      watching.abort();
      expect([...seen].join("\n")).toMatch(/\d{4}-\d\d-\d\dT\d\d:\d\d/);
      expect([...seen].join("\n")).toContain("healed");
    });
  });

  it("prunes an object that a commit drops, and nothing else", async () => {
    const path = `apps/${app}/manifests/grafana-prometheusRule.yaml`;
    await repository.write({ [path]: undefined });
    const from = (await sites[0]?.recorder.mark()) ?? 0;
    const id = await repository.push("no alerts about grafana");
    commits.push({ id, from });
    await onAll(async (site) => {
      const since = Date.now() - 1000;
      const rules = `/apis/monitoring.coreos.com/v1/namespaces/${app}/prometheusrules`;
      await until(`${site.name}: the rule is gone`, async () => {
        const items = await site.api.items(rules);
        return items.length > 0 && !items.some(({ metadata }) => metadata.name === "grafana-rules");
      });
      await site.untilApp(app, ({ applied }) => applied === id, { what: `applied at ${id}` });
      const writes = await site.memberWritesSince(since);
      expect(writes.filter((line) => line.startsWith("delete "))).toHaveLength(1);
    });
  });

  it("leaves a history in which the oracle finds nothing wrong", async () => {
    const rest = join(plane.folder, "rest");
    await mkdir(rest);
    await cp(manifests, rest, { recursive: true });
    await rm(join(rest, "grafana-prometheusRule.yaml"));
    for (const site of sites) {
      const told = new Told();
      const [first, second] = commits;
      told.declare(app, await site.declaredIn(manifests));
      told.committed(first?.id ?? "", first?.from ?? 0);
      told.declare(app, await site.declaredIn(rest));
      told.committed(second?.id ?? "", second?.from ?? 0);
      const history = await site.recorder.read(told);
      expect(describeViolations(judgeHistory(history))).toBe("");
    }
  });
});

/** Collects what the App object says about drift while it lasts. */
function watchDrift(site: Site, seen: Set<string>): AbortController {
  const stop = new AbortController();
  const look = async () => {
    while (!stop.signal.aborted) {
      const status = await site.app(app).catch(() => undefined);
      const drift = status?.all.drift;
      if (Array.isArray(drift)) for (const entry of drift) seen.add(JSON.stringify(entry));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  look().catch(() => undefined);
  return stop;
}
