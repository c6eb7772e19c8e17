import { describe, expect, it } from "vitest";
import { ApiError } from "../../agent/cluster/errors.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import type { Accept } from "../../agent/plan/guard.ts";
import { configMap, deployment, sharedBench, within } from "./bench.ts";

const bench = sharedBench();
const byKubectl = { manager: "kubectl-client-side-apply", method: "POST" } as const;

async function namespace(name: string): Promise<void> {
  await bench().hand({ apiVersion: "v1", kind: "Namespace", metadata: { name } }, byKubectl);
}

function accepting(plan: string | undefined, more: Partial<Accept> = {}) {
  const accept: Accept = { by: "plan", key: `k:${plan}`, plan: plan ?? "", ...more } as Accept;
  return { accepts: async () => [accept] };
}

/** Apps with a field that kubectl set and Git does not have, as they are after the first pass. */
async function adopted(app: string, more: readonly KubeObject[] = []): Promise<string | undefined> {
  await namespace(app);
  await bench().hand(within(app, configMap("found", { a: "1", old: "x" })), byKubectl);
  for (const object of more) await bench().hand(within(app, object), byKubectl);
  const { pass } = await bench().sync(app, [configMap("found")]);
  return pass.leftovers?.plan;
}

const data = async (app: string) => (await bench().get(within(app, configMap("found"))))?.["data"];

it("A-27: what kubectl set before us stays, and the pass lists it until Git declares it or somebody takes it off", async () => {
  expect(await adopted("found")).toMatch(/^[0-9a-f]{12}$/);
  const expected = {
    count: 1,
    items: [
      expect.objectContaining({ manager: "kubectl-client-side-apply", fields: ["data.old"] }),
    ],
  };
  const again = await bench().pass("found", { bypassProofs: true });
  expect(again.pass).toMatchObject({ leftovers: expected });
  expect(again.pass).not.toHaveProperty("held");
  expect(await data("found")).toEqual({ a: "1", old: "x" });
  const { pass } = await bench().sync("found", [configMap("found", { a: "1", old: "x" })]);
  expect(pass).not.toHaveProperty("leftovers");
});

describe("A-27, P-52: leftovers that somebody accepts", () => {
  it("go, once, and the accept is recorded as used up", async () => {
    const plan = await adopted("once");
    const uid = (await bench().get(within("once", configMap("found"))))?.metadata.uid;
    const { pass, inventory } = await bench().pass("once", accepting(plan));
    expect(await data("once")).toEqual({ a: "1" });
    expect(pass).not.toHaveProperty("leftovers");
    expect(pass.results).toMatchObject([
      { outcome: "configured", change: { cause: "change", fields: [{ path: "data.old" }] } },
    ]);
    expect(inventory.accepts).toEqual([`k:${plan}`]);
    expect((await bench().inventory("once"))?.accepts).toEqual([`k:${plan}`]);
    const live = await bench().get(within("once", configMap("found")));
    expect(live?.metadata.uid).toBe(uid);
    expect(live?.metadata.managedFields?.map(({ manager }) => manager)).toEqual(["holdfast"]);
    // The same leftovers once more: the accept was for those of then.
    await bench().hand(within("once", configMap("found", { old: "x" })), {
      manager: "kubectl-client-side-apply",
    });
    const back = await bench().pass("once", { ...accepting(plan), bypassProofs: true });
    expect(back.pass.leftovers?.plan).toBe(plan);
    expect(await data("once")).toEqual({ a: "1", old: "x" });
  });

  it("are not asked about in steady state: no request without an accept", async () => {
    await adopted("quiet");
    await bench().watch();
    await bench().pass("quiet");
    const from = bench().mark;
    await bench().pass("quiet", accepting("000000000000"));
    expect(bench().writesSince(from)).toEqual([]);
    expect(
      bench()
        .requestsSince(from)
        .filter((one) => one.endsWith("dry-run")),
    ).toEqual([]);
  });

  it("stay when the digest is another, too many are meant, or it names deletions", async () => {
    const plan = await adopted("other");
    const wrong: readonly Accept[] = [
      { by: "plan", key: "a", plan: "0123456789ab" },
      { by: "plan", key: "b", plan: plan ?? "", max: 0 },
      { by: "trailer", key: "c", declared: new Set() },
    ];
    const { inventory } = await bench().pass("other", { accepts: async () => wrong });
    expect(inventory.accepts).toEqual([]);
    expect(await data("other")).toEqual({ a: "1", old: "x" });
  });

  it("stay when they changed since they were told, and the new digest is told instead", async () => {
    const plan = await adopted("moved");
    await bench().hand(within("moved", configMap("found", { more: "y" })));
    const { pass, inventory } = await bench().pass("moved", accepting(plan));
    expect(inventory.accepts).toEqual([]);
    expect(await data("moved")).toEqual({ a: "1", old: "x", more: "y" });
    expect(pass.leftovers?.plan).not.toBe(plan);
    await bench().pass("moved", accepting(pass.leftovers?.plan));
    expect(await data("moved")).toEqual({ a: "1" });
  });

  it("stay when somebody adds one at the last moment", async () => {
    const plan = await adopted("late");
    const accepts = async () => {
      await bench().hand(within("late", configMap("found", { more: "y" })));
      return accepting(plan).accepts();
    };
    const { pass, inventory } = await bench().pass("late", { accepts });
    expect(inventory.accepts).toEqual([]);
    expect(await data("late")).toEqual({ a: "1", old: "x", more: "y" });
    expect(pass.leftovers?.plan).not.toBe(plan);
  });

  it("go although somebody writes the object meanwhile, as long as the same is left", async () => {
    const plan = await adopted("raced");
    const real = bench().world.cluster.client;
    let patches = 0;
    const patch: typeof real.patch = async (...call) => {
      patches += 1;
      const data = { data: { a: "1" } };
      if (patches === 1) {
        const touched = {
          ...configMap("found"),
          ...data,
          metadata: { name: "found", labels: { seen: "1" } },
        };
        await bench().hand(within("raced", touched), { manager: "some-controller" });
      }
      return real.patch(...call);
    };
    const { pass } = await bench().pass("raced", {
      ...accepting(plan),
      client: { ...real, patch },
    });
    expect(pass.results).toMatchObject([{ outcome: "configured" }]);
    expect(patches).toBeGreaterThan(1);
    expect(await data("raced")).toEqual({ a: "1" });
  });

  it("are whose they were when the server refuses to lose them", async () => {
    const plan = await adopted("refused");
    const real = bench().world.cluster.client;
    const apply: typeof real.apply = async () => {
      throw new ApiError({
        status: 422,
        reason: "Invalid",
        message: "data.old: Required value",
        causes: [],
        indeterminate: false,
      });
    };
    const { pass } = await bench().pass("refused", {
      ...accepting(plan),
      client: { ...real, apply },
    });
    expect(pass.results).toMatchObject([{ outcome: "failed" }]);
    expect(await data("refused")).toEqual({ a: "1", old: "x" });
    const after = await bench().pass("refused", { bypassProofs: true });
    expect(after.pass.results).toMatchObject([{ outcome: "unchanged" }]);
    expect(after.pass.leftovers?.plan).toBe(plan);
  });

  it("go with the next pass when the agent is killed half way", async () => {
    const plan = await adopted("killed");
    const real = bench().world.cluster.client;
    const apply: typeof real.apply = async () => {
      throw new Error("killed");
    };
    const killed = bench().pass("killed", { ...accepting(plan), client: { ...real, apply } });
    await expect(killed).rejects.toThrow("killed");
    expect(await data("killed")).toEqual({ a: "1", old: "x" });
    bench().restart();
    const { pass, inventory } = await bench().pass("killed", accepting(plan));
    expect(await data("killed")).toEqual({ a: "1" });
    expect(pass).not.toHaveProperty("leftovers");
    expect(inventory.accepts).toEqual([]);
  });

  it("never take replicas, nor a restart, nor what a rule or another manager has", async () => {
    const app = "never";
    await namespace(app);
    const web = deployment("web");
    const { spec } = web as { spec?: Record<string, unknown> };
    const restarted = { "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z", note: "x" };
    const template = spec?.["template"] as { metadata: object; spec: object };
    const theirs = {
      ...web,
      spec: {
        ...spec,
        replicas: 3,
        paused: true,
        minReadySeconds: 7,
        revisionHistoryLimit: 4,
        template: { ...template, metadata: { ...template.metadata, annotations: restarted } },
      },
    };
    await bench().hand(within(app, theirs as KubeObject), byKubectl);
    await bench().hand(within(app, { ...web, spec: { minReadySeconds: 7 } }), {
      manager: "some-controller",
      method: "APPLY",
    });
    const { replicas: _none, ...declared } = spec ?? {};
    const ignore = [{ kind: "Deployment", fields: ["/spec/revisionHistoryLimit"], managers: [] }];
    const objects = [{ ...web, spec: declared }];
    bench().declare(app, { objects, unit: { drift: { mode: "heal", graceMs: 0, ignore } } });
    const { pass } = await bench().pass(app);
    expect(pass.leftovers?.items).toMatchObject([
      {
        fields: expect.arrayContaining(["spec.paused"]),
        stays: expect.arrayContaining(["spec.replicas", "spec.minReadySeconds"]),
      },
    ]);
    await bench().pass(app, accepting(pass.leftovers?.plan));
    const live = await bench().get(within(app, web));
    const { "kubectl.kubernetes.io/restartedAt": at } = restarted;
    expect(live?.["spec"]).toMatchObject({
      replicas: 3,
      minReadySeconds: 7,
      revisionHistoryLimit: 4,
      template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": at } } },
    });
    expect(live?.["spec"]).not.toHaveProperty("paused");
    expect(JSON.stringify(live)).not.toContain('"note"');
    const kept = live?.metadata.managedFields?.find(({ manager }) => manager === byKubectl.manager);
    expect(kept?.fieldsV1).toEqual({ "f:spec": { "f:revisionHistoryLimit": {} } });
    const after = await bench().pass(app, { bypassProofs: true });
    expect(after.pass.results).toMatchObject([{ outcome: "unchanged" }]);
    expect(after.pass).not.toHaveProperty("leftovers");
  });
});
