import { describe, expect, it } from "vitest";
import type { Change, ChangeResult, Outcome } from "../../agent/model/change.ts";
import type { HealthStatus } from "../../agent/model/health.ts";
import type { EntryState, InventoryEntry } from "../../agent/model/inventory.ts";
import { type KubeObject, refOf } from "../../agent/model/object.ts";
import { unreadyDependency } from "../../agent/plan/barrier.ts";
import { dependencyFaults } from "../../agent/plan/depends-on.ts";
import { afterPass, withIntents } from "../../agent/plan/track.ts";
import { configMap, outcomes, sharedBench } from "../pass/bench.ts";
import { annotated, dependsOn, failures } from "../pass/order-cases.ts";
import { desired, entryOf, inventory, live, marked, now, object } from "../plan/builders.ts";
import { alive, deletesSince, rest } from "./scene.ts";

const bench = sharedBench({ readyAfterMs: "never" });

const web = desired(marked(object("ConfigMap", "web")));
const found = live(web.object, { uid: "uid-new" });
const over = { uid: "uid-new", resourceVersion: "7" };
const { uid: _uid, digest: _digest, ...intent } = entryOf(web.object, { state: "intent" });
const applied = entryOf(web.object);

const { ref } = web;
const create: Change = { action: "create", ref, desired: web, cause: "change" };
const gone: Change = { action: "delete", ref, version: "v1", over, live: found };
const release: Change = { ...gone, action: "release" };
const skip: Change = { action: "skip", ref, why: "let alone", forget: false };
const forget: Change = { action: "skip", ref, why: "not ours", forget: true };

/** `state uid`, or `out`. */
type Final = `${EntryState} ${"new" | "old" | "none"}` | "out";

/** What is known before, what comes of it, and what the inventory says in the end. */
const declared: readonly (readonly [Outcome, Change, ifNew: Final, ifKnown: Final])[] = [
  ["created", create, "applied new", "applied new"],
  ["adopted", create, "applied new", "applied new"],
  ["failed", create, "intent none", "applied old"],
  ["skipped", skip, "intent none", "applied old"],
  ["held", skip, "intent none", "applied old"],
  ["unknown", create, "intent none", "applied old"],
];
const dropped: readonly (readonly [Outcome, Change, KubeObject | undefined, Final, Final])[] = [
  ["deleted", gone, undefined, "out", "out"],
  ["deleted", gone, found, "deleting new", "deleting old"],
  ["released", release, undefined, "out", "out"],
  ["skipped", forget, undefined, "out", "out"],
  ["failed", gone, undefined, "intent none", "stale old"],
  ["unknown", gone, undefined, "intent none", "stale old"],
];

function ageOf({ uid }: InventoryEntry): string {
  if (uid === undefined) return "none";
  return uid === found.metadata.uid ? "new" : "old";
}

describe("acceptance CU: final inventory", () => {
  const combinations = [
    ...declared.flatMap(([outcome, change, ifNew, ifKnown]) => [
      ["declared", "new", outcome, change, found, ifNew] as const,
      ["declared", "known", outcome, change, found, ifKnown] as const,
    ]),
    ...dropped.flatMap(([outcome, change, after, ifNew, ifKnown]) => [
      ["dropped", "new", outcome, change, after, ifNew] as const,
      ["dropped", "known", outcome, change, after, ifKnown] as const,
    ]),
  ];

  it("73 Final inventory, 24 combinations by P-10", () => {
    expect(combinations).toHaveLength(24);
    const finals = combinations.map(([is, was, outcome, change, after]) => {
      const isDeclared = is === "declared";
      const unapplied = isDeclared ? [] : [intent];
      const before = inventory(was === "known" ? [applied] : unapplied);
      const stored = isDeclared
        ? withIntents(before, [web], { changeId: "change-1", now, pluralOf: () => "configmaps" })
        : before;
      const result: ChangeResult = {
        change,
        outcome,
        warnings: [],
        ...(after === undefined ? {} : { live: after }),
      };
      const known = new Map(isDeclared ? [[web.id, web]] : []);
      const entry = afterPass(stored, { desired: known, results: [result], now }).entries.get(
        web.id,
      );
      return [is, was, outcome, entry === undefined ? "out" : `${entry.state} ${ageOf(entry)}`];
    });
    expect(finals).toEqual(
      combinations.map(([is, was, outcome, , , final]) => [is, was, outcome, final]),
    );
  });
});

const base = object("ConfigMap", "base");
const needing = desired(annotated(object("ConfigMap", "needs"), needs("base")));

function needs(...names: readonly string[]) {
  return { [dependsOn]: names.map((name) => `/namespaces/shop/ConfigMap/${name}`).join(",") };
}

/** What the one that it names came to, and whether it may go. */
const reached: readonly (readonly [Outcome, Change, opens: boolean])[] = [
  ["created", create, true],
  ["unchanged", create, true],
  ["failed", create, false],
  ["unknown", create, false],
  ["held", create, false],
  ["skipped", { action: "skip", ref, why: "waits", forget: false, waits: "Applying" }, false],
];
const healths: readonly (readonly [HealthStatus, opens: boolean])[] = [
  ["Healthy", true],
  ["Progressing", false],
  ["Degraded", false],
];

describe("acceptance CU: dependencies", () => {
  it("74 Dependency filter, 24 combinations (O-22, O-23)", () => {
    const ofBase = refOf(base);
    const valid = reached.flatMap(([outcome, change, applies]) =>
      healths.map(([status, isReady]) => {
        const result = { change: { ...change, ref: ofBase }, outcome, warnings: [] };
        const health = { ref: ofBase, health: { status, message: "" }, sinceMs: 0 };
        const why = unreadyDependency(needing, {
          results: [result],
          health: [health],
          isFinished: () => false,
        });
        expect([outcome, status, why === undefined]).toEqual([outcome, status, applies && isReady]);
        return outcome;
      }),
    );
    const alone = { change: { ...skip, ref: ofBase }, outcome: "skipped", warnings: [] } as const;
    const none = { health: [], isFinished: () => false };
    expect(unreadyDependency(needing, { ...none, results: [alone] })).toContain("let alone");

    const faults: readonly (readonly [string, readonly KubeObject[], place?: number])[] = [
      ["is no object of this app", []],
      ["is named twice", [base]],
      ["wait for each other", [annotated(base, needs("needs"))]],
      ["is not group/Kind/name", [base]],
      ["comes in a later wave", [base], 1],
    ];
    const texts = ["base", "base,base", "base", "", "base"].map((names, index) => {
      const [, others = [], place = 0] = faults[index] ?? [];
      const of = names === "" ? { [dependsOn]: "ConfigMap base" } : needs(...names.split(","));
      const all = [annotated(object("ConfigMap", "needs"), of), ...others].map(desired);
      const told = dependencyFaults(all, ({ ref: { name } }) => (name === "base" ? place : 0));
      return told.get(needing.id) ?? "none";
    });
    expect(texts).toEqual(faults.map(([text]) => expect.stringContaining(text)));
    expect(valid.length + 1 + texts.length).toBe(24);
  });

  it("75 Cycle hits its members only; apply on prune refused (O-22, P-42)", async () => {
    const app = "cu75";
    const needsHere = (one: KubeObject, ...names: readonly string[]) =>
      annotated(one, {
        [dependsOn]: names.map((name) => `/namespaces/${app}/ConfigMap/${name}`).join(","),
      });
    const going = [configMap("going"), ...rest];
    await bench().sync(app, going);
    const from = bench().mark;
    const done = await bench().sync(app, [
      needsHere(configMap("a"), "b"),
      needsHere(configMap("b"), "c"),
      needsHere(configMap("c"), "a"),
      needsHere(configMap("beside"), "rest0"),
      needsHere(configMap("after"), "a"),
      needsHere(configMap("late"), "going"),
      ...rest,
    ]);
    expect(outcomes(done)).toMatchObject({
      "ConfigMap/a": "failed",
      "ConfigMap/b": "failed",
      "ConfigMap/c": "failed",
      "ConfigMap/beside": "created",
      "ConfigMap/after": "skipped",
      "ConfigMap/late": "failed",
      "ConfigMap/rest0": "unchanged",
    });
    const told = failures(done);
    expect(told.filter((one) => one.includes("wait for each other"))).toHaveLength(3);
    expect(told.join("\n")).toContain(`ConfigMap ${app}/going is no object of this app`);
    // What it names is not taken from under it, either.
    expect(deletesSince(bench(), from)).toEqual([]);
    expect(await alive(bench(), app, [configMap("going")])).toEqual(["going"]);
  });
});
