import { describe, expect, it, onTestFinished } from "vitest";
import { watchKinds } from "../../agent/flight/discovery.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { createLead } from "../../agent/term/lead.ts";
import { configMap, deployment, never, obj, sharedBench, until, within } from "../pass/bench.ts";
import { annotated, dependsOn, hook, inWave, say } from "../pass/order-cases.ts";

/** Controllers need a moment for everything, as real ones do. */
const bench = sharedBench({ readyAfterMs: 60 });

/** A leading agent over the bench's world: nothing but its queue, its timers and the watches move it on. */
function lead(inventories = bench().world.cluster.inventories) {
  const leading = createLead(never);
  const cluster = { ...bench().world.cluster, inventories };
  const world = { ...bench().world, cluster, wake: leading.wake };
  leading.begin(world);
  const forget = world.cluster.live.onChange((ref) => leading.changed(ref));
  onTestFinished(async () => {
    forget();
    await leading.stop();
  });
  return leading;
}

async function declared(app: string, objects: readonly KubeObject[], on: readonly string[] = []) {
  const { unit, commit } = bench().declare(app, { objects, unit: { dependsOn: on } });
  const slot = bench().slot(app);
  slot.unit = unit;
  slot.commit = commit;
  await bench().world.cluster.live.synced(watchKinds(bench().world), AbortSignal.timeout(10_000));
}

const synced = (app: string) =>
  until(() => bench().slot(app).status?.state === "Synced", `${app} Synced`).catch(
    (error: unknown) => {
      throw new Error(`${String(error)}: ${bench().slot(app).status?.message}`);
    },
  );

describe("events bring a change on (O-16)", () => {
  it("hooks, waves and dependencies come to their end without a timer, from the first flight on", async () => {
    const app = "events";
    const ref = `apps/namespaces/${app}/Deployment/web`;
    const from = bench().mark;
    await declared(app, [
      hook("pre", "before"),
      inWave(-1, deployment("db")),
      deployment("web"),
      annotated(configMap("needs-web"), { [dependsOn]: ref }),
      inWave(1, configMap("late")),
      hook("post", "after"),
    ]);
    lead().wake(app, 0);
    await synced(app);
    const order = bench()
      .writesSince(from)
      .filter((one) => one.startsWith("PATCH") && one.includes(`/namespaces/${app}/`))
      .map((one) => one.split("/").at(-1));
    expect(order).toEqual(["before", "db", "web", "needs-web", "late", "after"]);
  });

  it("D-11: an event of what is declared counts, also before the pass that makes it has ended", async () => {
    await declared("early", [configMap("c")]);
    const leading = lead();
    leading.changed({ group: "", kind: "ConfigMap", namespace: "early", name: "other" });
    leading.changed({ group: "", kind: "ConfigMap", namespace: "early", name: "c" });
    await synced("early");
  });

  it("O-30: an app goes on when the one it depends on is there", async () => {
    await declared("on-base", [configMap("c")], ["the-base"]);
    await declared("the-base", [deployment("db"), hook("post", "after")]);
    const leading = lead();
    leading.wake("on-base", 0);
    await until(
      () => bench().slot("on-base").status?.reason === "DependencyNotReady",
      "DependencyNotReady",
    );
    leading.wake("the-base", 0);
    await synced("on-base");
    expect(bench().slot("the-base").status?.state).toBe("Synced");
  });
});

it("tells of each flight that it waits, starts and ends, and that one after a failure is a retry", async () => {
  await declared("told", [configMap("c")]);
  const steps = () =>
    bench().events.flatMap((event) =>
      event.type === "queue" && event.app === "told" ? [event.step] : [],
    );
  bench().slot("told").failures = 1;
  lead().wake("told", 0);
  await synced("told");
  await until(() => steps().includes("ended"), "the end of its flight");
  expect(steps().slice(0, 3)).toEqual(["retried", "started", "ended"]);
});

describe("what comes back of our own writes (D-1)", () => {
  const ref = (namespace: string) => ({ group: "", kind: "ConfigMap", namespace, name: "c" });
  const flights = (app: string) =>
    bench().events.filter((event) => event.type === "pass-ended" && event.app === app).length;
  const byHand = (app: string, a: string) => bench().hand(within(app, configMap("c", { a })));
  const healed = (app: string) =>
    until(async () => {
      const found = await bench().get(within(app, configMap("c")));
      return JSON.stringify(found?.["data"]) === '{"a":"1"}';
    }, `${app} healed`);

  it("an event of a version that a pass has seen brings no flight", async () => {
    await declared("own", [configMap("c")]);
    const leading = lead();
    leading.wake("own", 0);
    await synced("own");
    await until(() => flights("own") > 0, "the end of its flight");
    const before = flights("own");
    leading.changed(ref("own"));
    await new Promise((done) => setTimeout(done, 600)); // three times the first stride
    expect(flights("own")).toBe(before);
    await byHand("own", "2");
    await healed("own");
  });

  it("an event that comes while a flight is about to see it brings no other one", async () => {
    await declared("busy", [configMap("c")]);
    const { inventories } = bench().world.cluster;
    const slow: typeof inventories.write = async (...written) => {
      const stored = await inventories.write(...written);
      await new Promise((done) => setTimeout(done, 500));
      return stored;
    };
    const leading = lead({ ...inventories, write: slow });
    leading.wake("busy", 0);
    await until(async () => (await bench().inventory("busy")) !== undefined, "an intent");
    leading.changed(ref("busy"));
    await until(() => flights("busy") > 0, "the end of its flight");
    await new Promise((done) => setTimeout(done, 600));
    expect(flights("busy")).toBe(1);
  });

  it("a second edit within the stride is healed, too, and what waits for its time is not forgotten", async () => {
    await declared("strides", [configMap("c")]);
    const leading = lead();
    leading.wake("strides", 0);
    await synced("strides");
    await byHand("strides", "2");
    await healed("strides");
    leading.wake("strides", 400);
    leading.changed(ref("strides")); // no news: the flight that was asked for comes all the same
    const before = flights("strides");
    await until(() => flights("strides") > before, "the flight that was asked for");
    await byHand("strides", "3");
    await healed("strides");
  });
});

describe("after success (H-5)", () => {
  it("health is watched on: what falls ill later is told, and its recovery", async () => {
    const app = "later";
    const ports = [{ port: 80, protocol: "TCP" }];
    const balancer = obj("Service", "web", { spec: { type: "LoadBalancer", ports } });
    await declared(app, [balancer]);
    lead().wake(app, 0);
    const told = (ingress: readonly object[]) =>
      say(bench(), within(app, balancer), { loadBalancer: { ingress } });
    await until(() => bench().slot(app).status !== undefined, "the first status");
    await told([{ ip: "192.0.2.1" }]);
    await synced(app);
    await told([]);
    await until(() => bench().slot(app).status?.state === "Progressing", "Progressing");
    await told([{ ip: "192.0.2.2" }]);
    await synced(app);
  });
});
