import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import type { IgnoreRule } from "../../agent/model/unit.ts";
import { configMap, deployment, obj, outcomes, sharedBench, until, within } from "../pass/bench.ts";
import { makeNamespace } from "./scene.ts";

const bench = sharedBench({ readyAfterMs: "never" });

const dataOf = async (app: string, object: KubeObject) =>
  (await bench().get(within(app, object)))?.["data"];

function ignoring(more: Partial<IgnoreRule>) {
  const ignore = [{ kind: "ConfigMap", fields: [], managers: [], ...more }];
  return { drift: { mode: "heal", graceMs: 0, ignore } } as const;
}

async function synced(app: string, object: KubeObject, unit: ReturnType<typeof ignoring>) {
  bench().declare(app, { objects: [object], unit });
  return Object.values(outcomes(await bench().pass(app, { bypassProofs: true })));
}

describe("acceptance FX: fields", () => {
  it("43 Take-over: kubectl entries, last-applied go; undeclared fields stay (A-22, A-23, A-27)", async () => {
    const app = "fx43";
    await makeNamespace(bench(), app);
    const last = { "kubectl.kubernetes.io/last-applied-configuration": "{}", note: "theirs" };
    const web = deployment("web");
    const spec = web["spec"] as object;
    const made = { ...web, spec: { ...spec, replicas: 4, paused: true } };
    const metadata = { ...made.metadata, annotations: last };
    await bench().hand(within(app, { ...made, metadata }), {
      method: "POST",
      manager: "kubectl-client-side-apply",
    });
    const { replicas: _none, ...declared } = spec as { replicas: number };
    const done = await bench().sync(app, [{ ...web, spec: declared }]);
    expect(outcomes(done)).toEqual({ "Deployment/web": "adopted" });
    const live = await bench().get(within(app, web));
    expect(live?.["spec"]).toMatchObject({ replicas: 4, paused: true });
    expect(live?.metadata.annotations).toMatchObject({ note: "theirs" });
    expect(live?.metadata.annotations).not.toHaveProperty([Object.keys(last)[0] ?? ""]);
    const kubectl = live?.metadata.managedFields?.find(({ manager }) =>
      /^kubectl/.test(manager ?? ""),
    );
    expect(JSON.stringify(kubectl?.fieldsV1)).toContain("f:replicas");
    expect(JSON.stringify(kubectl?.fieldsV1)).not.toContain('"f:image":');
  });

  it("49 Ignore rules: required, immutable, create, shared, take-over (A-50…A-57)", async () => {
    const fields = ["/data/a"];
    const a = (app: string, value: string, manager: string) =>
      bench().hand(within(app, configMap("c", { a: value })), { manager });
    // Create: the declared value starts it. Shared: what another owns stays with it.
    await synced("fx49", configMap("c", { a: "git", b: "1" }), ignoring({ fields }));
    expect(await dataOf("fx49", configMap("c"))).toEqual({ a: "git", b: "1" });
    await a("fx49", "theirs", "tuner");
    await synced("fx49", configMap("c", { a: "new", b: "2" }), ignoring({ fields }));
    expect(await dataOf("fx49", configMap("c"))).toEqual({ a: "theirs", b: "2" });
    // By manager, whatever the field.
    await synced("fx49-m", configMap("c", { a: "git", b: "1" }), ignoring({ managers: ["tuner"] }));
    await a("fx49-m", "tuned", "tuner");
    await synced("fx49-m", configMap("c", { a: "git", b: "2" }), ignoring({ managers: ["tuner"] }));
    expect(await dataOf("fx49-m", configMap("c"))).toEqual({ a: "tuned", b: "2" });
    // Take-over: an ignored field is no conflict of the adoption.
    await makeNamespace(bench(), "fx49-t");
    const theirs = within("fx49-t", configMap("c", { a: "theirs" }));
    await bench().hand(theirs, { method: "POST", manager: "operator" });
    expect(
      await synced("fx49-t", configMap("c", { a: "git", b: "1" }), ignoring({ fields })),
    ).toEqual(["adopted"]);
    expect(await dataOf("fx49-t", configMap("c"))).toEqual({ a: "theirs", b: "1" });
    // Required and immutable: sent as it lives, so the rest of the change goes through.
    const selecting = (app: string, image: string) => {
      const web = deployment("web", image);
      const labels = { app };
      const template = {
        ...(web["spec"] as { template: object }).template,
        metadata: { labels: { app: "web", also: "git" } },
      };
      return {
        ...web,
        spec: { ...(web["spec"] as object), selector: { matchLabels: labels }, template },
      };
    };
    const selector = ignoring({ kind: "Deployment", fields: ["/spec/selector"] });
    expect(await synced("fx49-i", selecting("web", "web:1"), selector)).toEqual(["created"]);
    const wanted = selecting("git", "web:2");
    expect(await synced("fx49-i", wanted, selector)).toEqual(["configured"]);
    expect((await bench().get(within("fx49-i", wanted)))?.["spec"]).toMatchObject({
      selector: { matchLabels: { app: "web" } },
      template: { spec: { containers: [{ image: "web:2" }] } },
    });
  });

  it("50 HPA metric duplicates: no drift (N-11)", async () => {
    const app = "fx50";
    const target = { type: "Utilization", averageUtilization: 70 };
    const metric = { type: "Resource", resource: { name: "cpu", target } };
    const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
    const metrics = [metric, {}, metric];
    const spec = { scaleTargetRef, maxReplicas: 3, metrics };
    const scaler = {
      ...obj("HorizontalPodAutoscaler", "web", { spec }),
      apiVersion: "autoscaling/v2",
    };
    await bench().sync(app, [scaler]);
    expect((await bench().get(within(app, scaler)))?.["spec"]).toMatchObject({ metrics: [metric] });
    const from = bench().mark;
    const { pass } = await bench().pass(app, { bypassProofs: true });
    expect(pass.drift).toEqual([]);
    expect(bench().writesSince(from)).toEqual([]);
  });

  it("51 Field dropped from Git is removed (A-20)", async () => {
    const app = "fx51";
    const web = (env: readonly object[], more: object, annotations: Record<string, string>) => {
      const labels = { app: "web" };
      const container = { name: "web", image: "web:1", env, ...more };
      const template = { metadata: { labels, annotations }, spec: { containers: [container] } };
      return obj("Deployment", "web", { spec: { selector: { matchLabels: labels }, template } });
    };
    const one = { name: "ONE", value: "1" };
    await bench().sync(app, [
      web([one, { name: "TWO", value: "2" }], { command: ["run"] }, { kept: "1", gone: "1" }),
    ]);
    await bench().sync(app, [web([one], {}, { kept: "1" })]);
    const live = await bench().get(within(app, web([], {}, {})));
    const containers = [expect.objectContaining({ env: [one] })];
    expect(live?.["spec"]).toMatchObject({
      template: { metadata: { annotations: { kept: "1" } }, spec: { containers } },
    });
    expect(JSON.stringify(live?.["spec"])).not.toMatch(/gone|TWO|command/);
  });

  it("52 Key replaced in stringData (A-80)", async () => {
    const app = "fx52";
    const secret = (stringData: Record<string, string>) => obj("Secret", "s", { stringData });
    await bench().sync(app, [secret({ old: "1", kept: "2" })]);
    await bench().sync(app, [secret({ new: "1", kept: "2" })]);
    expect(await dataOf(app, secret({}))).toEqual({ new: "MQ==", kept: "Mg==" });
  });

  it("53 Label- or annotation-only drift (A-36)", async () => {
    const app = "fx53";
    const [labels, annotations] = [{ team: "shop" }, { note: "git" }];
    // One without generation, and one whose generation such an edit does not move.
    const map = obj("ConfigMap", "c", { data: {} }, { labels, annotations });
    const policy = {
      ...obj("NetworkPolicy", "p", { spec: { podSelector: {} } }, { labels, annotations }),
      apiVersion: "networking.k8s.io/v1",
    };
    await bench().sync(app, [map, policy]);
    await bench().watch();
    await bench().pass(app);
    const { live } = bench().world.cluster;
    const edits = [
      { path: "metadata.labels.team", edited: { labels: { team: "them" } } },
      { path: "metadata.annotations.note", edited: { annotations: { note: "them" } } },
    ];
    for (const made of [map, policy]) {
      for (const { path, edited } of edits) {
        const { apiVersion, kind } = made;
        const { name } = made.metadata;
        const group = made === policy ? "networking.k8s.io" : "";
        const seen = () => JSON.stringify(live.entry(`${app}_${name}_${group}_${kind}`)?.object);
        await bench().hand(within(app, { apiVersion, kind, metadata: { name, ...edited } }));
        await until(() => seen().includes("them"), `the watch's news of ${kind}`);
        // Found by the watch alone: nobody asks for a full look.
        const results = (await bench().pass(app)).pass.results;
        const fields = results.flatMap(({ change }) => ("fields" in change ? change.fields : []));
        expect(fields.map((field) => field.path)).toEqual([path]);
        const healed = await bench().get(within(app, made));
        expect(healed?.metadata).toMatchObject({ labels, annotations });
      }
    }
  });
});
