import { describe, expect, it, onTestFinished } from "vitest";
import type { CacheListener } from "../../agent/cluster/cache.ts";
import type { Discovery } from "../../agent/cluster/client.ts";
import { ApiError } from "../../agent/cluster/errors.ts";
import { fly } from "../../agent/flight/fly.ts";
import type { KubeObject, ObjectRef } from "../../agent/model/object.ts";
import { followDefinitions } from "../../agent/term/definitions.ts";
import { reviseServed, reviseUnserved } from "../../agent/term/unserved.ts";
import type { World } from "../../agent/world.ts";
import { createManualClock } from "../doubles/ports.ts";
import { never, obj, sharedBench, until } from "../pass/bench.ts";

const bench = sharedBench();

/** A kind of its own for each case. */
function definition(plural: string, kind: string): KubeObject {
  const schema = { openAPIV3Schema: { type: "object" } };
  return obj("CustomResourceDefinition", `${plural}.example.com`, {
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { kind, plural },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  });
}

async function flown(app: string, objects: readonly KubeObject[]) {
  const { unit, commit } = bench().declare(app, { objects });
  Object.assign(bench().slot(app), { unit, commit });
  await fly(bench().world, app, never);
  return bench().slot(app).status;
}

function followed(world: World): void {
  const end = new AbortController();
  const ended = followDefinitions(world, end.signal);
  onTestFinished(async () => {
    end.abort();
    await ended;
  });
}

const wakesOf = (app: string) => bench().wakes.filter(([of]) => of === app).length;

describe("who waits for a kind (A-102)", () => {
  it("is woken by the poll although another app's pass has learnt of the kind already", async () => {
    const gadget = { ...obj("Gadget", "g"), apiVersion: "example.com/v1" };
    expect(await flown("waits", [gadget])).toMatchObject({ reason: "KindMissing" });
    await flown("brings", [definition("gadgets", "Gadget")]);
    const before = wakesOf("waits");
    await reviseUnserved(bench().world, never);
    expect(wakesOf("waits")).toBe(before + 1);
    expect(await flown("waits", [gadget])).toMatchObject({ reason: "RollingOut" });
    const after = wakesOf("waits");
    await reviseUnserved(bench().world, never);
    expect(wakesOf("waits")).toBe(after);
  });

  it("D-16: is woken by the event of a CRD, and the kind is watched", async () => {
    const { world } = bench();
    const gizmo = { ...obj("Gizmo", "g"), apiVersion: "example.com/v1" };
    const crd = definition("gizmos", "Gizmo");
    await flown("crds", [definition("others", "Other")]); // so that CRDs are watched
    await bench().watch();
    expect(await flown("events", [gizmo])).toMatchObject({ reason: "KindMissing" });
    followed(world);
    const before = wakesOf("events");
    bench().declare("crds", { objects: [definition("others", "Other"), crd] });
    await bench().pass("crds");
    await until(() => wakesOf("events") > before, "the wake");
    await until(
      () => world.cluster.live.aliveAt({ group: "example.com", kind: "Gizmo" }) !== undefined,
      "the watch",
    );
  });
});

it("A-104: an app that waits for a definition of its own is looked at again when definitions change", async () => {
  await flown("own", [obj("ConfigMap", "c")]);
  const slot = bench().slot("own");
  slot.isWaiting = true;
  const before = wakesOf("own");
  await reviseServed(bench().world, never);
  expect(wakesOf("own")).toBe(before + 1);
  slot.isWaiting = false;
  await reviseServed(bench().world, never);
  expect(wakesOf("own")).toBe(before + 1);
});

describe("an aggregated API (C-11)", () => {
  const service: ObjectRef = {
    group: "apiregistration.k8s.io",
    kind: "APIService",
    namespace: "",
    name: "v1.metrics.example.com",
  };

  /** A server that answers for the group at the nth question, or never. */
  function served(from: number) {
    const clock = createManualClock();
    const { world } = bench();
    const asked: number[] = [];
    const known = world.discovery;
    const group = "metrics.example.com";
    const metrics = { group, version: "v1", kind: "Metric", plural: "metrics", namespaced: true };
    const unknown: Discovery = { ...known, unknownGroups: new Set([group]) };
    const answering: Discovery = {
      ...known,
      kinds: new Map([...known.kinds, [`${group}/v1/Metric`, { ...metrics, verbs: ["get"] }]]),
    };
    const discover = async (): Promise<Discovery> => {
      asked.push(clock.monotonic());
      return asked.length >= from ? answering : unknown;
    };
    const listeners = new Set<CacheListener>();
    const onChange = (listener: CacheListener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    };
    const live = { ...world.cluster.live, onChange };
    const over: World = {
      ...world,
      discovery: unknown,
      slots: new Map(),
      ports: { ...world.ports, clock },
      cluster: { ...world.cluster, live, client: { ...world.cluster.client, discover } },
    };
    followed(over);
    const changed = (ref: ObjectRef) => {
      for (const listener of listeners) listener(ref, "changed");
    };
    return { clock, asked, changed, world: over };
  }

  it("is asked for again until it answers, and not after that", async () => {
    const { clock, asked, changed, world } = served(4);
    changed(service);
    await clock.advance(60_000);
    expect(asked).toEqual([0, 1000, 3000, 7000]);
    expect(world.discovery.unknownGroups.size).toBe(0);
  });

  it("is given up after 25 s; its next event begins anew", async () => {
    const { clock, asked, changed } = served(Number.POSITIVE_INFINITY);
    changed(service);
    await clock.advance(60_000);
    expect(asked.at(-1)).toBe(25_000);
    changed(service);
    await clock.advance(60_000);
    expect(asked.at(-1)).toBe(85_000);
    changed({ ...service, kind: "Deployment", group: "apps" });
    await clock.advance(60_000);
    expect(asked.at(-1)).toBe(85_000);
  });

  it("is asked for again although the API server itself did not answer", async () => {
    const { clock, asked, changed, world } = served(3);
    const { client } = world.cluster;
    const failure = { status: 503, reason: "x", message: "x", causes: [], indeterminate: false };
    const { discover } = client;
    let refusals = 1;
    client.discover = async (signal) => {
      if (refusals > 0) {
        refusals -= 1;
        throw new ApiError(failure);
      }
      return discover(signal);
    };
    changed(service);
    await clock.advance(60_000);
    expect(asked).toEqual([1000, 3000, 7000]);
  });
});
