import { describe, expect, it } from "vitest";
import { ApiError } from "../../agent/cluster/errors.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { configMap, deployment, obj, outcomes, sharedBench, within } from "./bench.ts";
import { dyingAt, Killed } from "./dying.ts";

const bench = sharedBench();
const annotations = { "holdfast.dev/recreate": "enabled" };

const frozen = (name: string, value: string) =>
  obj("ConfigMap", name, { data: { a: value }, immutable: true }, { annotations });
const binding = (role: string) =>
  obj(
    "RoleBinding",
    "b",
    { roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role } },
    { annotations },
  );
const roles = [obj("Role", "one", { rules: [] }), obj("Role", "two", { rules: [] })];

async function uidOf(app: string, object: KubeObject): Promise<string | undefined> {
  return (await bench().get(within(app, object)))?.metadata.uid;
}

function deletes(from: number): readonly string[] {
  return bench()
    .writesSince(from)
    .filter((one) => one.startsWith("DELETE"));
}

describe("what cannot be changed in place", () => {
  it("A-62, A-66: immutable data is saved, deleted and made anew, once", async () => {
    const app = "frozen";
    await bench().sync(app, [frozen("f", "1"), configMap("x")]);
    const before = await uidOf(app, frozen("f", "1"));
    const from = bench().mark;
    const done = await bench().sync(app, [frozen("f", "2"), configMap("x")]);
    expect(outcomes(done)).toMatchObject({ "ConfigMap/f": "recreated" });
    expect(bench().writesSince(from).map(verb)).toEqual([
      "PUT holdfast-inventory-frozen",
      "POST secrets",
      "DELETE f",
      "PATCH f",
      "PUT holdfast-inventory-frozen",
    ]);
    expect(await uidOf(app, frozen("f", "2"))).not.toBe(before);
    expect((await bench().get(within(app, frozen("f", "2"))))?.["data"]).toEqual({ a: "2" });
    const quiet = bench().mark;
    await bench().pass(app);
    expect(bench().writesSince(quiet)).toEqual([]);
  });

  it("A-64, case 38: another roleRef", async () => {
    const app = "roleref";
    await bench().sync(app, [...roles, binding("one")]);
    const done = await bench().sync(app, [...roles, binding("two")]);
    expect(outcomes(done)).toMatchObject({ "RoleBinding/b": "recreated" });
    expect((await bench().get(within(app, binding("two"))))?.["roleRef"]).toMatchObject({
      name: "two",
    });
  });

  it("case 36: without the annotation it fails, and nothing is deleted", async () => {
    const app = "refused";
    const plain = (value: string) => obj("ConfigMap", "f", { data: { a: value }, immutable: true });
    await bench().sync(app, [plain("1")]);
    const from = bench().mark;
    const done = await bench().sync(app, [plain("2")]);
    expect(outcomes(done)).toMatchObject({ "ConfigMap/f": "failed" });
    expect(deletes(from)).toEqual([]);
  });

  it("case 37: waits for finalizers, names them, and makes it anew when it is gone", async () => {
    const app = "finalizer";
    await bench().sync(app, [frozen("f", "1"), configMap("x")]);
    const held = within(app, obj("ConfigMap", "f", {}, { finalizers: ["example.com/slow"] }));
    await bench().hand(held);
    const { clock } = bench().world.ports;
    const impatient = {
      ...clock,
      sleep: async () => {
        bench().laterMs += 30_000;
      },
    };
    bench().declare(app, { objects: [frozen("f", "2"), configMap("x")] });
    const done = await bench().pass(app, { clock: impatient });
    expect(done.pass.results.find(({ outcome }) => outcome === "failed")?.problem).toMatchObject({
      reason: "Deleting",
      message: expect.stringContaining("example.com/slow"),
    });
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ConfigMap/f": "skipped" });
    await bench().hand(within(app, obj("ConfigMap", "f", {}, { finalizers: null })));
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ConfigMap/f": "created" });
  });

  it("A-67: a StatefulSet's pods stay and are found again", async () => {
    const app = "stateful";
    const labels = { app: "db" };
    const set = (serviceName: string) =>
      obj("StatefulSet", "db", { spec: { ...spec(labels), serviceName } }, { annotations });
    await bench().sync(app, [set("one"), configMap("x")]);
    const uid = await uidOf(app, set("one"));
    const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: "db", uid };
    const pod = within(
      app,
      obj(
        "Pod",
        "db-0",
        { spec: { containers: [{ name: "c", image: "i" }] } },
        { labels, ownerReferences: [owner] },
      ),
    );
    await bench().hand(pod, { method: "POST" });
    const done = await bench().sync(app, [set("two"), configMap("x")]);
    expect(outcomes(done)).toMatchObject({ "StatefulSet/db": "recreated" });
    expect((await bench().get(pod))?.metadata.deletionTimestamp).toBeUndefined();
    expect(await uidOf(app, set("two"))).not.toBe(uid);
  });

  it("P-83: what could not be saved is not deleted", async () => {
    const app = "unsaved";
    await bench().sync(app, [frozen("f", "1"), configMap("x")]);
    const { client } = bench().world.cluster;
    const failure = {
      status: 403,
      reason: "Forbidden",
      message: "no Secrets for you",
      causes: [],
      indeterminate: false,
    };
    const refusing = {
      ...client,
      create: () => Promise.reject(new ApiError(failure)),
    };
    const from = bench().mark;
    const done = await bench().sync(app, [frozen("f", "2"), configMap("x")], { client: refusing });
    expect(done.pass.results.find(({ outcome }) => outcome === "failed")?.problem).toMatchObject({
      reason: "Forbidden",
      message: expect.stringContaining("is not deleted, because no copy"),
    });
    expect(deletes(from)).toEqual([]);
  });
});

describe("P-51: many at once", () => {
  const all = (value: string) => ["a", "b", "c"].map((name) => frozen(name, value));

  it("are held by number and share, and one accept lets exactly them through", async () => {
    const app = "many";
    await bench().sync(app, [...all("1"), configMap("x")]);
    const from = bench().mark;
    const held = await bench().sync(app, [...all("2"), configMap("x", { a: "2" })]);
    expect(held.pass.held).toMatchObject({
      reason: "PruneGuard",
      plan: expect.stringMatching(/^[0-9a-f]{12}$/),
      message: expect.stringContaining("make them anew"),
    });
    expect(outcomes(held)).toMatchObject({ "ConfigMap/a": "held", "ConfigMap/x": "configured" });
    expect(deletes(from)).toEqual([]);
    const plan = held.pass.held?.plan ?? "";
    const accepts = async () => [{ by: "plan", key: "request:1", plan } as const];
    const done = await bench().pass(app, { accepts });
    expect(outcomes(done)).toMatchObject({
      "ConfigMap/a": "recreated",
      "ConfigMap/c": "recreated",
    });
    expect((await bench().inventory(app))?.accepts).toEqual(["request:1"]);
    const again = await bench().sync(app, [...all("3"), configMap("x", { a: "2" })], { accepts });
    expect(again.pass.held).toBeDefined();
  });

  it("count together with what the same commit drops", async () => {
    const app = "together";
    const rest = [configMap("x"), configMap("y")];
    await bench().sync(app, [frozen("a", "1"), frozen("b", "1"), configMap("z"), ...rest]);
    const done = await bench().sync(app, [frozen("a", "2"), frozen("b", "2"), ...rest]);
    expect(done.pass.held).toMatchObject({ reason: "PruneGuard" });
  });

  it("are neither the last workload nor everything: one alone goes unasked", async () => {
    const app = "last";
    const other = (name: string): KubeObject => {
      const web = deployment("web");
      const labels = { app: name };
      return { ...web, spec: spec(labels), metadata: { ...web.metadata, annotations } };
    };
    await bench().sync(app, [other("one")]);
    const done = await bench().sync(app, [other("two")]);
    expect(done.pass.held).toBeUndefined();
    expect(outcomes(done)).toMatchObject({ "Deployment/web": "recreated" });
  });
});

describe("killed while it makes something anew (KP14, P-17)", () => {
  it.each(
    [1, 2, 3, 4, 5].flatMap((nth) =>
      (["before", "after"] as const).map((cut) => [nth, cut] as const),
    ),
  )("at write %i, %s: it is back within two passes", async (nth, cut) => {
    const app = `killed-${nth}-${cut}`;
    await bench().sync(app, [frozen("f", "1"), configMap("x")]);
    bench().declare(app, { objects: [frozen("f", "2"), configMap("x")] });
    const { wrapped, writes } = dyingAt(nth, cut, bench().world.cluster.client);
    await expect(bench().pass(app, { client: wrapped })).rejects.toBeInstanceOf(Killed);
    expect(writes()).toBeGreaterThanOrEqual(nth);
    expect(await bench().tracked(app)).toEqual(["ConfigMap/f", "ConfigMap/x"]);
    bench().restart();
    await bench().pass(app);
    await bench().pass(app);
    expect((await bench().get(within(app, frozen("f", "2"))))?.["data"]).toEqual({ a: "2" });
    const from = bench().mark;
    await bench().pass(app);
    expect(bench().writesSince(from)).toEqual([]);
    expect(
      [...((await bench().inventory(app))?.entries.values() ?? [])].map(({ state }) => state),
    ).toEqual(["applied", "applied"]);
  });
});

function spec(labels: Readonly<Record<string, string>>) {
  const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } };
  return { replicas: 1, selector: { matchLabels: labels }, template };
}

function verb(write: string): string {
  const [method = "", path = ""] = write.split(" ");
  return `${method} ${path.split("/").at(-1)}`;
}
