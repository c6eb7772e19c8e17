import { describe, expect, it } from "vitest";
import type { ClusterClient } from "../../agent/cluster/client.ts";
import { installationLabel } from "../../agent/model/names.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { configMap, deployment, obj, outcomes, sharedBench, within } from "../pass/bench.ts";
import {
  breakDown,
  endJob,
  failures,
  hook,
  inWave,
  makeReady,
  waits,
} from "../pass/order-cases.ts";
import {
  accepting,
  alive,
  deletesSince,
  impatient,
  refusal,
  rest,
  uidOf,
  withAnnotations,
} from "./scene.ts";

const stale = new Set<string>();

/** Nobody ends or readies anything but the test; some groups do not answer. */
const bench = sharedBench({ readyAfterMs: "never", staleGroups: stale });

const refresh = () => bench().ports().refreshDiscovery(AbortSignal.timeout(5_000));
const client = (more: Partial<ClusterClient>) => ({ ...bench().world.cluster.client, ...more });

/** Deletes it, and makes another one that looks exactly like it. */
async function swap(app: string, object: KubeObject): Promise<void> {
  const live = await bench().get(within(app, object));
  const { labels = {}, annotations = {}, name } = live?.metadata ?? {};
  await bench().hand(within(app, object), { method: "DELETE" });
  const copy = { ...object, metadata: { name: name ?? "", labels, annotations } };
  await bench().hand(within(app, copy), { method: "POST" });
}

describe("acceptance CU: what lives", () => {
  it("66 UID change: failed for apply, done for delete (O-24, P-80)", async () => {
    const app = "cu66-apply";
    const migrate = hook("pre", "migrate");
    await bench().sync(app, [migrate, configMap("c")]);
    await swap(app, migrate);
    await endJob(bench(), { app, name: "migrate", how: "Complete" });
    const done = await bench().pass(app);
    expect(failures(done)).toEqual([expect.stringContaining("another object took its place")]);
    expect(await alive(bench(), app, [configMap("c")])).toEqual([]);

    const going = "cu66-delete";
    const slow = obj("ConfigMap", "slow", { data: {} }, { finalizers: ["example.com/slow"] });
    await bench().sync(going, [inWave(1, slow), inWave(0, configMap("after")), ...rest]);
    await bench().pass(going);
    const from = bench().mark;
    bench().declare(going, { objects: rest });
    await bench().pass(going, { clock: impatient(bench()) });
    expect(deletesSince(bench(), from)).toEqual(["slow"]);
    const old = await bench().get(within(going, slow));
    await bench().hand(within(going, obj("ConfigMap", "slow", {}, { finalizers: null })));
    const { labels = {}, annotations = {} } = old?.metadata ?? {};
    const copy = obj("ConfigMap", "slow", {}, { labels, annotations });
    await bench().hand(within(going, copy), { method: "POST" });
    await bench().pass(going);
    expect(deletesSince(bench(), from)).toEqual(["slow", "after"]);
    expect(await alive(bench(), going, [slow])).toEqual(["slow"]);
    expect(await bench().tracked(going)).not.toContain("ConfigMap/slow");
  });

  it("67 Degraded object recovers while others wait (O-24, O-15)", async () => {
    const app = "cu67";
    const all = [deployment("db"), deployment("queue"), inWave(1, configMap("late"))];
    await bench().sync(app, all);
    const uid = await uidOf(bench(), app, deployment("db"));
    await makeReady(bench(), app, "queue");
    await breakDown(bench(), app, "db");
    await bench().pass(app);
    bench().laterMs += 31_000;
    const broken = await bench().pass(app);
    bench().laterMs -= 31_000;
    expect(broken.pass.health.map(({ health }) => health.status).sort()).toEqual([
      "Degraded",
      "Healthy",
    ]);
    expect(waits(broken)["ConfigMap/late"]).toContain("stuck");
    await makeReady(bench(), app, "db");
    expect(outcomes(await bench().pass(app))).toEqual({
      "Deployment/db": "unchanged",
      "Deployment/queue": "unchanged",
      "ConfigMap/late": "created",
    });
    expect(await uidOf(bench(), app, deployment("db"))).toBe(uid);
  });

  it("69 Namespace in use not pruned (4.5-6)", async () => {
    const [app, guest, inventoried] = ["cu69", "cu69-guest", "cu69-late"];
    const room = obj("Namespace", "cu69-room");
    await bench().sync(app, [room, ...rest]);
    await bench().sync(guest, [within("cu69-room", configMap("declared")), ...rest]);
    const leaves = within("cu69-room", obj("ConfigMap", "leaves", {}));
    await bench().sync(inventoried, [
      withAnnotations(leaves, { "holdfast.dev/prune": "disabled" }),
      ...rest,
    ]);
    const from = bench().mark;
    const used = await bench().sync(app, rest);
    expect(outcomes(used)).toMatchObject({ "Namespace/cu69-room": "skipped" });
    // Not declared any more, and still on record.
    await bench().sync(guest, rest);
    await bench().sync(inventoried, rest);
    const still = await bench().pass(app, { bypassProofs: true });
    expect(still.pass.held).toBeUndefined();
    expect(deletesSince(bench(), from)).toEqual(["declared"]);
    const held = await bench().pass(inventoried);
    await bench().pass(inventoried, { accepts: accepting(held) });
    const free = await bench().pass(app, { bypassProofs: true });
    expect(free.pass.held).toMatchObject({ reason: "ProtectedKind" });
    await bench().pass(app, { accepts: accepting(free) });
    expect(deletesSince(bench(), from)).toEqual(["declared", "cu69-room"]);
  });

  it("70 Already deleted is success (4.5-2, P-31)", async () => {
    const app = "cu70";
    const [before, between] = [configMap("before"), configMap("between")];
    await bench().sync(app, [before, between, ...rest]);
    await bench().hand(within(app, before), { method: "DELETE" });
    const racing: ClusterClient["delete"] = async (...call) => {
      await bench().hand(within(app, between), { method: "DELETE" });
      return bench().world.cluster.client.delete(...call);
    };
    const done = await bench().sync(app, rest, { client: client({ delete: racing }) });
    expect(failures(done)).toEqual([]);
    expect(await bench().tracked(app)).toEqual(
      rest.map(({ metadata: { name } }) => `ConfigMap/${name}`),
    );
  });

  it("71 Release strips mark and label, then the entry (P-21)", async () => {
    const app = "cu71";
    const own = { "holdfast.dev/prune": "disabled", mine: "yes" };
    const kept = withAnnotations(configMap("kept"), own);
    await bench().sync(app, [kept, ...rest]);
    const held = await bench().sync(app, rest);
    expect(held.pass.held).toMatchObject({ reason: "ProtectedKind" });
    const accepts = accepting(held);
    // As long as it bears our mark it stays on record.
    const patch = () => Promise.reject(refusal(403, "not now"));
    await bench().pass(app, { accepts, client: client({ patch }) });
    expect(await bench().tracked(app)).toContain("ConfigMap/kept");
    const plan = (await bench().pass(app)).pass.held?.plan ?? "";
    const from = bench().mark;
    const again = async () => [{ by: "plan", key: "request:again", plan } as const];
    const done = await bench().pass(app, { accepts: again });
    expect(outcomes(done)).toMatchObject({ "ConfigMap/kept": "released" });
    const writes = bench().writesSince(from);
    const stripped = writes.findIndex((one) => one.startsWith("PATCH") && one.endsWith("/kept"));
    const recorded = writes.findLastIndex((one) => one.includes(`holdfast-inventory-${app}`));
    expect(stripped).toBeGreaterThanOrEqual(0);
    expect(stripped).toBeLessThan(recorded);
    const live = await bench().get(within(app, kept));
    expect(live?.metadata.annotations).toEqual(own);
    expect(live?.metadata.labels ?? {}).not.toHaveProperty([installationLabel]);
    expect(await bench().tracked(app)).not.toContain("ConfigMap/kept");
    expect(deletesSince(bench(), from)).toEqual([]);
  });

  it("72 Unknown kinds in the inventory kept (4.5-8, P-40)", async () => {
    const app = "cu72";
    const role = obj("Role", "r", { rules: [] });
    await bench().sync(app, [role, configMap("known"), ...rest]);
    stale.add("rbac.authorization.k8s.io");
    await refresh();
    const from = bench().mark;
    await bench().sync(app, rest);
    bench().restart();
    await bench().pass(app);
    expect(deletesSince(bench(), from)).toEqual(["known"]);
    expect(await bench().tracked(app)).toContain("Role/r");
    stale.clear();
    await refresh();
    await bench().pass(app);
    expect(deletesSince(bench(), from)).toEqual(["known", "r"]);
  });
});
