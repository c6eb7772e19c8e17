import { expect, it } from "vitest";
import type { Discovery } from "../../agent/cluster/client.ts";
import type { ChangeResult } from "../../agent/model/change.ts";
import { definitionsReady } from "../../agent/pass/definitions.ts";
import { createManualClock } from "../doubles/ports.ts";
import { object } from "../plan/builders.ts";

const never = new AbortController().signal;
const crd = object("CustomResourceDefinition", "widgets.example.com", {
  apiVersion: "apiextensions.k8s.io/v1",
  spec: { group: "example.com", names: { kind: "Widget" } },
});
const ref = { group: "apiextensions.k8s.io", kind: crd.kind, namespace: "", name: "w" };
const nothing: Discovery = {
  kinds: new Map(),
  versions: new Map(),
  unknownGroups: new Set(),
  aggregatedGroups: new Set(),
  kubernetes: "v1.36.0",
};
const widget = { group: "example.com", version: "v1", kind: "Widget", plural: "widgets" };
const served: Discovery = {
  ...nothing,
  kinds: new Map([["example.com/v1/Widget", { ...widget, namespaced: true, verbs: [] }]]),
  versions: new Map([["example.com/Widget", ["v1"]]]),
};

/** A CRD was just made; `discovery` says what is served after that many milliseconds. */
function waiting(discovery: (ms: number) => Discovery, isSuperseded?: (ms: number) => boolean) {
  const clock = createManualClock();
  const result: ChangeResult = {
    change: { action: "skip", ref, why: "", forget: false },
    outcome: "created",
    live: crd,
    warnings: [],
  };
  let endedAt: number | undefined;
  const ports = {
    clock,
    discovery: () => nothing,
    refreshDiscovery: async () => discovery(clock.monotonic()),
  };
  const input =
    isSuperseded === undefined ? {} : { isSuperseded: () => isSuperseded(clock.monotonic()) };
  const done = definitionsReady(ports, { input, results: [result] }, never).then(() => {
    endedAt = clock.monotonic();
  });
  return { clock, done, endedAt: () => endedAt };
}

it("A-100: stage 1 waits until the kind is served", async () => {
  const { clock, endedAt } = waiting((ms) => (ms < 3000 ? nothing : served));
  await clock.advance(2900);
  expect(endedAt()).toBeUndefined();
  await clock.advance(1000);
  expect(endedAt()).toBe(3000);
});

it("A-104: what is never served is waited for 60 s, and then the rest goes on", async () => {
  const { clock, endedAt } = waiting(() => nothing);
  await clock.advance(59_000);
  expect(endedAt()).toBeUndefined();
  await clock.advance(2000);
  expect(endedAt()).toBe(60_000);
});

it("H-3: a newer revision ends the wait", async () => {
  const { clock, endedAt } = waiting(
    () => nothing,
    (ms) => ms >= 5000,
  );
  await clock.advance(6000);
  expect(endedAt()).toBe(5000);
});
