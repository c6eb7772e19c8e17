import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { configMap, deployment, obj, outcomes, sharedBench, within } from "../pass/bench.ts";
import { failures } from "../pass/order-cases.ts";
import { alive, deletesSince, impatient, rest, uidOf, withAnnotations } from "./scene.ts";

const bench = sharedBench();
const recreate = { "holdfast.dev/recreate": "enabled" };

const token = (value: string): KubeObject =>
  obj("Secret", "token", { immutable: true, stringData: { token: value } });

const binding = (role: string): KubeObject => {
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role };
  return obj("RoleBinding", "b", { roleRef });
};

describe("acceptance FX: what cannot be changed in place", () => {
  it("36 An immutable Secret fails without recreate (A-60, A-61)", async () => {
    const app = "fx36";
    await bench().sync(app, [token("one"), ...rest]);
    const uid = await uidOf(bench(), app, token("one"));
    const from = bench().mark;
    const done = await bench().sync(app, [token("two"), configMap("new"), ...rest]);
    expect(outcomes(done)).toMatchObject({ "Secret/token": "failed", "ConfigMap/new": "created" });
    const [failure = ""] = failures(done);
    expect(failure).toMatch(/^ImmutableField: .*fx36\/token/);
    expect(failure).not.toContain("dHdv"); // base64 of "two"
    expect(deletesSince(bench(), from)).toEqual([]);
    expect(await uidOf(bench(), app, token("one"))).toBe(uid);
  });

  it("37 Recreate waits for finalizers (A-62)", async () => {
    const app = "fx37";
    await bench().sync(app, [withAnnotations(token("one"), recreate), ...rest]);
    const uid = await uidOf(bench(), app, token("one"));
    const slow = (finalizers: readonly string[] | null) =>
      bench().hand(within(app, obj("Secret", "token", {}, { finalizers })));
    await slow(["example.com/slow"]);
    bench().declare(app, { objects: [withAnnotations(token("two"), recreate), ...rest] });
    const done = await bench().pass(app, { clock: impatient(bench()) });
    expect(failures(done)).toEqual([expect.stringContaining("example.com/slow")]);
    expect(await uidOf(bench(), app, token("two"))).toBe(uid);
    await slow(null);
    await bench().pass(app);
    expect(await alive(bench(), app, [token("two")])).toEqual(["token"]);
    expect(await uidOf(bench(), app, token("two"))).not.toBe(uid);
    const live = await bench().get(within(app, token("two")));
    expect(live?.["data"]).toEqual({ token: "dHdv" });
  });

  it("38 roleRef change recreated if allowed (A-64)", async () => {
    const app = "fx38";
    const roles = [obj("Role", "one", { rules: [] }), obj("Role", "two", { rules: [] })];
    await bench().sync(app, [...roles, binding("one"), ...rest]);
    const refused = await bench().sync(app, [...roles, binding("two"), ...rest]);
    expect(outcomes(refused)).toMatchObject({ "RoleBinding/b": "failed" });
    const allowed = [...roles, withAnnotations(binding("two"), recreate), ...rest];
    expect(outcomes(await bench().sync(app, allowed))).toMatchObject({
      "RoleBinding/b": "recreated",
    });
    const live = await bench().get(within(app, binding("two")));
    expect(live?.["roleRef"]).toMatchObject({ name: "two" });
    expect(outcomes(await bench().pass(app))).toMatchObject({ "RoleBinding/b": "unchanged" });
  });

  it("39 Invalid *new* object: its error, no delete (A-61)", async () => {
    const app = "fx39";
    const web = withAnnotations(deployment("web"), recreate);
    await bench().sync(app, [web, ...rest]);
    const uid = await uidOf(bench(), app, web);
    // Both at once: a selector that cannot change, and a new object that would never be accepted.
    const labels = { app: "other" };
    const template = { metadata: { labels: { app: "web" } }, spec: { containers: [] } };
    const spec = { replicas: 1, selector: { matchLabels: labels }, template };
    const from = bench().mark;
    const done = await bench().sync(app, [{ ...web, spec }, ...rest]);
    expect(outcomes(done)).toMatchObject({ "Deployment/web": "failed" });
    expect(failures(done)).toEqual([expect.stringMatching(/spec\.template/)]);
    expect(deletesSince(bench(), from)).toEqual([]);
    expect(await uidOf(bench(), app, web)).toBe(uid);
    // One that never lived: 404 is no reason to delete either.
    const bad = withAnnotations(obj("Service", "bad", { spec: { ports: "none" } }), recreate);
    expect(outcomes(await bench().sync(`${app}-new`, [bad]))).toEqual({ "Service/bad": "failed" });
    expect(deletesSince(bench(), from)).toEqual([]);
  });
});
