import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applySetId, installationOf } from "../../agent/cluster/installation.ts";
import { inventoryObject, inventoryOf } from "../../agent/cluster/inventory.ts";
import { decodeInventory, encodeInventory } from "../../agent/cluster/inventory-format.ts";
import { type HookRun, hookKey } from "../../agent/model/hook.ts";
import type {
  Inventory,
  InventoryEntry,
  KeptRender,
  Rollback,
} from "../../agent/model/inventory.ts";
import { refId } from "../../agent/model/object.ts";

const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/);
const text = fc.string({ maxLength: 40 });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
}

const entry = fc
  .record({
    ref: fc.record({
      group: fc.constantFrom("", "apps", "rbac.authorization.k8s.io"),
      kind: fc.constantFrom("ConfigMap", "Deployment", "Role"),
      namespace: fc.constantFrom("", "shop", "default"),
      name: fc.oneof(name, fc.constantFrom("system:node", "a:b:c")),
    }),
    version: fc.constantFrom("v1", "v1beta1"),
    plural: fc.constantFrom("", "configmaps"),
    state: fc.constantFrom("intent", "applied", "stale", "deleting", "recovered"),
    since: text,
    uid: optional(text),
    digest: optional(text),
    addedIn: optional(text),
    changedIn: optional(text),
    protect: optional(text),
    adoptedIn: optional(text),
    finished: optional(text),
    why: optional(text),
    extra: optional(fc.constant({ later: { a: [1, 9007199254740993n] } })),
  })
  .map((value) => defined(value) as InventoryEntry);

const run = fc
  .record({
    ref: entry.map(({ ref }) => ref),
    phase: fc.constantFrom("pre", "post", "failure"),
    version: text,
    digest: text,
    state: fc.constantFrom("intent", "running", "succeeded", "failed"),
    since: text,
    uid: optional(text),
    attempt: optional(fc.constant(2)),
    why: optional(text),
    deleted: optional(fc.constant(true)),
  })
  .map((value) => defined(value) as HookRun);

function keyOf({ phase, ref }: HookRun): string {
  return hookKey(phase, ref);
}

const kept = fc
  .record({ digest: text, commit: text, at: text, lost: optional(fc.array(text)) })
  .map((value) => defined(value) as KeptRender);

const rollback = fc
  .record({
    from: fc.record({ digest: text, commit: text }),
    to: fc.record({ digest: text, commit: text }),
    by: fc.constantFrom("failure", "request"),
    why: text,
    at: text,
    until: optional(text),
    stays: optional(fc.array(text)),
  })
  .map((value) => defined(value) as Rollback);

const inventory = fc
  .record({
    installation: text,
    clusterUid: text,
    app: name,
    namespace: name,
    onRemove: fc.constantFrom("hold", "delete", "orphan"),
    commit: optional(text),
    changeId: optional(text),
    renderDigest: optional(text),
    accepts: fc.array(text),
    implicit: fc.array(name),
    entries: fc.array(entry).map((all) => new Map(all.map((each) => [refId(each.ref), each]))),
    hooks: optional(fc.array(run).map((all) => new Map(all.map((each) => [keyOf(each), each])))),
    succeeded: optional(text),
    renders: optional(fc.array(kept)),
    lost: optional(fc.array(text)),
    rollback: optional(rollback),
    failed: optional(fc.array(text)),
    extra: optional(fc.constant({ later: [{ id: "h" }] })),
  })
  .map((value) => defined(value) as Inventory);

describe("the stored inventory", () => {
  it("P-5: comes back as it was, unknown keys included", () => {
    fc.assert(
      fc.property(inventory, (value) => {
        expect(decodeInventory(encodeInventory(value))).toEqual(value);
      }),
    );
  });

  it("is the same bytes for the same content, whatever the order of entries", () => {
    fc.assert(
      fc.property(inventory, (value) => {
        const turned = { ...value, entries: new Map([...value.entries].reverse()) };
        expect(encodeInventory(turned)).toEqual(encodeInventory(value));
      }),
    );
  });

  it("R-5: a rollback that cannot be read is not forgotten", () => {
    const value = { ...fc.sample(inventory, 1)[0], rollback: { by: "chance" } };
    const bytes = encodeInventory(value as unknown as Inventory);
    expect(() => decodeInventory(bytes)).toThrow("rollback");
  });

  it("is never taken for an empty one when it cannot be read", () => {
    const good = encodeInventory({
      installation: "i",
      clusterUid: "u",
      app: "shop",
      namespace: "shop",
      onRemove: "hold",
      accepts: [],
      implicit: [],
      entries: new Map(),
    });
    const content = JSON.parse(gunzipSync(good).toString());
    const broken = [
      new Uint8Array(),
      good.slice(0, good.length - 9),
      gzipSync("null"),
      gzipSync("{}"),
      ...["installation", "entries", "onRemove", "format"].map((key) =>
        gzipSync(JSON.stringify({ ...content, [key]: undefined })),
      ),
      gzipSync(JSON.stringify({ ...content, format: 2 })),
      gzipSync(JSON.stringify({ ...content, onRemove: "purge" })),
      gzipSync(JSON.stringify({ ...content, entries: { a_b_c_D: { state: "applied" } } })),
      gzipSync(JSON.stringify({ ...content, entries: { nonsense: {} } })),
      gzipSync(JSON.stringify({ ...content, hooks: { "pre a_b_c_D": { state: "running" } } })), // O-18
      gzipSync(Buffer.alloc(65 * 2 ** 20, 0x20)),
    ];
    expect(decodeInventory(good).app).toBe("shop");
    for (const bytes of broken) {
      expect(() => decodeInventory(bytes)).toThrow(
        expect.objectContaining({ name: "ReconcileError", reason: "InventoryLost" }),
      );
    }
  });

  it("is one ConfigMap that kubectl knows as the parent of an ApplySet (4.3)", () => {
    const value = some(3);
    const object = inventoryObject(value, "holdfast-system");
    expect(object.metadata).toEqual({
      name: "holdfast-inventory-shop",
      namespace: "holdfast-system",
      labels: { "applyset.kubernetes.io/id": applySetId("shop", "holdfast-system") },
      annotations: {
        "applyset.kubernetes.io/tooling": "holdfast/v1",
        "applyset.kubernetes.io/contains-group-kinds": "ConfigMap,Deployment.apps",
        "applyset.kubernetes.io/additional-namespaces": "shop",
      },
    });
    const read = { ...object, metadata: { ...object.metadata, resourceVersion: "5" } };
    expect(inventoryOf(read)).toEqual({ value, resourceVersion: "5" });
    const moved = { ...read, metadata: { ...read.metadata, name: "holdfast-inventory-other" } };
    expect(() => inventoryOf(moved)).toThrow("shop");
  });

  it("refuses before writing what does not fit, and holds 14 000 objects (A-131)", () => {
    expect(() => inventoryObject(some(14_000), "n")).not.toThrow();
    expect(() => inventoryObject(some(60_000), "n")).toThrow(
      expect.objectContaining({ reason: "InventoryTooLarge" }),
    );
  });
});

/** Entries as they are: names alike, uids and digests not. */
function some(count: number): Inventory {
  const entries = Array.from({ length: count }, (_, at): InventoryEntry => {
    const isApp = at % 2 === 0;
    return {
      ref: {
        group: isApp ? "apps" : "",
        kind: isApp ? "Deployment" : "ConfigMap",
        namespace: "shop",
        name: `object-${at}`,
      },
      version: "v1",
      plural: isApp ? "deployments" : "configmaps",
      state: "applied",
      uid: pseudoRandomHex(at, 32),
      digest: pseudoRandomHex(at + 1_000_000, 64),
      since: "2026-11-21T16:00:00Z",
    };
  });
  return {
    installation: "abcdefghij",
    clusterUid: "u",
    app: "shop",
    namespace: "shop",
    onRemove: "hold",
    accepts: [],
    implicit: [],
    entries: new Map(entries.map((each) => [refId(each.ref), each])),
  };
}

function pseudoRandomHex(seed: number, length: number): string {
  let state = seed + 1;
  let out = "";
  while (out.length < length) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    state ^= state >>> 13;
    out += (state >>> 0).toString(16).padStart(8, "0");
  }
  return out.slice(0, length);
}

describe("names derived from the cluster", () => {
  it("are those of P-2 and P-3 (computed with openssl and base32)", () => {
    expect(installationOf("uid-1", "holdfast-system")).toBe("terw432on5");
    expect(applySetId("shop", "holdfast-system")).toBe(
      "applyset-sdyGikpDi88gErtCi01fuQsPSpHuCQeNJbVeb1aG0Mg-v1",
    );
  });
});
