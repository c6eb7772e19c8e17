import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Change, ChangeResult, Outcome } from "../../agent/model/change.ts";
import type { EntryState, InventoryEntry } from "../../agent/model/inventory.ts";
import { type KubeObject, refId, refOf } from "../../agent/model/object.ts";
import { afterPass, withIntents, withoutAdditions } from "../../agent/plan/track.ts";
import { desired, entryOf, inventory, live, marked, now, object } from "./builders.ts";

const web = marked(object("ConfigMap", "web"));
const wanted = desired(web);
const id = wanted.id;
const intent = { changeId: "change-1", now, pluralOf: () => "configmaps" };

function intended(entries: readonly InventoryEntry[], objects = [web]) {
  return withIntents(inventory(entries), objects.map(desired), intent).entries;
}

describe("before the first write (P-10)", () => {
  it("stored = old ∪ desired, the new ones as intents", () => {
    const old = entryOf(object("ConfigMap", "old"));
    const entries = intended([old]);
    expect(entries.get(refId(old.ref))).toBe(old);
    expect(entries.get(id)).toEqual({
      ref: refOf(web),
      version: "v1",
      plural: "configmaps",
      state: "intent",
      since: now,
      addedIn: "change-1",
      changedIn: "change-1",
    });
  });

  it("no difference, no write: the same again is the same", () => {
    const known = entryOf(web, { digest: wanted.digest, plural: "configmaps" });
    expect(intended([known]).get(id)).toEqual(known);
    const once = inventory([...intended([]).values()]);
    const later = { ...intent, now: "2026-11-21T10:00:00Z" };
    expect(withIntents(once, [wanted], later).entries).toEqual(once.entries);
    const settled = inventory([known]);
    expect(withIntents(settled, [wanted], later)).toBe(settled);
  });

  it("P-15: another version only updates the entry", () => {
    const known = entryOf(web, { version: "v1beta1", digest: wanted.digest });
    expect(intended([known]).get(id)).toMatchObject({
      version: "v1",
      uid: "uid-web",
      state: "applied",
    });
  });

  it.each<[EntryState, boolean, EntryState]>([
    ["stale", true, "applied"],
    ["recovered", true, "applied"],
    ["deleting", true, "applied"],
    ["intent", false, "intent"],
    ["stale", false, "intent"],
  ])("declared again: %s with uid %s is %s", (state, hasUid, next) => {
    const { uid: _uid, ...bare } = entryOf(web, { state, why: "undeclared" });
    const entry = intended([hasUid ? { ...bare, uid: "uid-web" } : bare]).get(id);
    expect(entry?.state).toBe(next);
    expect(entry).not.toHaveProperty("why");
  });

  it.each([{ why: "undeclared" }, { letGo: "change-0" }, { protect: "by name" }, { plural: "" }])(
    "declared again, with the same digest, nothing of %o is kept",
    (old) => {
      const same = entryOf(web, { digest: wanted.digest, plural: "configmaps" });
      expect(intended([{ ...same, ...old }]).get(id)).toEqual(same);
    },
  );

  it("P-16: what this change creates or changes is known by it", () => {
    expect(intended([entryOf(web)]).get(id)).toMatchObject({
      changedIn: "change-1",
      addedIn: "change-0",
    });
    const same = entryOf(web, { digest: wanted.digest });
    expect(intended([same]).get(id)).toMatchObject({ changedIn: "change-0" });
  });

  it.each([
    ["holdfast.dev/prune", "disabled", "holdfast.dev/prune: disabled"],
    ["helm.sh/resource-policy", "keep", "helm.sh/resource-policy: keep"],
    ["holdfast.dev/reconcile", "disabled", "holdfast.dev/reconcile: disabled"],
    ["kustomize.toolkit.fluxcd.io/ssa", "Ignore", "holdfast.dev/reconcile: disabled"],
    [
      "argocd.argoproj.io/sync-options",
      "Prune=confirm",
      "argocd.argoproj.io/sync-options: Prune=confirm",
    ],
  ])("P-20: %s: %s counts from the intent on", (key, value, protect) => {
    const kept = object("ConfigMap", "web", {
      metadata: { name: "web", annotations: { [key]: value } },
    });
    expect(intended([], [kept]).get(refId(refOf(kept)))).toMatchObject({ protect });
  });

  it("P-20: and is the last desired one", () => {
    const entry = entryOf(web, { protect: "holdfast.dev/prune: disabled" });
    expect(intended([entry]).get(id)).not.toHaveProperty("protect");
  });
});

describe("a change that is done (P-50)", () => {
  it("has no additions any more; nothing else changes", () => {
    const added = intended([]);
    const { addedIn: _addedIn, ...entry } = added.get(id) ?? entryOf(web);
    expect(withoutAdditions({ ...inventory([]), entries: added }).entries).toEqual(
      new Map([[id, entry]]),
    );
    const settled = withoutAdditions(inventory([entryOf(web)]));
    expect(withoutAdditions(settled)).toBe(settled);
  });
});

const found = live(web, { uid: "uid-new" });

function recorded(entry: InventoryEntry, result: Partial<ChangeResult>, declared = true) {
  const change: Change = { action: "create", ref: refOf(web), desired: wanted, cause: "change" };
  const full: ChangeResult = { change, outcome: "created", warnings: [], ...result };
  const known = new Map(declared ? [[id, wanted]] : []);
  return afterPass(inventory([entry]), { desired: known, results: [full], now }).entries.get(id);
}

const unchanged: Change = { action: "unchanged", ref: refOf(web), desired: wanted, live: found };
const { uid: _uid, digest: _digest, ...bareIntent } = entryOf(web, { state: "intent" });

describe("after the pass: declared (P-10)", () => {
  it.each<Outcome>(["created", "configured", "unchanged", "adopted", "recreated"])(
    "%s gets uid and digest",
    (outcome) => {
      expect(recorded(bareIntent, { outcome, live: found })).toMatchObject({
        state: "applied",
        uid: "uid-new",
        digest: wanted.digest,
        since: now,
      });
    },
  );

  it("unchanged stays the same value: there is nothing to store", () => {
    const same = inventory([entryOf(web, { uid: "uid-new", digest: wanted.digest })]);
    const results = [
      { change: unchanged, outcome: "unchanged", live: found, warnings: [] },
    ] as const;
    expect(afterPass(same, { desired: new Map([[id, wanted]]), results, now })).toBe(same);
  });

  it.each<Outcome>(["failed", "skipped", "held", "unknown", "reported"])("%s stays", (outcome) => {
    expect(recorded(bareIntent, { outcome })).toEqual(bareIntent);
    expect(recorded(entryOf(web), { outcome })).toEqual(entryOf(web));
  });

  it("a report of what differs proves nothing", () => {
    expect(recorded(entryOf(web), { outcome: "reported", live: found })).toEqual(entryOf(web));
  });

  it("H-8: a Job with a TTL that is seen Complete is finished with this digest", () => {
    const job = marked(object("Job", "once", { spec: { ttlSecondsAfterFinished: 60 } }));
    const of = desired(job);
    const seen = (job: KubeObject, type: string) => {
      const status = { conditions: [{ type, status: "True" }] };
      const change: Change = { action: "unchanged", ref: of.ref, desired: of, live: undefined };
      const result: ChangeResult = {
        change,
        outcome: "unchanged",
        live: { ...live(job), status },
        warnings: [],
      };
      const before = inventory([entryOf(job, { digest: of.digest })]);
      const after = afterPass(before, { desired: new Map([[of.id, of]]), results: [result], now });
      return after.entries.get(of.id)?.finished;
    };
    expect(seen(job, "Complete")).toBe(of.digest);
    expect(seen(job, "Failed")).toBeUndefined();
    expect(seen({ ...job, spec: {} }, "Complete")).toBeUndefined();
  });
});

const skip = (forget: boolean): Change => ({ action: "skip", ref: refOf(web), why: "why", forget });
const doomed: Change = {
  action: "delete",
  ref: refOf(web),
  version: "v1",
  over: { uid: "uid-web", resourceVersion: "7" },
  live: found,
};

describe("after the pass: no longer declared (P-10, P-11, P-18)", () => {
  const undeclared = (entry: InventoryEntry, result: Partial<ChangeResult>) =>
    recorded(entry, result, false);

  it("only what is confirmed gone, or released, leaves", () => {
    expect(undeclared(entryOf(web), { change: doomed, outcome: "deleted" })).toBeUndefined();
    expect(undeclared(entryOf(web), { change: skip(true), outcome: "skipped" })).toBeUndefined();
    const release: Change = { ...doomed, action: "release" };
    expect(
      undeclared(entryOf(web), { change: release, outcome: "released", live: found }),
    ).toBeUndefined();
  });

  it("what is still terminating stays, as deleting", () => {
    expect(
      undeclared(entryOf(web), { change: doomed, outcome: "deleted", live: found }),
    ).toMatchObject({
      state: "deleting",
      since: now,
    });
  });

  it("P-11: a refused or unanswered deletion keeps its entry, and says why", () => {
    const problem = { reason: "ApiError", message: "denied" } as const;
    for (const outcome of ["failed", "unknown"] as const) {
      expect(undeclared(entryOf(web), { change: doomed, outcome, problem })).toMatchObject({
        state: "stale",
        why: "denied",
      });
    }
  });

  it("what waits or is let alone stays, and says why", () => {
    expect(undeclared(entryOf(web), { change: skip(false), outcome: "skipped" })).toMatchObject({
      state: "stale",
      why: "why",
    });
  });

  it("P-18: an intent found under our mark gets its UID, and is no intent any more", () => {
    const result = { change: skip(false), outcome: "skipped", live: found } as const;
    expect(undeclared(bareIntent, result)).toMatchObject({ state: "stale", uid: "uid-new" });
  });

  it("P-19: recovered stays recovered until a person accepts", () => {
    const entry = entryOf(web, { state: "recovered" });
    expect(undeclared(entry, { change: skip(false), outcome: "skipped" })?.state).toBe("recovered");
  });

  it("not judged this time: stale", () => {
    const after = afterPass(inventory([entryOf(web)]), { desired: new Map(), results: [], now });
    expect(after.entries.get(id)).toMatchObject({ state: "stale" });
  });
});

it("P2: no outcome lets an entry go but gone and released", () => {
  const outcomes: readonly Outcome[] = [
    "created",
    "configured",
    "unchanged",
    "adopted",
    "recreated",
    "skipped",
    "reported",
    "held",
    "failed",
    "unknown",
  ];
  const cases = fc.record({
    outcome: fc.constantFrom(...outcomes),
    state: fc.constantFrom<EntryState>("intent", "applied", "stale", "deleting", "recovered"),
    isDeclared: fc.boolean(),
    hasLive: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ outcome, state, isDeclared, hasLive }) => {
      const result = { outcome, ...(hasLive ? { live: found } : {}) };
      expect(recorded(entryOf(web, { state }), result, isDeclared)).toBeDefined();
    }),
  );
});
