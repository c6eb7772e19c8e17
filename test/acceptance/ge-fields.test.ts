import { describe, expect, it } from "vitest";
import type { ClusterClient } from "../../agent/cluster/client.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { type Json, mapAt } from "../../cli/sandbox/kubernetes/json.ts";
import { configMap, deployment, obj, outcomes, sharedBench, within } from "../pass/bench.ts";
import { failures } from "../pass/order-cases.ts";
import { makeNamespace } from "./scene.ts";

const counter = { now: 0 };

/** A webhook labels what is made in the namespace ge26; another one does not do the same thing twice. */
const bench = sharedBench({
  admit: ({ namespace, object, operation }) => {
    if (!namespace.startsWith("ge26") || object?.kind !== "ConfigMap" || operation === "DELETE")
      return undefined;
    counter.now += 1;
    const injected = namespace === "ge26" ? "yes" : `number-${counter.now}`;
    const labels = { ...mapAt(object, "metadata", "labels"), injected };
    return { object: { ...object, metadata: { ...mapAt(object, "metadata"), labels } } as Json };
  },
});

/** What a second look at it finds: nothing to write, no drift. */
async function settled(app: string) {
  const from = bench().mark;
  const { pass } = await bench().pass(app, { bypassProofs: true });
  return { writes: bench().writesSince(from), drift: pass.drift };
}
const quiet = { writes: [], drift: [] };

const nullable: KubeObject = obj("CustomResourceDefinition", "knobs.ge21.example.com", {
  spec: {
    group: "ge21.example.com",
    scope: "Namespaced",
    names: { plural: "knobs", singular: "knob", kind: "Knob", listKind: "KnobList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: { level: { type: "integer", nullable: true } },
              },
            },
          },
        },
      },
    ],
  },
});

describe("acceptance GE: fields", () => {
  it("16 Take-over of legacy entries only, 409 retried (A-21, A-22)", async () => {
    const app = "ge16";
    await makeNamespace(bench(), app);
    const made = within(app, configMap("web", { a: "1", b: "1" }));
    await bench().hand(made, { method: "POST", manager: "kubectl-client-side-apply" });
    await bench().hand(within(app, configMap("web", { c: "theirs" })), { manager: "operator" });
    const { client } = bench().world.cluster;
    let patches = 0;
    const raced: ClusterClient = {
      ...client,
      patch: async (...call) => {
        patches += 1;
        if (patches === 1)
          await bench().hand(within(app, configMap("web", { d: "meanwhile" })), {
            manager: "late",
          });
        return client.patch(...call);
      },
    };
    const done = await bench().sync(app, [configMap("web", { a: "1" })], { client: raced });
    expect(outcomes(done)).toEqual({ "ConfigMap/web": "adopted" });
    expect(patches).toBe(2);
    const fields = (await bench().get(made))?.metadata.managedFields ?? [];
    const owned = Object.fromEntries(
      fields.map(({ manager, fieldsV1 }) => [manager, Object.keys(mapOf(fieldsV1, "f:data"))]),
    );
    expect(owned).toMatchObject({
      "kubectl-client-side-apply": expect.not.arrayContaining(["f:a"]),
      operator: ["f:c"],
      late: ["f:d"],
      holdfast: expect.arrayContaining(["f:a"]),
    });
    expect(owned["kubectl-client-side-apply"]).toContain("f:b");
  });

  it("21 null against absent visible (A-44)", async () => {
    const app = "ge21";
    const knob = (spec: object) => ({
      ...obj("Knob", "k", { spec }),
      apiVersion: "ge21.example.com/v1",
    });
    await bench().sync(app, [nullable, knob({ level: 3 })]);
    await bench().sync(app, [nullable, knob({ level: null })]);
    expect((await bench().get(within(app, knob({}))))?.["spec"]).toEqual({ level: null });
    const bare = [{ op: "remove", path: "/spec/level" }] as const;
    const live = await bench().get(within(app, knob({})));
    if (live === undefined) throw new Error("gone");
    const { client } = bench().world.cluster;
    const { uid = "", resourceVersion = "" } = live.metadata;
    const ref = {
      group: "ge21.example.com",
      version: "v1",
      kind: "Knob",
      namespace: app,
      name: "k",
    };
    await client.patch(ref, bare, { uid, resourceVersion }, AbortSignal.timeout(5_000));
    const { pass } = await bench().pass(app, { bypassProofs: true });
    expect(pass.drift.flatMap(({ fields }) => fields)).toEqual([
      expect.objectContaining({ path: "spec.level", desired: null }),
    ]);
    expect((await bench().get(within(app, knob({}))))?.["spec"]).toEqual({ level: null });
  });

  it("22 Secret null data, non-string stringData (A-80, A-81)", async () => {
    const app = "ge22";
    const done = await bench().sync(app, [
      obj("Secret", "nothing", { data: null }),
      obj("Secret", "gap", { data: { gap: null, key: "djE=" } }),
      obj("Secret", "number", { stringData: { port: 5432 } }),
    ]);
    expect(outcomes(done)).toMatchObject({
      "Secret/nothing": "created",
      "Secret/gap": "created",
      "Secret/number": "failed",
    });
    expect(failures(done)).toHaveLength(1);
    const nothing = await bench().get(within(app, obj("Secret", "nothing")));
    expect(nothing).not.toHaveProperty("data");
    const gap = await bench().get(within(app, obj("Secret", "gap")));
    expect(gap?.["data"]).toEqual({ gap: "", key: "djE=" });
  });

  it("23 Equal values, equal masks (§2.5)", async () => {
    const app = "ge23";
    const secret = (data: Record<string, string>) => obj("Secret", "s", { data });
    await bench().sync(app, [secret({ same: "YWJjZA==", other: "ZWZnaA==" })]);
    const edited = secret({ same: "aWprbA==", other: "ZWZnaA==" });
    await bench().hand(within(app, edited));
    const { pass } = await bench().pass(app, { bypassProofs: true });
    const [field] = pass.drift.flatMap(({ fields }) => fields);
    expect(pass.drift.flatMap(({ fields }) => fields)).toHaveLength(1);
    expect(field).toMatchObject({ path: "data.same", live: "*** #1", desired: "*** #2" });
    expect(JSON.stringify(pass.drift)).not.toMatch(/YWJjZA|aWprbA/);
    // All at once: equal ones look equal, others do not.
    const three = secret({ one: "YWJjZA==", two: "YWJjZA==", three: "ZWZnaA==" });
    await bench().sync(`${app}-all`, [three]);
    const { data: _data, ...none } = three;
    await bench().hand(within(`${app}-all`, { ...none, data: null }));
    const lost = await bench().pass(`${app}-all`, { bypassProofs: true });
    expect(lost.pass.drift.flatMap(({ fields }) => fields)).toEqual([
      expect.objectContaining({
        path: "data",
        desired: { one: "*** #1", two: "*** #1", three: expect.stringMatching(/^\*\*\* #[23]$/) },
      }),
    ]);
    await bench().hand(within(app, secret({ other: "aWprbA==" })));
    const again = await bench().pass(app, { bypassProofs: true });
    expect(again.pass.drift.flatMap(({ fields }) => fields)[0]).toMatchObject({
      live: "*** #1",
      desired: "*** #2",
    });
  });

  it("24 Null rules, null creationTimestamp: no drift (N-3, N-8)", async () => {
    const app = "ge24";
    const web = deployment("web");
    const spec = web["spec"] as { template: { metadata: object } };
    const metadata = { ...spec.template.metadata, creationTimestamp: null };
    const template = { ...spec.template, metadata };
    await bench().sync(app, [
      obj("Role", "none", { rules: null }),
      obj("Role", "empty", { rules: [] }),
      { ...web, spec: { ...spec, template } },
    ]);
    expect(await settled(app)).toEqual(quiet);
  });

  it("25 Aggregated ClusterRole rules: no drift (N-7)", async () => {
    const app = "ge25";
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { "ge25/to": "all" } }] };
    const role = obj("ClusterRole", "ge25-all", { aggregationRule, rules: [] });
    await bench().sync(app, [role]);
    const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];
    const filled = { ...role, rules };
    await bench().hand(filled, { manager: "clusterrole-aggregation-controller", method: "APPLY" });
    expect((await bench().get(role))?.["rules"]).toEqual(rules);
    expect(await settled(app)).toEqual(quiet);
    expect((await bench().get(role))?.["rules"]).toEqual(rules);
  });

  it("26 Webhook mutations no drift, unstable ones a fight (A-39, A-141)", async () => {
    const app = "ge26";
    await bench().sync(app, [configMap("c")]);
    const live = await bench().get(within(app, configMap("c")));
    expect(live?.metadata.labels).toHaveProperty("injected", "yes");
    expect(await settled(app)).toEqual(quiet);

    const restless = "ge26-restless";
    await bench().sync(restless, [configMap("c")]);
    const from = bench().mark;
    for (let round = 0; round < 8; round += 1) await settled(restless);
    expect(bench().writesSince(from).length).toBeLessThan(8);
    const { pass } = await bench().pass(restless, { bypassProofs: true });
    expect(pass.drift).toContainEqual(
      expect.objectContaining({
        action: "backing-off",
        fields: [
          expect.objectContaining({ path: "metadata.labels.injected", manager: "admission" }),
        ],
      }),
    );
  });
});

function mapOf(value: unknown, key: string): object {
  const found = (value as Readonly<Record<string, unknown>> | undefined)?.[key];
  return (found ?? {}) as object;
}
