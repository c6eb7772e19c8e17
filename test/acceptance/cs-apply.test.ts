import { describe, expect, it } from "vitest";
import { configMap, deployment, obj, outcomes, sharedBench, within } from "../pass/bench.ts";
import { failures } from "../pass/order-cases.ts";
import { definition, quiet, widget } from "./cs-scene.ts";
import { deletesSince, makeNamespace, rest, uidOf, withAnnotations } from "./scene.ts";

const bench = sharedBench();

const refresh = () => bench().ports().refreshDiscovery(AbortSignal.timeout(5_000));

describe("acceptance CS: what is applied", () => {
  it("84 Generated Service and ClusterRole fields kept (N-15, N-7)", async () => {
    const app = "cs84";
    const service = (port: number) =>
      obj("Service", "s", {
        spec: { type: "NodePort", selector: { app: "s" }, ports: [{ name: "http", port }] },
      });
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { "cs84/to": "all" } }] };
    const role = (labels: Record<string, string>) =>
      obj("ClusterRole", "cs84", { aggregationRule, rules: [] }, { labels });
    await bench().sync(app, [service(80), role({})]);
    const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];
    const controller = { manager: "clusterrole-aggregation-controller", method: "APPLY" } as const;
    await bench().hand({ ...role({}), rules }, controller);
    const generated = async () => {
      const live = await bench().get(within(app, service(80)));
      const spec = live?.["spec"] as { clusterIP?: string; ports?: { nodePort?: number }[] };
      return [spec.clusterIP, spec.ports?.[0]?.nodePort];
    };
    const before = await generated();
    expect(before[0]).toEqual(expect.stringMatching(/^\d/));
    await quiet(bench(), app);
    const done = await bench().sync(app, [service(81), role({ changed: "yes" })]);
    expect(outcomes(done)).toEqual({ "Service/s": "configured", "ClusterRole/cs84": "configured" });
    expect((await generated())[0]).toBe(before[0]);
    expect((await bench().get(role({})))?.["rules"]).toEqual(rules);
    await quiet(bench(), app);
  });

  it("85 kubectl-applied objects, implicit namespaces adopted (P-60, A-22, A-92)", async () => {
    const app = "cs85";
    await makeNamespace(bench(), app);
    const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    const made = withAnnotations(within(app, configMap("c", { a: "1", old: "1" })), {
      [lastApplied]: "{}",
    });
    await bench().hand(made, { method: "POST", manager: "kubectl-client-side-apply" });
    const uid = await uidOf(bench(), app, made);
    const done = await bench().sync(app, [configMap("c", { a: "2" })]);
    expect(outcomes(done)).toEqual({ "ConfigMap/c": "adopted" });
    const live = await bench().get(made);
    expect(live?.["data"]).toEqual({ a: "2", old: "1" });
    expect(live?.metadata.annotations).not.toHaveProperty([lastApplied]);
    expect(live?.metadata.uid).toBe(uid);
    await quiet(bench(), app);

    const implicit = "cs85-implicit";
    await bench().sync(implicit, [configMap("c"), ...rest]);
    expect((await bench().inventory(implicit))?.implicit).toEqual([implicit]);
    const room = obj("Namespace", implicit, {}, { labels: { team: "a" } });
    const adopted = await bench().sync(implicit, [room, configMap("c"), ...rest]);
    expect(outcomes(adopted)).toMatchObject({ [`Namespace/${implicit}`]: "adopted" });
    expect(await bench().tracked(implicit)).toContain(`Namespace/${implicit}`);
    // Dropped again it is in use: never deleted with what lives in it.
    const dropped = await bench().sync(implicit, [configMap("c"), ...rest]);
    expect(outcomes(dropped)).toMatchObject({ [`Namespace/${implicit}`]: "skipped" });
    expect((await bench().get(room))?.metadata.deletionTimestamp).toBeUndefined();
  });

  it("87 CRD beyond the annotation limit (A-1, A-130)", async () => {
    const app = "cs87";
    const large = definition("large.example.com", ["v1"], "x".repeat(300 * 1024));
    const tooMuch = withAnnotations(configMap("too-much"), { note: "x".repeat(257 * 1024) });
    const done = await bench().sync(app, [
      large,
      widget("large.example.com/v1", "w"),
      tooMuch,
      deployment("web"),
    ]);
    expect(failures(done)).toEqual([expect.stringContaining("annotations")]);
    expect(outcomes(done)).toMatchObject({
      "CustomResourceDefinition/widgets.large.example.com": "created",
      "Widget/w": "created",
      "ConfigMap/too-much": "failed",
      "Deployment/web": "created",
    });
    const live = await bench().get(large);
    expect(JSON.stringify(live?.metadata.annotations).length).toBeLessThan(1024);
    await quiet(bench(), app);
  });

  it("91 CR with several served versions (P-15, A-106, §0.3)", async () => {
    const app = "cs91";
    const group = "cs91.example.com";
    const [newer, older] = [`${group}/v1`, `${group}/v1beta1`];
    const kinds = definition(group, ["v1", "v1beta1"]);
    await bench().sync(app, [kinds, widget(newer, "a"), widget(older, "b"), ...rest]);
    await quiet(bench(), app);
    const uid = await uidOf(bench(), app, widget(newer, "b"));
    const from = bench().mark;
    const moved = await bench().sync(app, [kinds, widget(newer, "a"), widget(newer, "b"), ...rest]);
    expect(failures(moved)).toEqual([]);
    expect(await uidOf(bench(), app, widget(newer, "b"))).toBe(uid);
    const twice = [kinds, widget(newer, "a"), widget(older, "a", 2), ...rest];
    expect(() => bench().declare(app, { objects: twice })).toThrow("Widget");
    await quiet(bench(), app);
    // A version that goes is no reason to lose what was made with it.
    await bench().sync(app, [kinds, widget(older, "a"), widget(older, "b"), ...rest]);
    const only = definition(group, ["v1"]);
    await bench().sync(app, [only, widget(older, "a"), widget(older, "b"), ...rest]);
    await refresh();
    const removed = await bench().pass(app, { bypassProofs: true });
    expect(outcomes(removed)).toMatchObject({ "Widget/a": "failed", "Widget/b": "failed" });
    expect(failures(removed).every((one) => one.startsWith("ApiRemoved"))).toBe(true);
    expect(deletesSince(bench(), from)).toEqual([]);
    expect(await uidOf(bench(), app, widget(newer, "b"))).toBe(uid);
  });
});
