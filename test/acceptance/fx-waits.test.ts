import { describe, expect, it } from "vitest";
import { fly } from "../../agent/flight/fly.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import {
  type Bench,
  configMap,
  deployment,
  never,
  obj,
  sharedBench,
  until,
  within,
} from "../pass/bench.ts";
import { endJob, say } from "../pass/order-cases.ts";

const throttled = { now: false };

/** Nobody ends or readies anything but the test; the server is busy at times. */
const bench = sharedBench({
  readyAfterMs: "never",
  fail: ({ path, userAgent }) => {
    if (!throttled.now || userAgent === "hand" || !path.includes("/namespaces/fx54")) {
      return undefined;
    }
    const message = "the server has received too many requests";
    const status = { status: "Failure", code: 429, reason: "TooManyRequests", message };
    return { code: 429, body: { kind: "Status", apiVersion: "v1", ...status } };
  },
});

async function flown(app: string, on: Bench = bench()) {
  const slot = on.slot(app);
  slot.commit = slot.manifests?.commit;
  await fly(on.world, app, never);
  return slot.status;
}

function declare(app: string, objects: readonly KubeObject[]) {
  bench().slot(app).unit = { ...bench().declare(app, { objects }).unit };
}

/** What the watch sees of it. */
async function seen(
  app: string,
  object: KubeObject,
  is: (live: KubeObject | undefined) => boolean,
) {
  await bench().watch();
  const { live } = bench().world.cluster;
  const id = [...((await bench().inventory(app))?.entries ?? [])].find(
    ([, { ref }]) => ref.name === object.metadata.name && ref.kind === object.kind,
  )?.[0];
  await until(
    () => is(live.entry(id ?? "")?.object),
    `the watch's news of ${object.metadata.name}`,
  );
}

describe("acceptance FX: waits", () => {
  it("54 Waits: early end, throttled text, TTL Job, termination (H-1, H-4, H-8, §5.1)", async () => {
    const at = "2026-11-21T09:00:00Z";
    // Early end: what has failed for good is told after 30 s, not at the time-out of 5 minutes.
    declare("fx54-early", [deployment("web")]);
    expect(await flown("fx54-early")).toMatchObject({ state: "Progressing", reason: "RollingOut" });
    const failed = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" };
    await say(bench(), within("fx54-early", deployment("web")), {
      observedGeneration: 1,
      conditions: [{ ...failed, message: "stuck", lastTransitionTime: at, lastUpdateTime: at }],
    });
    await seen("fx54-early", deployment("web"), (live) => live?.["status"] !== undefined);
    await flown("fx54-early");
    bench().laterMs += 31_000;
    const early = await flown("fx54-early");
    bench().laterMs -= 31_000;
    expect(early).toMatchObject({ state: "Degraded", reason: "ObjectDegraded" });
    expect(early?.message).toContain("Deployment fx54-early/web");

    // Throttled: it is the server that is named, not the object.
    declare("fx54-busy", [configMap("c")]);
    await flown("fx54-busy");
    throttled.now = true;
    declare("fx54-busy", [configMap("c", { a: "2" })]);
    const busy = await flown("fx54-busy");
    throttled.now = false;
    expect(busy).toMatchObject({ reason: "ApiError" });
    expect(busy?.message).toContain("too many requests");

    // TTL: a Job that was seen Complete and is gone is done, and not run again.
    const container = { name: "c", image: "i" };
    const template = { spec: { restartPolicy: "Never", containers: [container] } };
    const job = obj("Job", "once", { spec: { ttlSecondsAfterFinished: 1, template } });
    declare("fx54-ttl", [job]);
    await flown("fx54-ttl");
    await endJob(bench(), { app: "fx54-ttl", name: "once", how: "Complete" });
    await seen("fx54-ttl", job, (live) => live?.["status"] !== undefined);
    expect(await flown("fx54-ttl")).toMatchObject({ state: "Synced" });
    await bench().hand(within("fx54-ttl", job), { method: "DELETE" });
    await seen("fx54-ttl", job, (live) => live === undefined);
    const from = bench().mark;
    expect(await flown("fx54-ttl")).toMatchObject({ state: "Synced" });
    expect(
      bench()
        .writesSince(from)
        .filter((one) => one.includes("/jobs")),
    ).toEqual([]);

    // Termination: what is being deleted is work, whatever its status said.
    const kept = obj("ConfigMap", "kept", { data: {} }, { finalizers: ["example.com/slow"] });
    declare("fx54-end", [kept]);
    await flown("fx54-end");
    await bench().hand(within("fx54-end", kept), { method: "DELETE" });
    await seen("fx54-end", kept, (live) => live?.metadata.deletionTimestamp !== undefined);
    const ending = await flown("fx54-end");
    expect(ending?.state).toBe("Progressing");
    expect(ending?.message).toContain("being deleted");
  });
});
