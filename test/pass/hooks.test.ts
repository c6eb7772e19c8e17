import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { type Bench, configMap, deployment, obj, outcomes, sharedBench, within } from "./bench.ts";
import { dyingAt } from "./dying.ts";
import { annotated, endJob, failures, hook, makeReady, startJob, waits } from "./order-cases.ts";

/** Nobody ends or readies anything but the test. */
const bench = sharedBench({ readyAfterMs: "never" });

const uidOf = async (app: string, object: KubeObject) =>
  (await bench().get(within(app, object)))?.metadata.uid;

async function states(app: string): Promise<Readonly<Record<string, string>>> {
  const runs = [...((await bench().inventory(app))?.hooks ?? [])];
  return Object.fromEntries(
    runs.map(([, { phase, ref, state }]) => [`${phase} ${ref.name}`, state]),
  );
}

const complete = (app: string, name: string) => endJob(bench(), { app, name, how: "Complete" });
const fail = (app: string, name: string) => endJob(bench(), { app, name, how: "Failed" });

async function later(
  minutes: number,
  run: () => Promise<void>,
  on: Bench = bench(),
): Promise<void> {
  on.laterMs += minutes * 60_000;
  try {
    await run();
  } finally {
    on.laterMs -= minutes * 60_000;
  }
}

describe("hooks (O-10, O-18)", () => {
  it("pre, then the objects, then post when these are healthy; once for the change", async () => {
    const app = "hooks";
    const objects = [hook("pre", "before"), deployment("web"), hook("post", "after")];
    const first = await bench().sync(app, objects);
    expect(waits(first)).toMatchObject({
      "Job/before": expect.stringContaining("the pre hook runs"),
      "Deployment/web": `waits for the pre hook Job ${app}/before`,
      "Job/after": `waits for the pre hook Job ${app}/before`,
    });
    expect(await states(app)).toEqual({ "pre before": "running", "post after": "intent" });

    await complete(app, "before");
    const second = await bench().pass(app);
    expect(outcomes(second)).toMatchObject({ "Deployment/web": "created", "Job/after": "skipped" });
    expect(waits(second)["Job/after"]).toContain("waits for wave 0: Deployment hooks/web");

    await makeReady(bench(), app, "web");
    expect(waits(await bench().pass(app))).toEqual({
      "Job/after": expect.stringContaining("runs"),
    });
    await complete(app, "after");
    const last = await bench().pass(app);
    expect(waits(last)).toEqual({});
    expect(await bench().inventory(app)).toMatchObject({
      commit: last.pass.attempted?.id,
      succeeded: last.pass.renderDigest,
    });

    const uid = await uidOf(app, objects[0] as KubeObject);
    const from = bench().mark;
    await bench().hand(within(app, { ...deployment("web"), spec: { replicas: 3 } }));
    await bench().pass(app); // drift is healed
    bench().restart();
    await bench().pass(app);
    expect(
      bench()
        .writesSince(from)
        .map((one) => one.split("/").at(-1)),
    ).toEqual(["web"]);
    expect(await uidOf(app, objects[0] as KubeObject)).toBe(uid);
  });

  it("case 7: hooks are neither tracked nor pruned as objects", async () => {
    const app = "untracked";
    await bench().sync(app, [configMap("c"), hook("post", "after")]);
    await complete(app, "after");
    await bench().pass(app);
    expect(await bench().tracked(app)).toEqual(["ConfigMap/c"]);
    expect(await uidOf(app, hook("post", "after"))).toBeDefined();
  });

  it("a new change runs them again; the one before makes room when it has ended (O-17)", async () => {
    const app = "twice";
    await bench().sync(app, [configMap("c"), hook("pre", "before")]);
    const old = await uidOf(app, hook("pre", "before"));
    await startJob(bench(), app, "before");
    // It is at work: nothing cuts it off.
    const busy = await bench().sync(app, [configMap("c", { a: "2" }), hook("pre", "before")]);
    expect(waits(busy)["Job/before"]).toContain("the one of the change before still runs");
    expect(await uidOf(app, hook("pre", "before"))).toBe(old);
    await complete(app, "before");
    const next = await bench().pass(app);
    expect(outcomes(next)).toMatchObject({ "ConfigMap/c": "skipped" });
    const uid = await uidOf(app, hook("pre", "before"));
    expect(uid).toBeDefined();
    expect(uid).not.toBe(old);
    await complete(app, "before");
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ConfigMap/c": "created" });
  });

  it("one that has not begun to work makes room at once: a mended hook need not wait for a stuck one", async () => {
    const app = "stuck";
    await bench().sync(app, [configMap("c"), hook("pre", "before")]);
    const old = await uidOf(app, hook("pre", "before"));
    await bench().sync(app, [configMap("c", { a: "2" }), hook("pre", "before")]);
    expect(await uidOf(app, hook("pre", "before"))).not.toBe(old);
  });

  it("nothing new begins beside a hook of the change before, whatever its name", async () => {
    const app = "beside";
    await bench().sync(app, [configMap("c"), hook("pre", "one")]);
    await startJob(bench(), app, "one");
    const busy = await bench().sync(app, [configMap("d"), hook("pre", "two")]);
    const why = `waits for the pre hook Job ${app}/one of the change before`;
    expect(waits(busy)).toEqual({ "Job/two": why, "ConfigMap/d": why });
    expect(busy.dueMs).toBeDefined();
    await complete(app, "one");
    await bench().pass(app);
    expect(await uidOf(app, hook("pre", "one"))).toBeUndefined();
    expect(await states(app)).toEqual({ "pre two": "running" });
  });

  it("hooks of one phase run wave by wave, those of one wave together", async () => {
    const app = "weights";
    const weight = (value: string) => ({ "holdfast.dev/wave": value });
    await bench().sync(app, [
      hook("pre", "second", weight("1")),
      hook("pre", "first", weight("-1")),
      hook("pre", "too", weight("-1")),
    ]);
    const all = { "pre first": "running", "pre too": "running", "pre second": "intent" };
    expect(await states(app)).toEqual(all);
    await complete(app, "first");
    await bench().pass(app);
    expect(await states(app)).toEqual({ ...all, "pre first": "succeeded" });
    await complete(app, "too");
    await bench().pass(app);
    expect(await states(app)).toMatchObject({ "pre second": "running" });
  });

  it("O-11: in one wave accounts and settings are there before what runs with them", async () => {
    const app = "ranks";
    const from = bench().mark;
    const robot = annotated(obj("ServiceAccount", "robot"), { "helm.sh/hook": "pre-install" });
    const settings = annotated(configMap("settings"), { "helm.sh/hook": "pre-install" });
    await bench().sync(app, [hook("pre", "a-job"), settings, robot]);
    const writes = bench()
      .writesSince(from)
      .filter((one) => one.startsWith("PATCH"))
      .map((one) => one.split("/").at(-1) ?? "");
    expect(writes.at(-1)).toBe("a-job");
    expect(writes.slice(0, -1).sort()).toEqual(["robot", "settings"]);
  });

  it("what is not a Job has ended when it is healthy, so it need not be waited for", async () => {
    const app = "settings";
    const account = annotated(obj("ServiceAccount", "robot"), { "helm.sh/hook": "pre-install" });
    const done = await bench().sync(app, [account, configMap("c")]);
    expect(outcomes(done)).toEqual({ "ConfigMap/c": "created" });
    expect(await states(app)).toEqual({ "pre robot": "succeeded" });
    expect(await uidOf(app, account)).toBeDefined();
  });

  it("P-42: nothing is pruned before post hooks have ended well", async () => {
    const app = "last";
    const more = ["a", "b", "c", "d"].map((name) => configMap(name));
    await bench().sync(app, [...more, configMap("old")]);
    await bench().sync(app, [...more, hook("post", "after")]);
    expect(await bench().get(within(app, configMap("old")))).toBeDefined();
    await complete(app, "after");
    await bench().pass(app);
    expect(await bench().get(within(app, configMap("old")))).toBeUndefined();
  });
});

describe("what is refused (A-5)", () => {
  it("is found before the first hook of the change runs; in other passes creates are not dry-run", async () => {
    const app = "refused-first";
    const bad = obj("Service", "bad", { spec: { ports: "none" } });
    const objects = [hook("pre", "migrate"), configMap("c"), bad];
    const done = await bench().sync(app, objects);
    expect(outcomes(done)).toEqual({
      "Job/migrate": "skipped",
      "ConfigMap/c": "skipped",
      "Service/bad": "failed",
    });
    expect(failures(done)[0]).toMatch(/^Rejected/);
    expect(waits(done)["Job/migrate"]).toBe(`waits for Service ${app}/bad, which is refused`);
    expect(await uidOf(app, hook("pre", "migrate"))).toBeUndefined();
    await bench().sync(app, objects.slice(0, 2));
    expect(await states(app)).toEqual({ "pre migrate": "running" });

    const from = bench().mark;
    await bench().sync("plain", [configMap("c")]);
    expect(
      bench()
        .requestsSince(from)
        .filter((one) => one.endsWith("dry-run")),
    ).toEqual([]);
  });
});

describe("a hook that fails, hangs, or is gone (O36)", () => {
  it("fails: HookFailed with place, the objects of the change are not applied, nor is it run again", async () => {
    const app = "fails";
    const objects = (text: string) => [configMap("c", { a: text }), hook("pre", "before")];
    await bench().sync(app, objects("1"));
    await complete(app, "before");
    await bench().pass(app);
    await bench().sync(app, objects("2"));
    await bench().pass(app);
    await fail(app, "before");
    const done = await bench().pass(app);
    expect(failures(done)).toEqual([
      `HookFailed: the pre hook Job ${app}/before failed: it is Failed`,
    ]);
    expect(done.pass.results.find(({ problem }) => problem)?.problem).toMatchObject({
      file: `apps/${app}/objects.yaml`,
      line: expect.any(Number),
    });
    expect(waits(done)).toHaveProperty("ConfigMap/c");
    expect((await bench().get(within(app, configMap("c"))))?.["data"]).toEqual({ a: "1" });

    bench().restart();
    const from = bench().mark;
    expect(failures(await bench().pass(app))).toHaveLength(1);
    expect(bench().writesSince(from)).toEqual([]);
  });

  it("is tried again when a person asks for it", async () => {
    const app = "again";
    await bench().sync(app, [configMap("c"), hook("pre", "before")]);
    await fail(app, "before");
    await bench().pass(app);
    const old = await uidOf(app, hook("pre", "before"));
    const asked = await bench().pass(app, { bypassProofs: true });
    expect(failures(asked)).toEqual([]);
    expect(await uidOf(app, hook("pre", "before"))).not.toBe(old);
    await complete(app, "before");
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ConfigMap/c": "created" });
  });

  it("hangs: it ends by health.timeout, and time brings that pass", async () => {
    const app = "hangs";
    const first = await bench().sync(app, [configMap("c"), hook("pre", "before")]);
    expect(first.dueMs).toBeDefined();
    await later(6, async () => {
      expect(failures(await bench().pass(app))).toEqual([
        `HookFailed: the pre hook Job ${app}/before failed: it did not end in 300 s`,
      ]);
    });
  });

  it("O-17: gone before its result was seen is failed; gone later is nothing", async () => {
    const app = "gone";
    await bench().sync(app, [configMap("c"), hook("pre", "before")]);
    await bench().hand(within(app, hook("pre", "before")), { method: "DELETE" });
    const done = await bench().pass(app);
    expect(failures(done).join()).toContain("it was gone before its result was seen");

    await bench().sync(`${app}2`, [configMap("c"), hook("pre", "before")]);
    await complete(`${app}2`, "before");
    await bench().pass(`${app}2`);
    await bench().hand(within(`${app}2`, hook("pre", "before")), { method: "DELETE" });
    expect(failures(await bench().pass(`${app}2`))).toEqual([]);
  });

  it("O-24: an object that took its place is not it", async () => {
    const app = "replaced";
    await bench().sync(app, [configMap("c"), hook("pre", "before")]);
    const live = await bench().get(within(app, hook("pre", "before")));
    await bench().hand(within(app, hook("pre", "before")), { method: "DELETE" });
    const { annotations, labels } = live?.metadata ?? {};
    const copy = annotated(within(app, hook("pre", "before")), { ...annotations });
    await bench().hand({ ...copy, metadata: { ...copy.metadata, labels } } as KubeObject, {
      method: "POST",
    });
    expect(failures(await bench().pass(app)).join()).toContain("another object took its place");
  });

  it("an object of that name that is not ours is never touched: held until it is gone", async () => {
    const app = "foreign";
    await bench().hand(obj("Namespace", app), { method: "POST" });
    await bench().hand(within(app, hook("pre", "before")), { method: "POST" });
    const done = await bench().sync(app, [configMap("c"), hook("pre", "before")]);
    expect(outcomes(done)).toEqual({ "Job/before": "held", "ConfigMap/c": "skipped" });
    await bench().hand(within(app, hook("pre", "before")), { method: "DELETE" });
    await bench().pass(app);
    expect(await states(app)).toEqual({ "pre before": "running" });
  });
});

describe("failure hooks (O-19, case 14)", () => {
  it("run once when a hook failed, to their end; never when all is well", async () => {
    const app = "cleanup";
    const objects = [hook("pre", "before"), configMap("c"), hook("failure", "undo")];
    await bench().sync(app, objects);
    expect(await states(app)).toMatchObject({ "failure undo": "intent" });
    await fail(app, "before");
    await bench().pass(app);
    expect(await states(app)).toMatchObject({ "failure undo": "running" });
    const uid = await uidOf(app, hook("failure", "undo"));
    await complete(app, "undo");
    const done = await bench().pass(app);
    expect(failures(done)).toHaveLength(1); // still Failed
    await bench().hand(within(app, hook("failure", "undo")), { method: "DELETE" });
    await bench().pass(app);
    expect(await uidOf(app, hook("failure", "undo"))).toBeUndefined();
    expect(uid).toBeDefined();
  });

  it("run when an object is refused for good", async () => {
    const app = "cleanup-refused";
    const bad = obj("Service", "bad", { spec: { ports: "none" } });
    await bench().sync(app, [bad, hook("failure", "undo")]);
    expect(await states(app)).toEqual({ "failure undo": "running" });
  });

  it("run when what the change made is not healthy in time, and not for a change that went well", async () => {
    const app = "cleanup-late";
    await bench().sync(app, [deployment("web"), hook("failure", "undo")]);
    await bench().pass(app);
    expect(await states(app)).toEqual({ "failure undo": "intent" });
    await later(6, async () => {
      await bench().pass(app);
      expect(await states(app)).toEqual({ "failure undo": "running" });
    });

    const fine = "cleanup-fine";
    await bench().sync(fine, [deployment("web"), hook("failure", "undo")]);
    await makeReady(bench(), fine, "web");
    await bench().pass(fine);
    await bench().hand(within(fine, { ...deployment("web"), spec: { replicas: 5 } }));
    // Healed, and its controller never says a word again: drift of a change that went well is no failure of it.
    await later(10, async () => void (await bench().pass(fine)));
    await later(30, async () => void (await bench().pass(fine)));
    expect(await states(fine)).toEqual({ "failure undo": "intent" });
  });
});

describe("deletion policies (O-17)", () => {
  it("hook-succeeded and hook-failed go when their phase has ended, and are not run again", async () => {
    const app = "policies";
    const policy = { "holdfast.dev/hook-delete-policy": "hook-succeeded" };
    const early = { ...policy, "holdfast.dev/wave": "-1" };
    const robot = annotated(obj("ServiceAccount", "robot"), {
      ...early,
      "holdfast.dev/hook": "pre",
    });
    await bench().sync(app, [robot, hook("pre", "before", policy), configMap("c")]);
    expect(await uidOf(app, robot)).toBeDefined(); // the Job may act as it
    await complete(app, "before");
    await bench().pass(app);
    expect(await uidOf(app, robot)).toBeUndefined();
    expect(await uidOf(app, hook("pre", "before"))).toBeUndefined();
    const from = bench().mark;
    await bench().pass(app);
    expect(bench().writesSince(from)).toEqual([]);
    expect(await states(app)).toEqual({ "pre robot": "succeeded", "pre before": "succeeded" });
  });

  it("hook-failed keeps what succeeded", async () => {
    const app = "policy-failed";
    const policy = { "argocd.argoproj.io/hook-delete-policy": "HookFailed" };
    await bench().sync(app, [hook("pre", "good", policy), hook("pre", "bad", policy)]);
    await complete(app, "good");
    await fail(app, "bad");
    await bench().pass(app);
    expect(await uidOf(app, hook("pre", "good"))).toBeDefined();
    expect(await uidOf(app, hook("pre", "bad"))).toBeUndefined();
    expect(failures(await bench().pass(app))).toHaveLength(1);
  });

  it("case 9, A-86: what Git no longer has goes, too; so do generated names of older changes", async () => {
    const app = "dropped";
    const generated = (text: string) => {
      const { metadata, ...job } = hook("pre", "");
      return [
        { ...job, metadata: { ...metadata, name: "", generateName: "run-" } },
        configMap("c", { a: text }),
      ] as KubeObject[];
    };
    await bench().sync(app, generated("1"));
    const [first = ""] = Object.keys(await states(app));
    const name = first.slice("pre ".length);
    await complete(app, name);
    await bench().pass(app);
    await bench().sync(app, generated("2"));
    expect(await uidOf(app, hook("pre", name))).toBeUndefined();
    expect(Object.keys(await states(app))).toHaveLength(1);
    expect(Object.keys(await states(app))).not.toContain(first);
  });

  it("P-72: they go with their app", async () => {
    const app = "removed";
    await bench().sync(app, [configMap("c"), hook("post", "after")]);
    await complete(app, "after");
    await bench().pass(app);
    const removal = { how: "delete", reason: "AppRemoved", why: "its app file is gone" } as const;
    bench().declare(app, { objects: [] });
    await bench().pass(app, { removal });
    await bench().pass(app, { removal });
    expect(await uidOf(app, hook("post", "after"))).toBeUndefined();
    expect(await bench().inventory(app)).toBeUndefined();
  });
});

describe("killed around a hook (P-17, KP15, case 15)", () => {
  const cuts = (["before", "after"] as const).flatMap((cut) =>
    [1, 2, 3].map((nth) => [cut, nth] as const),
  );

  it.each(cuts)("%s write %d: it is re-attached, and run once", async (cut, nth) => {
    const app = `kp15-${cut}-${nth}`;
    bench().declare(app, { objects: [hook("pre", "before"), configMap("c")] });
    const { wrapped } = dyingAt(nth, cut, bench().world.cluster.client);
    await bench()
      .pass(app, { client: wrapped })
      .catch(() => undefined);
    const made = await uidOf(app, hook("pre", "before"));
    bench().restart();
    await bench().pass(app);
    const uid = await uidOf(app, hook("pre", "before"));
    expect(uid).toBeDefined();
    if (made !== undefined) expect(uid).toBe(made);
    expect(await states(app)).toEqual({ "pre before": "running" });
    await complete(app, "before");
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ConfigMap/c": "created" });
    expect(
      (await bench().get(within(app, hook("pre", "before"))))?.metadata.finalizers ?? [],
    ).toEqual([]);
  });

  it("P-19: after the inventory was lost a hook of this change is known by itself, and is no object to prune", async () => {
    const app = "kp15-lost";
    await bench().sync(app, [hook("pre", "before"), configMap("c")]);
    await complete(app, "before");
    await bench().pass(app);
    const uid = await uidOf(app, hook("pre", "before"));
    await bench().world.cluster.inventories.remove(app, AbortSignal.timeout(5_000));
    bench().restart();
    bench().looksForMarks = true;
    await bench().pass(app);
    bench().looksForMarks = false;
    expect(await uidOf(app, hook("pre", "before"))).toBe(uid);
    expect(await states(app)).toEqual({ "pre before": "succeeded" });
    expect(await bench().tracked(app)).toEqual(["ConfigMap/c"]);
  });
});

describe("drift and hooks", () => {
  it("O-18: a running hook of a change does not keep what runs from being healed", async () => {
    const app = "healed";
    await bench().sync(app, [configMap("c"), configMap("d")]);
    await bench().sync(app, [configMap("c"), configMap("d", { a: "2" }), hook("pre", "before")]);
    await bench().hand(within(app, configMap("c", { a: "9" })));
    expect(outcomes(await bench().pass(app))).toMatchObject({
      "ConfigMap/c": "configured",
      "ConfigMap/d": "skipped",
    });
  });
});
