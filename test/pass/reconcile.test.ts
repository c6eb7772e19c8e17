import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import {
  configMap,
  deployment,
  obj,
  outcomes,
  sharedBench,
  until,
  widgets,
  within,
} from "./bench.ts";

const bench = sharedBench();

describe("a first sync and what follows", () => {
  it("P-10, A-92: applies all, makes the namespace, and has it on record before and after", async () => {
    const app = "first";
    const done = await bench().sync(app, [configMap("web"), deployment("web")]);
    expect(outcomes(done)).toEqual({ "ConfigMap/web": "created", "Deployment/web": "created" });
    const inventory = await bench().inventory(app);
    expect([...(inventory?.entries.values() ?? [])]).toHaveLength(2);
    for (const entry of inventory?.entries.values() ?? []) {
      expect(entry).toMatchObject({ state: "applied", uid: expect.any(String) });
    }
    expect(inventory).toMatchObject({ implicit: [app], commit: done.pass.attempted?.id });
    const namespace = await bench().get(obj("Namespace", app));
    expect(namespace?.metadata.annotations ?? {}).not.toHaveProperty("holdfast.dev/owner");
    const live = await bench().get(within(app, configMap("web")));
    expect(live?.metadata.labels).toHaveProperty("holdfast.dev/installation");
  });

  it("P-10: the intent is stored before the first object is written", async () => {
    const from = bench().mark;
    await bench().sync("order", [configMap("web"), deployment("web")]);
    const writes = bench().writesSince(from);
    expect(writes[0]).toMatch(/^POST .*configmaps$/);
    expect(writes.at(-1)).toMatch(/^PUT .*holdfast-inventory-order$/);
  });

  it("P8, A-36: the second pass writes nothing, and with watches asks for no object", async () => {
    const app = "quiet";
    await bench().sync(app, [configMap("web"), obj("Secret", "s"), deployment("web")]);
    await bench().watch();
    await until(
      async () =>
        (await bench().pass(app)).pass.health.every(({ health }) => health.status === "Healthy"),
      "healthy",
    );
    await bench().pass(app);
    const from = bench().mark;
    const done = await bench().pass(app);
    expect(Object.values(outcomes(done))).toEqual(["unchanged", "unchanged", "unchanged"]);
    expect(bench().requestsSince(from)).toEqual([
      expect.stringContaining("holdfast-inventory-quiet"),
    ]);
    const bypassed = bench().mark;
    await bench().pass(app, { bypassProofs: true });
    expect(
      bench()
        .requestsSince(bypassed)
        .filter((one) => one.endsWith("dry-run")),
    ).toHaveLength(3);
    expect(bench().writesSince(bypassed)).toEqual([]);
  });

  it("A-36: a new agent, which remembers nothing, writes nothing either", async () => {
    const app = "again";
    await bench().sync(app, [configMap("web"), deployment("web")]);
    await bench().pass(app);
    bench().restart();
    const from = bench().mark;
    expect(Object.values(outcomes(await bench().pass(app)))).toEqual(["unchanged", "unchanged"]);
    expect(bench().writesSince(from)).toEqual([]);
  });

  it("§3.1: what others need in order to be accepted is sent first", async () => {
    const app = "stages";
    const from = bench().mark;
    const subject = { kind: "ServiceAccount", name: "robot", namespace: app };
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" };
    await bench().sync(app, [
      deployment("web"),
      obj("RoleBinding", "b", { roleRef, subjects: [subject] }),
      obj("Role", "r", { rules: [] }),
      obj("ServiceAccount", "robot"),
      obj("Namespace", app),
    ]);
    const order = bench()
      .writesSince(from)
      .filter((one) => one.startsWith("PATCH"))
      .map((one) => one.split("/").at(-2));
    expect(order[0]).toBe("namespaces");
    expect(order.slice(1, 3).sort()).toEqual(["roles", "serviceaccounts"]);
    expect(order.slice(3)).toEqual(["rolebindings", "deployments"]);
  });

  it("A-100, A-7: a CRD and its resource arrive in one pass", async () => {
    const done = await bench().sync("crd", [obj("Widget", "w", { spec: { size: 3 } }), widgets]);
    expect(outcomes(done)).toEqual({
      "CustomResourceDefinition/widgets.example.com": "created",
      "Widget/w": "created",
    });
    await bench().pass("crd");
    expect((await bench().inventory("crd"))?.entries.get("crd_w_example.com_Widget")).toMatchObject(
      {
        plural: "widgets",
        state: "applied",
      },
    );
  });
});

describe("drift", () => {
  it("O25: a hand edit is healed, and named: field, manager, operation, time", async () => {
    const app = "edit";
    await bench().sync(app, [configMap("web")]);
    await bench().watch();
    await bench().hand(within(app, configMap("web", { a: "2" })), { manager: "kubectl-edit" });
    const done = await bench().pass(app, { bypassProofs: true });
    expect(outcomes(done)).toEqual({ "ConfigMap/web": "configured" });
    expect(done.pass.drift).toEqual([
      expect.objectContaining({
        action: "healed",
        fields: [
          expect.objectContaining({
            path: "data.a",
            live: "2",
            desired: "1",
            manager: "kubectl-edit",
            operation: "Update",
            time: expect.any(String),
          }),
        ],
      }),
    ]);
    expect((await bench().get(within(app, configMap("web"))))?.["data"]).toEqual({ a: "1" });
    expect(bench().events).toContainEqual(
      expect.objectContaining({ type: "drift", app, kind: "modified", managers: ["kubectl-edit"] }),
    );
  });

  it("D-22: what others added is not drift, and stays", async () => {
    const app = "others";
    await bench().sync(app, [configMap("web")]);
    await bench().hand(within(app, obj("ConfigMap", "web", { data: { b: "x" } })));
    const from = bench().mark;
    await bench().pass(app, { bypassProofs: true });
    expect(bench().writesSince(from)).toEqual([]);
    expect((await bench().get(within(app, configMap("web"))))?.["data"]).toEqual({
      a: "1",
      b: "x",
    });
  });

  it("O26: what was deleted by hand is made again, and its loss told", async () => {
    const app = "lost";
    await bench().sync(app, [configMap("web")]);
    await bench().hand(within(app, configMap("web")), { method: "DELETE" });
    const done = await bench().pass(app, { bypassProofs: true });
    expect(outcomes(done)).toEqual({ "ConfigMap/web": "created" });
    expect(bench().events).toContainEqual(
      expect.objectContaining({ type: "drift", app, kind: "missing" }),
    );
  });

  it("D-10: a label taken off is put back", async () => {
    const app = "label";
    await bench().sync(app, [configMap("web")]);
    const label = { "holdfast.dev/installation": null };
    await bench().hand(within(app, obj("ConfigMap", "web", {}, { labels: label })));
    await bench().pass(app, { bypassProofs: true });
    const live = await bench().get(within(app, configMap("web")));
    expect(live?.metadata.labels).toHaveProperty("holdfast.dev/installation");
  });

  it("D-27: grace counts from first sight, says when it ends, and then heals", async () => {
    const app = "grace";
    const unit = { drift: { mode: "heal", graceMs: 60_000, ignore: [] } } as const;
    bench().declare(app, { objects: [configMap("web")], unit });
    await bench().pass(app);
    await bench().hand(within(app, configMap("web", { a: "2" })));
    const first = await bench().pass(app, { bypassProofs: true });
    const seenMs = bench().world.ports.clock.now();
    expect(outcomes(first)).toEqual({ "ConfigMap/web": "reported" });
    expect(Math.abs(Date.parse(first.pass.drift[0]?.since ?? "") - seenMs)).toBeLessThan(5_000);
    expect(Math.abs((first.dueMs ?? 0) - seenMs - 60_000)).toBeLessThan(5_000);
    bench().laterMs += 61_000;
    expect(outcomes(await bench().pass(app, { bypassProofs: true }))).toEqual({
      "ConfigMap/web": "configured",
    });
  });

  it("D-27: report mode writes nothing, and forgets its first sight once all is well", async () => {
    const app = "report";
    const unit = { drift: { mode: "report", graceMs: 0, ignore: [] } } as const;
    bench().declare(app, { objects: [configMap("web")], unit });
    await bench().pass(app);
    await bench().hand(within(app, configMap("web", { a: "2" })));
    const from = bench().mark;
    const done = await bench().pass(app, { bypassProofs: true });
    expect(done.pass.drift).toEqual([expect.objectContaining({ action: "reported" })]);
    expect(bench().writesSince(from)).toEqual([]);
    expect(bench().slot(app).memory.differsSinceMs.size).toBe(1);
    await bench().hand(within(app, configMap("web", { a: "1" })));
    await bench().pass(app, { bypassProofs: true });
    expect(bench().slot(app).memory.differsSinceMs.size).toBe(0);
  });

  it("O33: hold-until says when it ends", async () => {
    const app = "glass";
    await bench().sync(app, [configMap("web")]);
    const until = new Date(bench().world.ports.clock.now() + 3_600_000).toISOString();
    const annotations = { "holdfast.dev/hold-until": until };
    await bench().hand(within(app, obj("ConfigMap", "web", { data: { a: "2" } }, { annotations })));
    const done = await bench().pass(app, { bypassProofs: true });
    expect(done.pass.drift).toEqual([expect.objectContaining({ action: "break-glass" })]);
    expect(done.dueMs).toBe(Date.parse(until));
  });

  it("A-141, A-22: kubectl apply by a person is undone field by field, and does not keep what Git drops", async () => {
    const app = "mixed";
    await bench().sync(app, [configMap("web", { a: "1", b: "1" })]);
    await bench().hand(within(app, configMap("web", { a: "2", b: "1" })), {
      manager: "kubectl",
      method: "APPLY",
    });
    await bench().sync(app, [configMap("web", { a: "1" })]);
    expect((await bench().get(within(app, configMap("web"))))?.["data"]).toEqual({ a: "1" });
  });
});

describe("adoption and take-over", () => {
  it("O01: what kubectl made is adopted; undeclared fields stay; dropped ones then go (A-22, A-27)", async () => {
    const app = "adopt";
    await bench().hand(obj("Namespace", app), { method: "POST" });
    const last = { "kubectl.kubernetes.io/last-applied-configuration": "{}" };
    const made = obj(
      "ConfigMap",
      "web",
      { data: { a: "0", b: "1", c: "1" } },
      { annotations: last },
    );
    await bench().hand(within(app, made), { method: "POST", manager: "kubectl-client-side-apply" });
    const done = await bench().sync(app, [configMap("web", { a: "1", b: "1" })]);
    expect(outcomes(done)).toEqual({ "ConfigMap/web": "adopted" });
    const adopted = await bench().get(within(app, configMap("web")));
    expect(adopted?.["data"]).toEqual({ a: "1", b: "1", c: "1" });
    expect(adopted?.metadata.annotations).not.toHaveProperty(Object.keys(last)[0] ?? "");
    await bench().sync(app, [configMap("web", { a: "1" })]);
    expect((await bench().get(within(app, configMap("web"))))?.["data"]).toEqual({
      a: "1",
      c: "1",
    });
  });

  it("A-13: what a living manager owns is not overwritten by adoption, unless a person says so", async () => {
    const app = "dispute";
    await bench().hand(obj("Namespace", app), { method: "POST" });
    await bench().hand(within(app, configMap("web", { a: "0" })), {
      method: "POST",
      manager: "operator",
    });
    const refused = await bench().sync(app, [configMap("web"), configMap("free")]);
    expect(outcomes(refused)).toEqual({ "ConfigMap/web": "failed", "ConfigMap/free": "created" });
    expect(refused.pass.results.find(({ outcome }) => outcome === "failed")?.problem).toMatchObject(
      {
        reason: "FieldConflict",
      },
    );
    expect((await bench().get(within(app, configMap("web"))))?.["data"]).toEqual({ a: "0" });
    const taken = await bench().pass(app, { takeOver: true });
    expect(outcomes(taken)).toMatchObject({ "ConfigMap/web": "adopted" });
  });

  it("O03: another tool's object is held, and its neighbours are applied", async () => {
    const app = "argo";
    await bench().hand(obj("Namespace", app), { method: "POST" });
    const annotations = { "argocd.argoproj.io/tracking-id": "x" };
    await bench().hand(within(app, obj("ConfigMap", "web", {}, { annotations })), {
      method: "POST",
    });
    const done = await bench().sync(app, [configMap("web"), configMap("free")]);
    expect(outcomes(done)).toEqual({ "ConfigMap/web": "held", "ConfigMap/free": "created" });
  });

  it("P-60: an accepted take-over takes the tool's marks off, and what Git drops later really goes (A-21)", async () => {
    const app = "taken";
    await bench().hand(obj("Namespace", app), { method: "POST" });
    const annotations = { "argocd.argoproj.io/tracking-id": "x", "example.com/note": "stays" };
    const labels = { "argocd.argoproj.io/instance": "x" };
    const made = obj(
      "ConfigMap",
      "web",
      { data: { a: "0", b: "1", c: "1" } },
      { annotations, labels },
    );
    await bench().hand(within(app, made), { method: "APPLY", manager: "argocd-controller" });
    const wanted = configMap("web", { a: "1", b: "1" });
    expect(outcomes(await bench().sync(app, [wanted]))).toEqual({ "ConfigMap/web": "held" });
    const untouched = await bench().get(within(app, wanted));
    expect(untouched?.metadata.annotations).toEqual(annotations);
    expect(outcomes(await bench().pass(app, { takeOver: true }))).toEqual({
      "ConfigMap/web": "adopted",
    });
    const taken = await bench().get(within(app, wanted));
    expect(taken?.metadata.annotations).toMatchObject({ "example.com/note": "stays" });
    expect(taken?.metadata.annotations).not.toHaveProperty(["argocd.argoproj.io/tracking-id"]);
    expect(taken?.metadata.labels).not.toHaveProperty(["argocd.argoproj.io/instance"]);
    expect(taken?.["data"]).toEqual({ a: "1", b: "1", c: "1" });
    expect(outcomes(await bench().pass(app))).toEqual({ "ConfigMap/web": "unchanged" });
    await bench().sync(app, [configMap("web", { a: "1" })]);
    expect((await bench().get(within(app, wanted)))?.["data"]).toEqual({ a: "1", c: "1" });
  });

  it("A-28: a rival creation between our look and our write is looked at again", async () => {
    const app = "rival";
    await bench().hand(obj("Namespace", app), { method: "POST" });
    const { client } = bench().world.cluster;
    let isFirst = true;
    const raced: typeof client = {
      ...client,
      apply: async (object, over, signal) => {
        if (isFirst) {
          isFirst = false;
          await bench().hand(within(app, configMap("web", { a: "0" })), { method: "POST" });
        }
        return client.apply(object, over, signal);
      },
    };
    const done = await bench().sync(app, [configMap("web")], { client: raced });
    expect(outcomes(done)).toEqual({ "ConfigMap/web": "adopted" });
    expect((await bench().get(within(app, configMap("web"))))?.["data"]).toEqual({ a: "1" });
  });

  it("A-14: who is changed again and again is left for a later pass", async () => {
    const app = "raced";
    await bench().sync(app, [configMap("web")]);
    const { client } = bench().world.cluster;
    let count = 0;
    const raced: typeof client = {
      ...client,
      apply: async (object, over, signal) => {
        count += 1;
        if (over !== undefined)
          await bench().hand(within(app, configMap("web", { b: `${count}` })));
        return client.apply(object, over, signal);
      },
    };
    const done = await bench().sync(app, [configMap("web", { a: "9" })], { client: raced });
    expect(count).toBe(5);
    expect(done.pass.results[0]?.problem).toMatchObject({
      reason: "WriteRaced",
      file: `apps/${app}/objects.yaml`,
    });
  });
});

describe("two apps (P-62, P-63)", () => {
  const shared = within("shared", configMap("web"));
  const space: KubeObject = obj("Namespace", "shared");

  it("O02: the first keeps it, the other says so, nothing flaps", async () => {
    await bench().hand(space, { method: "POST" });
    bench().declare("one", { objects: [shared] });
    bench().declare("two", { objects: [shared] });
    expect(outcomes(await bench().pass("two"))).toEqual({ "ConfigMap/web": "failed" });
    expect(outcomes(await bench().pass("one"))).toEqual({ "ConfigMap/web": "created" });
    const from = bench().mark;
    for (const app of ["two", "one", "two"]) await bench().pass(app, { bypassProofs: true });
    expect(bench().writesSince(from)).toEqual([]);
    const done = await bench().pass("two");
    expect(done.pass.results[0]?.problem).toMatchObject({ reason: "ObjectConflict" });
  });

  it.each([
    ["from first", ["from-a", "to-a"]],
    ["to first", ["to-b", "from-b"]],
  ])("O05: handed over in one commit, %s: never deleted", async (_name, order) => {
    const [letter = "a"] = (order[0] ?? "").split("-").slice(1);
    const [from, to] = [`from-${letter}`, `to-${letter}`];
    const moved = within(from, configMap("web"));
    await bench().sync(from, [moved, configMap("stays"), configMap("stays2")]);
    const before = await bench().get(moved);
    bench().declare(from, { objects: [configMap("stays"), configMap("stays2")] });
    bench().declare(to, { objects: [moved] });
    for (const app of [...order, ...order]) await bench().pass(app);
    const after = await bench().get(moved);
    expect(after?.metadata.uid).toBe(before?.metadata.uid);
    expect(after?.metadata.annotations?.["holdfast.dev/owner"]).toContain(`/${to}/`);
    expect(await bench().tracked(from)).not.toContain("ConfigMap/web");
    expect(await bench().tracked(to)).toContain("ConfigMap/web");
  });
});

describe("what fails stays alone", () => {
  it("A-6, A-70: one refused object of many, with file and line; the others are applied", async () => {
    const bad = obj("Deployment", "bad", { spec: { replicas: "many" } });
    const done = await bench().sync("bad", [
      configMap("a"),
      bad,
      configMap("b"),
      deployment("good"),
    ]);
    expect(outcomes(done)).toEqual({
      "ConfigMap/a": "created",
      "ConfigMap/b": "created",
      "Deployment/bad": "failed",
      "Deployment/good": "created",
    });
    expect(done.pass.results.find(({ outcome }) => outcome === "failed")?.problem).toMatchObject({
      reason: "Rejected",
      file: "apps/bad/objects.yaml",
      line: 11,
    });
    expect((await bench().inventory("bad"))?.commit).toBeUndefined();
    expect(await bench().tracked("bad")).toContain("Deployment/bad");
  });

  it("P-42: and nothing is pruned meanwhile", async () => {
    const app = "bad-prune";
    await bench().sync(app, [configMap("a"), configMap("b"), configMap("c")]);
    const bad = obj("Deployment", "bad", { spec: { replicas: "many" } });
    await bench().sync(app, [configMap("a"), configMap("b"), bad]);
    expect(await bench().get(within(app, configMap("c")))).toBeDefined();
    expect(await bench().tracked(app)).toContain("ConfigMap/c");
  });

  it("A-102: an unknown kind fails alone, and can be dropped again", async () => {
    const app = "unknown";
    const gadget = obj("Gadget", "g", { apiVersion: "nobody.example.com/v1" });
    const done = await bench().sync(app, [configMap("a"), configMap("b"), gadget]);
    expect(outcomes(done)).toMatchObject({ "ConfigMap/a": "created", "Gadget/g": "failed" });
    expect(done.pass.results.find(({ outcome }) => outcome === "failed")?.problem).toMatchObject({
      reason: "KindMissing",
    });
    const dropped = await bench().sync(app, [configMap("a"), configMap("b")]);
    expect(Object.values(outcomes(dropped))).not.toContain("failed");
    expect(await bench().tracked(app)).toEqual(["ConfigMap/a", "ConfigMap/b"]);
  });

  it("A-6: members of a namespace that is refused wait for it", async () => {
    const bad = obj("Namespace", "Bad_Name");
    const inside = within("Bad_Name", configMap("a"));
    const done = await bench().sync("waits", [bad, inside, configMap("free")]);
    expect(outcomes(done)).toEqual({
      "Namespace/Bad_Name": "failed",
      "ConfigMap/a": "skipped",
      "ConfigMap/free": "created",
    });
    expect(done.pass.waiting).toEqual([
      expect.objectContaining({ why: expect.stringContaining("Bad_Name") }),
    ]);
  });
});

it("§4.4: what is not to be reconciled is neither touched nor awaited", async () => {
  const app = "off";
  const annotations = { "holdfast.dev/reconcile": "disabled" };
  const off = obj("ConfigMap", "off", { data: {} }, { annotations });
  const done = await bench().sync(app, [configMap("on"), off]);
  expect(outcomes(done)).toEqual({ "ConfigMap/on": "created", "ConfigMap/off": "skipped" });
  expect(done.pass.health.map(({ ref }) => ref.name)).toEqual(["on"]);
});

it("H-8: a Job that its TTL took away is done, and not made again", async () => {
  const app = "job";
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "x", image: "x" }] } };
  const job = obj("Job", "once", { spec: { ttlSecondsAfterFinished: 60, template } });
  await bench().sync(app, [job]);
  await bench().watch();
  await until(async () => {
    const { pass } = await bench().pass(app, { bypassProofs: true });
    return pass.health.every(({ health }) => health.status === "Healthy");
  }, "the job's end");
  await bench().hand(within(app, job), { method: "DELETE" });
  await until(
    () => bench().world.cluster.live.entry(`${app}_once_batch_Job`) === undefined,
    "gone",
  );
  const from = bench().mark;
  const done = await bench().pass(app);
  expect(outcomes(done)).toEqual({ "Job/once": "skipped" });
  expect(done.pass.health).toEqual([]);
  expect(bench().writesSince(from)).toEqual([]);
});

it("D-27: an app that observes writes nothing at all", async () => {
  const app = "observer";
  bench().declare(app, { objects: [configMap("web")], unit: { mode: "observe" } });
  const from = bench().mark;
  const done = await bench().pass(app);
  expect(outcomes(done)).toEqual({ "ConfigMap/web": "reported" });
  expect(bench().writesSince(from)).toEqual([]);
});

it("P-44: nor does a suspended one, also when Git no longer has it", async () => {
  const app = "suspended";
  await bench().sync(app, [configMap("web")]);
  bench().declare(app, { objects: [configMap("web", { a: "2" }), configMap("new")] });
  const from = bench().mark;
  await bench().pass(app, { enforce: false });
  const removal = { how: "delete", reason: "AppRemoved", why: "gone" } as const;
  bench().declare(app, { objects: [] });
  await bench().pass(app, { enforce: false, removal });
  expect(bench().writesSince(from)).toEqual([]);
});
