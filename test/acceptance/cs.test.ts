import { describe, expect, it } from "vitest";
import { configMap, obj, outcomes, sharedBench, within } from "../pass/bench.ts";
import { failures } from "../pass/order-cases.ts";
import { definition, quiet, widget } from "./cs-scene.ts";
import { accepting, alive, deletesSince, rest, uidOf } from "./scene.ts";

const stale = new Set<string>();

/** The server behind an aggregated API comes and goes. */
const bench = sharedBench({
  staleGroups: stale,
  fail: ({ path }) => {
    const isDown = [...stale].some((group) => path.startsWith(`/apis/${group}/`));
    const status = { status: "Failure", code: 503, reason: "ServiceUnavailable", message: "down" };
    return isDown
      ? { code: 503, body: { kind: "Status", apiVersion: "v1", ...status } }
      : undefined;
  },
});

const refresh = () => bench().ports().refreshDiscovery(AbortSignal.timeout(5_000));

describe("acceptance CS: what is never lost", () => {
  it("79 Commit dropping all namespaces held (P-22, P-50)", async () => {
    const app = "cs79";
    const rooms = ["cs79-a", "cs79-b", "cs79-c"].map((name) => obj("Namespace", name));
    const inside = rooms.map(({ metadata: { name } }) => within(name, configMap("c")));
    await bench().sync(app, [...rooms, ...inside, ...rest]);
    const from = bench().mark;
    const held = await bench().sync(app, [...rest, configMap("new")]);
    expect(held.pass.held).toMatchObject({ reason: "ProtectedKind" });
    expect(outcomes(held)).toMatchObject({ "ConfigMap/new": "created" });
    const empty = await bench().sync(app, []);
    expect(empty.pass.held).toMatchObject({ reason: "EmptyRender" });
    bench().restart();
    await bench().pass(app);
    expect(deletesSince(bench(), from)).toEqual([]);
    // Back in Git before anybody accepted: nothing has happened.
    await bench().sync(app, [...rooms, ...inside, ...rest]);
    await quiet(bench(), app);
    for (const one of [...rooms, ...inside]) expect(await bench().get(one)).toBeDefined();
  });

  it("86 Flaky aggregated API deletes nothing (A-111, P-40)", async () => {
    const app = "cs86";
    const group = "flaky.example.com";
    const [kept, dropped] = [widget(`${group}/v1`, "kept"), widget(`${group}/v1`, "dropped")];
    const kinds = definition(group, ["v1"]);
    await bench().sync(app, [kinds, kept, dropped, ...rest]);
    const uid = await uidOf(bench(), app, kept);
    const from = bench().mark;
    for (const value of ["1", "2"]) {
      stale.add(group);
      await refresh();
      const change = configMap("changes", { value });
      const down = await bench().sync(app, [kinds, kept, change, ...rest]);
      expect(outcomes(down)).toMatchObject({ "Widget/kept": "failed" });
      expect(outcomes(down)["ConfigMap/changes"]).toMatch(/created|configured/);
      bench().restart();
      await bench().pass(app);
      expect(await bench().tracked(app)).toEqual(
        expect.arrayContaining(["Widget/kept", "Widget/dropped"]),
      );
      stale.clear();
      await refresh();
      const up = await bench().sync(app, [kinds, kept, dropped, change, ...rest]);
      expect(failures(up)).toEqual([]);
    }
    expect(deletesSince(bench(), from)).toEqual([]);
    expect(await uidOf(bench(), app, kept)).toBe(uid);
    expect(await alive(bench(), app, [kept, dropped])).toEqual(["kept", "dropped"]);
  });

  it("88 CRD dropped while CRs declared: invalid (A-105, P-86)", async () => {
    const [app, user] = ["cs88", "cs88-user"];
    const [own, shared] = [
      definition("own88.example.com", ["v1"]),
      definition("s88.example.com", ["v1"]),
    ];
    const mine = widget("own88.example.com/v1", "mine");
    await bench().sync(app, [own, shared, mine, ...rest]);
    await bench().sync(user, [widget("s88.example.com/v1", "theirs"), ...rest]);
    bench().laterMs += 61_000; // a custom resource without status counts as healthy by now
    const from = bench().mark;
    const done = await bench().sync(app, [mine, ...rest]);
    const kept = { "CustomResourceDefinition/widgets.s88.example.com": "skipped" };
    expect(outcomes(done)).toMatchObject({
      ...kept,
      "CustomResourceDefinition/widgets.own88.example.com": "skipped",
    });
    const whys = done.pass.results.flatMap(({ change }) =>
      change.action === "skip" ? [change.why] : [],
    );
    expect(whys).toEqual(
      expect.arrayContaining([expect.stringContaining(user), expect.stringContaining("mine")]),
    );
    expect(done.pass.held).toBeUndefined(); // so there is nothing to accept
    expect(deletesSince(bench(), from)).toEqual([]);
    for (const one of [own, shared]) expect(await bench().get(one)).toBeDefined();
    // Dropped by who used it, the definition may go, after a person was asked.
    await bench().sync(user, rest);
    const free = await bench().pass(app, { bypassProofs: true });
    expect(free.pass.held?.deletions.map(({ name }) => name)).toEqual(["widgets.s88.example.com"]);
    await bench().pass(app, { accepts: accepting(free) });
    expect(deletesSince(bench(), from)).toEqual(["theirs", "widgets.s88.example.com"]);
    bench().laterMs = 0;
  });
});
