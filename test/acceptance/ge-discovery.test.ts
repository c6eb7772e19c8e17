import { describe, expect, it } from "vitest";
import { assessHealth } from "../../agent/health/assess.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { brokenPod } from "../../cli/commands/explain-pods.ts";
import {
  configMap,
  deployment,
  obj,
  outcomes,
  sharedBench,
  until,
  widgets,
  within,
} from "../pass/bench.ts";
import { say } from "../pass/order-cases.ts";
import { alive, deletesSince, rest } from "./scene.ts";

const stale = new Set<string>();
const faults = { watches: false };
const uids: { next: string | undefined } = { next: undefined };
const statusBody = (code: number) => ({
  code,
  body: { kind: "Status", apiVersion: "v1", status: "Failure", code },
});

/** OpenAPI is broken, some groups are stale, watches end; uids may repeat. */
const bench = sharedBench({
  readyAfterMs: "never",
  staleGroups: stale,
  uid: () => uids.next ?? crypto.randomUUID(),
  fail: ({ path }) => {
    if (path.startsWith("/openapi")) return statusBody(500);
    if (faults.watches && path.includes("watch=")) return statusBody(500);
    return undefined;
  },
});

const refresh = () => bench().ports().refreshDiscovery(AbortSignal.timeout(5_000));

const customKind = (group: string): KubeObject =>
  obj("CustomResourceDefinition", `widgets.${group}`, {
    spec: { ...(widgets["spec"] as object), group },
  });
const customObject = (group: string, name: string): KubeObject => ({
  ...obj("Widget", name, { spec: { size: 1 } }),
  apiVersion: `${group}/v1`,
});

describe("acceptance GE: what is known of the cluster", () => {
  it("18 Unknown scope: nothing pruned (4.5-8, P-40)", async () => {
    const app = "ge18";
    const role = obj("Role", "r", { rules: [] });
    await bench().sync(app, [role, ...rest]);
    stale.add("rbac.authorization.k8s.io");
    await refresh();
    const from = bench().mark;
    await bench().sync(app, rest);
    await bench().pass(app);
    expect(deletesSince(bench(), from)).toEqual([]);
    expect(await bench().tracked(app)).toContain("Role/r");
    stale.clear();
    await refresh();
    await bench().pass(app);
    expect(await alive(bench(), app, [role])).toEqual([]);
  });

  it("27 Broken OpenAPI of others is never read (A-35)", async () => {
    const app = "ge27";
    await refresh();
    const done = await bench().sync(app, [widgets, obj("Widget", "w"), configMap("c")]);
    await bench().sync(app, [widgets, obj("Widget", "w", { spec: { size: 2 } }), configMap("c")]);
    expect(Object.values(outcomes(done))).toEqual(["created", "created", "created"]);
    const asked = bench().server.requests.filter(({ path }) => path.startsWith("/openapi"));
    expect(asked).toEqual([]);
  });

  it("30 Relist clears stale entries (C-3)", async () => {
    const app = "ge30";
    await bench().sync(app, [configMap("a"), ...rest]);
    await bench().watch();
    const { live } = bench().world.cluster;
    const id = `${app}_a__ConfigMap`;
    await until(() => live.entry(id) !== undefined, "seen");
    // Nobody tells of this deletion: the watch is down, and its log is gone when it is back.
    faults.watches = true;
    bench().server.endWatches();
    await bench().hand(within(app, configMap("a")), { method: "DELETE" });
    bench().server.compact();
    faults.watches = false;
    await until(() => live.entry(id) === undefined, "forgotten after a new list");
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ConfigMap/a": "created" });
  });

  it("32 One UID under two groups is one object (4.5-5)", async () => {
    const app = "ge32";
    const [older, newer] = ["older.example.com", "newer.example.com"];
    await bench().sync(app, [customKind(older), customKind(newer), ...rest]);
    uids.next = "11111111-2222-3333-4444-555555555555";
    await bench().sync(app, [
      customKind(older),
      customKind(newer),
      customObject(older, "w"),
      ...rest,
    ]);
    const from = bench().mark;
    const next = [customKind(older), customKind(newer), customObject(newer, "w"), ...rest];
    await bench().sync(app, next);
    uids.next = undefined;
    bench().laterMs += 61_000; // a custom resource without status counts as healthy by now
    await bench().pass(app);
    await bench().pass(app);
    bench().laterMs -= 61_000;
    expect(deletesSince(bench(), from)).toEqual([]);
    const { entries } = (await bench().inventory(app)) ?? { entries: new Map() };
    expect(entries.has(`${app}_w_${older}_Widget`)).toBe(false);
    expect(entries.has(`${app}_w_${newer}_Widget`)).toBe(true);
    expect(await alive(bench(), app, [customObject(older, "w")])).toEqual(["w"]);
  });

  it("33 Owner cycles end (C-13)", async () => {
    const app = "ge33";
    const spec = { containers: [{ name: "c", image: "i" }] };
    const [set, pod] = [obj("ConfigMap", "owner"), obj("Pod", "p", { spec })];
    await bench().sync(app, [configMap("declared")]);
    await bench().hand(within(app, set), { method: "POST" });
    await bench().hand(within(app, pod), { method: "POST" });
    const ownedBy = async (object: KubeObject, owner: KubeObject) => {
      const { apiVersion, kind } = owner;
      const { name, uid } = (await bench().get(within(app, owner)))?.metadata ?? {};
      const reference = { apiVersion, kind, name, uid, controller: true };
      const metadata = { ...object.metadata, ownerReferences: [reference] };
      await bench().hand(within(app, { ...object, metadata } as KubeObject));
    };
    await ownedBy(set, pod);
    await ownedBy(pod, set);
    const { client } = bench().world.cluster;
    const other = { group: "apps", kind: "Deployment", namespace: app, name: "web" };
    expect(await brokenPod(client, [other], AbortSignal.timeout(5_000))).toBeUndefined();
    const declared = { group: "", kind: "ConfigMap", namespace: app, name: "owner" };
    const found = await brokenPod(client, [declared], AbortSignal.timeout(5_000));
    expect(found?.chain).toEqual([`ConfigMap ${app}/owner`, `Pod ${app}/p`]);
    expect(outcomes(await bench().pass(app))).toEqual({ "ConfigMap/declared": "unchanged" });
  });

  it("34 APIService counts only if Available (§5.2, A-111)", async () => {
    const app = "ge34";
    const service = {
      ...obj("APIService", "v1.metrics.example.com", {
        spec: {
          group: "metrics.example.com",
          version: "v1",
          groupPriorityMinimum: 100,
          versionPriority: 100,
          service: { name: "metrics", namespace: app },
        },
      }),
      apiVersion: "apiregistration.k8s.io/v1",
    };
    const { pass } = await bench().sync(app, [service, configMap("c")]);
    expect(pass.health.find(({ ref }) => ref.kind === "APIService")?.health.status).toBe(
      "Progressing",
    );
    const is = (status: string) =>
      assessHealth({ ...service, status: { conditions: [{ type: "Available", status }] } }).status;
    expect([is("False"), is("Unknown"), is("True")]).toEqual([
      "Progressing",
      "Progressing",
      "Healthy",
    ]);
    // What it names is neither missing nor removed while it does not answer.
    expect([...(await refresh()).unknownGroups]).toContain("metrics.example.com");
    await bench().hand(service, { method: "DELETE" });
    expect([...(await refresh()).unknownGroups]).not.toContain("metrics.example.com");
  });

  it("35 Failing HPA condition beats an earlier good one (§5.2)", async () => {
    const app = "ge35";
    const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
    const scaler = {
      ...obj("HorizontalPodAutoscaler", "web", { spec: { scaleTargetRef, maxReplicas: 3 } }),
      apiVersion: "autoscaling/v2",
    };
    await bench().sync(app, [deployment("web"), scaler]);
    const at = "2026-11-21T09:00:00Z";
    const condition = (type: string, status: string, reason: string) => ({
      type,
      status,
      reason,
      lastTransitionTime: at,
    });
    const conditions = [
      condition("AbleToScale", "True", "ReadyForNewScale"),
      condition("ScalingActive", "False", "FailedGetResourceMetric"),
    ];
    await say(bench(), within(app, scaler), { desiredReplicas: 1, currentReplicas: 1, conditions });
    const live = await bench().get(within(app, scaler));
    expect(assessHealth(live).status).toBe("Degraded");
    bench().laterMs += 6 * 60_000;
    await bench().pass(app, { bypassProofs: true });
    bench().laterMs += 31_000;
    const { pass } = await bench().pass(app, { bypassProofs: true });
    bench().laterMs -= 6 * 60_000 + 31_000;
    const told = pass.health.find(({ ref }) => ref.kind === "HorizontalPodAutoscaler");
    expect(told?.health.status).toBe("Degraded");
  });
});
