import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { configMap, deployment, obj, sharedBench, within } from "./bench.ts";
import { say } from "./order-cases.ts";

const forbidden = { pods: false };

/** Nobody readies anything but the test. */
const bench = sharedBench({
  readyAfterMs: "never",
  fail: ({ path, userAgent }) => {
    if (!forbidden.pods || userAgent === "hand" || !path.includes("/pods?")) return undefined;
    const status = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "Forbidden" };
    return { code: 403, body: { ...status, code: 403, message: "no" } };
  },
});

async function later<T>(seconds: number, run: () => Promise<T>): Promise<T> {
  bench().laterMs += seconds * 1000;
  try {
    return await run();
  } finally {
    bench().laterMs -= seconds * 1000;
  }
}

/** A pod of one of the revisions of `web`, broken or not. */
async function pod(app: string, revision: string, waiting?: string): Promise<void> {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: `web-${revision}`, uid: "u" };
  const made: KubeObject = within(
    app,
    obj(
      "Pod",
      `web-${revision}-x`,
      { spec: { containers: [{ name: "web", image: "web:1" }] } },
      {
        labels: { app: "web", "pod-template-hash": revision },
        ownerReferences: [{ ...owner, controller: true }],
      },
    ),
  );
  await bench().hand(made, { method: "POST" });
  if (waiting === undefined) return;
  const container = { name: "web", image: "web:1", imageID: "", ready: false, restartCount: 3 };
  const state = { waiting: { reason: waiting, message: "back-off 5m" } };
  await say(bench(), made, { containerStatuses: [{ ...container, state }] });
}

async function health(app: string) {
  const { pass } = await bench().pass(app, { bypassProofs: true });
  return pass.health.find(({ ref }) => ref.kind === "Deployment")?.health;
}

const listsSince = (mark: number) =>
  bench()
    .requestsSince(mark)
    .filter((request) => request.endsWith("/pods")).length;

describe("the pods of a workload that takes long (§5.2)", () => {
  it("explain it after 30 s, and make it Degraded when they stay broken", async () => {
    const app = "crashes";
    const from = bench().mark;
    const first = await bench().sync(app, [deployment("web"), configMap("c")]);
    expect(first.dueMs).toBeLessThanOrEqual(bench().world.ports.clock.now() + 30_000);
    await pod(app, "new", "CrashLoopBackOff");
    expect((await health(app))?.message).not.toContain("CrashLoopBackOff");
    expect(listsSince(from)).toBe(0);

    const explained = {
      status: "Progressing",
      message: "Pod web-new-x: container web: CrashLoopBackOff: back-off 5m",
    };
    expect(await later(31, () => health(app))).toEqual(explained);
    expect(await later(50, () => health(app))).toEqual(explained);
    expect(listsSince(from)).toBe(1);
    const { dueMs = 0 } = await later(50, () => bench().pass(app, { bypassProofs: true }));
    expect(dueMs - bench().world.ports.clock.now()).toBeLessThan(62_000);
    expect(await later(62, () => health(app))).toEqual({ ...explained, status: "Degraded" });
    expect(listsSince(from)).toBe(2);
  });

  it("do not count when they are of an older revision, or somebody else's", async () => {
    const app = "older";
    await bench().sync(app, [deployment("web")]);
    await pod(app, "old", "ImagePullBackOff");
    await new Promise((done) => setTimeout(done, 1100)); // pods are told apart by the second of their making
    await pod(app, "new");
    for (const seconds of [31, 62, 93]) {
      expect(await later(seconds, () => health(app))).toMatchObject({ status: "Progressing" });
    }
    expect((await later(124, () => health(app)))?.message).not.toContain("ImagePullBackOff");
  });

  it("are looked at more and more seldom, and not at all where that is not allowed", async () => {
    const app = "silent";
    forbidden.pods = true;
    await bench().sync(app, [deployment("web")]);
    expect(await later(31, () => health(app))).toMatchObject({ status: "Progressing" });
    forbidden.pods = false;
    const from = bench().mark;
    await later(700, () => health(app));
    await later(940, () => health(app));
    expect(listsSince(from)).toBe(1);
    await later(1001, () => health(app));
    expect(listsSince(from)).toBe(2);
  });

  it("are not asked for when all is well", async () => {
    const from = bench().mark;
    await bench().sync("well", [configMap("c")]);
    await later(60, () => bench().pass("well", { bypassProofs: true }));
    expect(listsSince(from)).toBe(0);
  });
});
