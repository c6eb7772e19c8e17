import { describe, expect, it } from "vitest";
import { configMap, deployment, obj, outcomes, sharedBench, widgets, within } from "./bench.ts";
import {
  annotated,
  breakDown,
  dependsOn,
  endJob,
  failures,
  hook,
  inWave,
  makeReady,
  waits,
} from "./order-cases.ts";

/** Nobody makes anything ready but the test. */
const bench = sharedBench({ readyAfterMs: "never" });

const alive = async (app: string, ...objects: ReturnType<typeof obj>[]) => {
  const found = await Promise.all(objects.map((object) => bench().get(within(app, object))));
  return found.flatMap((object) => object?.metadata.name ?? []);
};

describe("waves (O-10, O-15)", () => {
  it("the next one starts when all of this one is healthy", async () => {
    const app = "waves";
    const objects = [inWave(1, deployment("web")), inWave(-1, deployment("db")), configMap("c")];
    const first = await bench().sync(app, objects);
    expect(outcomes(first)).toMatchObject({ "Deployment/db": "created", "ConfigMap/c": "skipped" });
    expect(waits(first)["ConfigMap/c"]).toMatch(/waits for wave -1: Deployment waves\/db \(/);
    expect(await alive(app, ...objects)).toEqual(["db"]);

    await makeReady(bench(), app, "db");
    const second = await bench().pass(app);
    // Wave 0 is healthy as soon as it is there, so wave 1 goes out in the same pass (O-16).
    expect(outcomes(second)).toMatchObject({
      "ConfigMap/c": "created",
      "Deployment/web": "created",
    });
    expect(waits(second)).toEqual({});
  });

  it("what waits is not taken for missing, nor is the commit taken for applied", async () => {
    const app = "to-come";
    const done = await bench().sync(app, [deployment("db"), inWave(1, deployment("web"))]);
    expect(done.pass.health.map(({ ref }) => ref.name)).toEqual(["db"]);
    expect((await bench().inventory(app))?.commit).toBeUndefined();
  });

  it("without waves and hooks nothing is awaited", async () => {
    const done = await bench().sync("none", [deployment("db"), deployment("web"), configMap("c")]);
    expect(Object.values(outcomes(done))).toEqual(["created", "created", "created"]);
  });

  it("a failed object of an earlier wave keeps the later ones back, and the others go on (A-6)", async () => {
    const app = "failing";
    const bad = obj("Service", "bad", { spec: { ports: "none" } });
    const done = await bench().sync(app, [bad, configMap("a"), inWave(1, configMap("b"))]);
    expect(outcomes(done)).toEqual({
      "Service/bad": "failed",
      "ConfigMap/a": "created",
      "ConfigMap/b": "skipped",
    });
    expect(waits(done)["ConfigMap/b"]).toContain("Service failing/bad (failed)");
  });

  it("what was applied once is enforced whatever an earlier wave does later", async () => {
    const app = "enforced";
    const objects = [deployment("db"), inWave(1, configMap("c"))];
    await bench().sync(app, objects);
    await makeReady(bench(), app, "db");
    await bench().pass(app);
    expect(await alive(app, ...objects)).toEqual(["db", "c"]);
    // A new image: wave 0 rolls out again. Meanwhile somebody edits what is in wave 1.
    await bench().hand(within(app, configMap("c", { a: "2" })));
    const next = await bench().sync(app, [deployment("db", "web:2"), inWave(1, configMap("c"))]);
    expect(outcomes(next)).toEqual({ "Deployment/db": "configured", "ConfigMap/c": "configured" });
  });

  it("the place is found anew after a restart: nothing is applied out of turn, nothing twice", async () => {
    const app = "restart";
    await bench().sync(app, [deployment("db"), inWave(1, deployment("web"))]);
    bench().restart();
    const from = bench().mark;
    expect(waits(await bench().pass(app))).toHaveProperty("Deployment/web");
    expect(bench().writesSince(from)).toEqual([]);
    await makeReady(bench(), app, "db");
    bench().restart();
    expect(outcomes(await bench().pass(app))).toMatchObject({ "Deployment/web": "created" });
  });

  it("O-12, case 17: a Namespace and a CRD go out with the first that needs them", async () => {
    const done = await bench().sync("moved", [
      inWave(2, widgets),
      inWave(-1, obj("Widget", "w", { spec: { size: 1 } })),
      inWave(1, obj("Namespace", "moved-inner")),
      hook("pre", "inner", {}, "moved-inner"),
    ]);
    expect(outcomes(done)).toMatchObject({
      "CustomResourceDefinition/widgets.example.com": "skipped",
      "Namespace/moved-inner": "created",
    });
    await endJob(bench(), { app: "moved-inner", name: "inner", how: "Complete" });
    expect(outcomes(await bench().pass("moved"))).toMatchObject({
      "CustomResourceDefinition/widgets.example.com": "created",
      "Widget/w": "created",
    });
  });

  it("case 13: what vanishes between waves is made again, and waited for", async () => {
    const app = "vanishing";
    const objects = [deployment("db"), inWave(1, configMap("c"))];
    await bench().sync(app, objects);
    await makeReady(bench(), app, "db");
    await bench().hand(within(app, deployment("db")), { method: "DELETE" });
    const done = await bench().pass(app);
    expect(outcomes(done)).toMatchObject({ "Deployment/db": "created", "ConfigMap/c": "skipped" });
  });

  it("case 61: what is let alone is not waited for", async () => {
    const app = "alone";
    const alone = annotated(deployment("db"), { "holdfast.dev/reconcile": "disabled" });
    const done = await bench().sync(app, [alone, inWave(1, configMap("c"))]);
    expect(outcomes(done)).toMatchObject({ "ConfigMap/c": "created" });
  });

  it("case 63: a newer revision ends the wait for the one before", async () => {
    const app = "newer";
    await bench().sync(app, [deployment("db"), inWave(1, configMap("c"))]);
    const done = await bench().sync(app, [configMap("db"), inWave(1, configMap("c"))]);
    expect(outcomes(done)).toMatchObject({ "ConfigMap/db": "created", "ConfigMap/c": "created" });
  });

  it("case 67: what is Degraded may recover; until then later waves wait, and nothing is undone", async () => {
    const app = "recovers";
    await bench().sync(app, [deployment("db"), inWave(1, configMap("c"))]);
    await breakDown(bench(), app, "db");
    await bench().pass(app);
    bench().laterMs += 60_000;
    const broken = await bench().pass(app);
    bench().laterMs -= 60_000;
    expect(broken.pass.health).toMatchObject([{ health: { status: "Degraded" } }]);
    expect(waits(broken)["ConfigMap/c"]).toContain("stuck");
    expect(await alive(app, deployment("db"))).toEqual(["db"]);
    await makeReady(bench(), app, "db");
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ConfigMap/c": "created" });
  });

  it("in observe mode and while suspended nothing waits: the whole difference is told", async () => {
    const app = "observed";
    bench().declare(app, { objects: [deployment("db"), inWave(1, deployment("web"))] });
    const done = await bench().pass(app, { enforce: false });
    expect(Object.values(outcomes(done))).toEqual(["reported", "reported"]);
  });
});

describe("dependencies between objects (O-20…O-23)", () => {
  const needs = (object: ReturnType<typeof obj>, ...refs: string[]) =>
    annotated(object, { [dependsOn]: refs.join(", ") });
  const deploymentRef = (app: string, name: string) => `apps/namespaces/${app}/Deployment/${name}`;
  const mapRef = (app: string, name: string) => `/namespaces/${app}/ConfigMap/${name}`;

  it("O-23: an object waits until what it names is healthy; one without waits for nothing", async () => {
    const app = "needs";
    const objects = [
      needs(configMap("c"), deploymentRef(app, "db")),
      deployment("db"),
      configMap("d"),
    ];
    const first = await bench().sync(app, objects);
    expect(outcomes(first)).toMatchObject({ "ConfigMap/c": "skipped", "ConfigMap/d": "created" });
    expect(waits(first)["ConfigMap/c"]).toMatch(/waits for Deployment needs\/db/);
    await makeReady(bench(), app, "db");
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ConfigMap/c": "created" });
  });

  it("O-21: a chain of what is healthy at once goes out in its order, in one pass", async () => {
    const app = "chain";
    const from = bench().mark;
    const done = await bench().sync(app, [
      needs(configMap("a"), mapRef(app, "b")),
      needs(configMap("b"), mapRef(app, "c")),
      configMap("c"),
    ]);
    expect(Object.values(outcomes(done))).toEqual(["created", "created", "created"]);
    const names = bench()
      .writesSince(from)
      .filter((one) => one.startsWith("PATCH"))
      .map((one) => one.at(-1));
    expect(names).toEqual(["c", "b", "a"]);
  });

  it("O-23: a failed one keeps it back", async () => {
    const app = "needs-failed";
    const bad = obj("Service", "bad", { spec: { ports: "none" } });
    const done = await bench().sync(app, [
      needs(configMap("c"), `/namespaces/${app}/Service/bad`),
      bad,
    ]);
    expect(waits(done)).toEqual({ "ConfigMap/c": `waits for Service ${app}/bad` });
  });

  it("O-23: one that is let alone keeps it back; one that ended and went does not (H-8)", async () => {
    const app = "needs-done";
    const ttl = { ttlSecondsAfterFinished: 0 };
    const container = { name: "a", image: "a" };
    const template = { spec: { restartPolicy: "Never", containers: [container] } };
    const job = obj("Job", "once", { spec: { ...ttl, template } });
    const jobRef = `batch/namespaces/${app}/Job/once`;
    const alone = annotated(configMap("alone"), { "holdfast.dev/reconcile": "disabled" });
    const objects = (text: string) => [
      job,
      alone,
      needs(configMap("after", { a: text }), jobRef),
      needs(configMap("never"), mapRef(app, "alone")),
    ];
    await bench().sync(app, objects("1"));
    await endJob(bench(), { app, name: "once", how: "Complete" });
    await bench().pass(app);
    await bench().hand(within(app, job), { method: "DELETE" }); // as its TTL does
    const done = await bench().sync(app, objects("2"));
    expect(outcomes(done)).toMatchObject({ "ConfigMap/after": "configured" });
    expect(waits(done)).toEqual({
      "ConfigMap/never": `waits for ConfigMap ${app}/alone, which is let alone`,
    });
  });

  it("case 92: an edge that is only usual gives way to one that is said", async () => {
    const app = "usual";
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" };
    const binding = `rbac.authorization.k8s.io/namespaces/${app}/RoleBinding/b`;
    const done = await bench().sync(app, [
      needs(obj("Role", "r", { rules: [] }), binding),
      obj("RoleBinding", "b", { roleRef, subjects: [] }),
    ]);
    expect(outcomes(done)).toEqual({ "RoleBinding/b": "created", "Role/r": "created" });
  });

  it("O-22, case 75: a cycle, a stranger, a twin and an unreadable one are told of their objects only", async () => {
    const app = "invalid";
    const done = await bench().sync(app, [
      needs(configMap("a"), mapRef(app, "b")),
      needs(configMap("b"), mapRef(app, "a")),
      needs(configMap("waits"), mapRef(app, "a")),
      needs(configMap("stranger"), mapRef(app, "nobody")),
      needs(configMap("twin"), mapRef(app, "fine"), mapRef(app, "fine")),
      needs(configMap("unreadable"), "ConfigMap fine"),
      inWave(-1, needs(configMap("early"), mapRef(app, "fine"))),
      configMap("fine"),
    ]);
    expect(outcomes(done)).toMatchObject({ "ConfigMap/early": "failed" });
    const without = await bench().sync(app, [
      needs(configMap("a"), mapRef(app, "b")),
      needs(configMap("b"), mapRef(app, "a")),
      needs(configMap("waits"), mapRef(app, "a")),
      needs(configMap("stranger"), mapRef(app, "nobody")),
      needs(configMap("twin"), mapRef(app, "fine"), mapRef(app, "fine")),
      needs(configMap("unreadable"), "ConfigMap fine"),
      configMap("fine"),
    ]);
    expect(outcomes(without)).toEqual({
      "ConfigMap/a": "failed",
      "ConfigMap/b": "failed",
      "ConfigMap/waits": "skipped",
      "ConfigMap/stranger": "failed",
      "ConfigMap/twin": "failed",
      "ConfigMap/unreadable": "failed",
      "ConfigMap/fine": "created",
    });
    const all = failures(without).join("\n");
    expect(all).toContain(`ConfigMap ${app}/a → ConfigMap ${app}/b → ConfigMap ${app}/a`);
    expect(all).toContain(`ConfigMap ${app}/nobody is no object of this app`);
    expect(all).toContain("named twice");
    expect(failures(done).join("\n")).toContain("later wave");
  });
});
