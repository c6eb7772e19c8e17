import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KubeObject, refId, refOf } from "../../agent/model/object.ts";
import { type Accept, type GuardInput, guard, planDigest } from "../../agent/plan/guard.ts";
import { judgeDeletion } from "../../agent/plan/prune.ts";
import { testHasher } from "../doubles/ports.ts";
import { entryOf, inventory, live, marked, object, pruneContext } from "./builders.ts";

interface Case {
  /** In the inventory, declared before this change. */
  readonly before: readonly KubeObject[];
  /** Of those, dropped by this change. */
  readonly drop: readonly KubeObject[];
  /** New with this change. */
  readonly add?: readonly KubeObject[];
  readonly input?: Partial<GuardInput>;
}

function maps(count: number, prefix = "c"): KubeObject[] {
  return Array.from({ length: count }, (_each, index) => object("ConfigMap", `${prefix}${index}`));
}

function guarded({ before, drop, add = [], input = {} }: Case) {
  const doomed = drop.flatMap((one) => {
    const read = { found: "object", object: live(marked(one)) } as const;
    const verdict = judgeDeletion(entryOf(one), read, pruneContext());
    return verdict.verdict === "delete" ? [verdict] : [];
  });
  const gone = new Set(drop.map(idOf));
  const declared = [...before.filter((one) => !gone.has(idOf(one))), ...add].map(idOf);
  return guard(doomed, {
    app: "shop",
    cluster: "eu",
    commit: "a".repeat(40),
    changeId: "change-1",
    inventory: inventory([
      ...before.map((one) => entryOf(one)),
      ...add.map((one) => entryOf(one, { addedIn: "change-1", state: "intent" })),
    ]),
    declared: new Set(declared),
    maxShare: 0.2,
    accepts: [],
    hasher: testHasher,
    ...input,
  });
}

function idOf(object: KubeObject): string {
  return refId(refOf(object));
}

function cut(all: readonly KubeObject[], count: number): Pick<Case, "before" | "drop"> {
  return { before: all, drop: all.slice(0, count) };
}

describe("how much may go (P-50 b, R09)", () => {
  it.each([
    [50, 10, undefined],
    [50, 11, "PruneGuard"],
    [200, 15, undefined],
    [200, 40, undefined],
    [200, 41, "PruneGuard"],
    [5, 2, undefined],
    [5, 3, "PruneGuard"],
    [6, 3, undefined],
    [2, 1, undefined],
  ])("of %i, dropping %i: %s", (of, count, reason) => {
    expect(guarded(cut(maps(of), count)).held?.reason).toBe(reason);
  });

  it("prune.max sets another share", () => {
    const case50 = cut(maps(50), 11);
    expect(guarded({ ...case50, input: { maxShare: 0.25 } }).held).toBeUndefined();
    expect(guarded({ ...cut(maps(200), 15), input: { maxShare: 0.05 } }).held).toBeDefined();
  });

  it.each(["Deployment", "StatefulSet", "DaemonSet", "CronJob"])("the last %s", (kind) => {
    const [one, two] = [object(kind, "one"), object(kind, "two")];
    const before = [one, two, ...maps(40)];
    const last = guarded({ before: [one, ...maps(40)], drop: [one] });
    expect(last.held).toBeDefined();
    expect(guarded({ before, drop: [one, two] }).held).toBeDefined();
    const isProtected = kind === "StatefulSet";
    expect(guarded({ before, drop: [one] }).held?.reason).toBe(
      isProtected ? "ProtectedKind" : undefined,
    );
    const renamed = guarded({ before: [one, ...maps(40)], drop: [one], add: [two] });
    expect(renamed.held?.reason).toBe(isProtected ? "ProtectedKind" : undefined);
  });

  it("everything, however little", () => {
    expect(guarded({ before: maps(1), drop: maps(1), add: maps(1, "n") }).held?.reason).toBe(
      "PruneGuard",
    );
  });

  it("what the change adds does not soften what it drops", () => {
    const add = maps(500, "n");
    expect(guarded({ ...cut(maps(50), 11), add }).held?.reason).toBe("PruneGuard");
    expect(guarded({ ...cut(maps(5), 3), add }).held?.reason).toBe("PruneGuard");
  });

  it("more dropped objects never open a shut guard, more kept ones never shut an open one", () => {
    const sizes = fc.record({ of: fc.integer({ min: 2, max: 80 }), drop: fc.nat(80) });
    fc.assert(
      fc.property(sizes, ({ of, drop }) => {
        const count = Math.min(drop, of - 1);
        const held = guarded(cut(maps(of), count)).held !== undefined;
        if (held && count + 1 < of) expect(guarded(cut(maps(of), count + 1)).held).toBeDefined();
        if (!held) expect(guarded(cut(maps(of + 1), count)).held).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it("the message says how many, of how many, why, and the digest to accept", () => {
    const { held, plan } = guarded(cut(maps(50), 11));
    expect(held).toMatchObject({
      plan,
      message: "Commit aaaaaaa would delete 11 of 50 objects: more than 10, and more than 20 %",
    });
    expect(held?.deletions).toHaveLength(11);
  });
});

describe("content-hashed names (N-28)", () => {
  const hashed = (name: string, hash: string, kind = "ConfigMap") =>
    object(kind, `${name}-${hash}`);
  const olds = ["a", "b", "c"].map((name) => hashed(name, "5h2kd8b7t4"));
  const news = ["a", "b", "c"].map((name) => hashed(name, "9m6tc4f2gh"));

  it("of 4, 3 renewed: pruned", () => {
    const before = [...olds, object("ConfigMap", "plain")];
    expect(guarded({ before, drop: olds, add: news }).held).toBeUndefined();
  });

  it("what has no successor counts", () => {
    const before = [...olds, object("ConfigMap", "plain")];
    expect(guarded({ before, drop: olds, add: news.slice(0, 0) }).held).toBeDefined();
  });

  it("a successor is of the same kind, and hashed", () => {
    const secrets = news.map((one) => ({ ...one, kind: "Secret" }));
    const plain = ["a", "b", "c"].map((name) => object("ConfigMap", `${name}-settings`));
    for (const add of [secrets, plain]) {
      expect(
        guarded({ before: [...olds, object("ConfigMap", "x")], drop: olds, add }).held,
      ).toBeDefined();
    }
  });
});

describe("what else trips it", () => {
  it("P-50 a: an empty render, whatever prune.max says (R07)", () => {
    const before = maps(40);
    expect(guarded({ before, drop: before, input: { maxShare: 1 } }).held?.reason).toBe(
      "EmptyRender",
    );
  });

  const kinds: readonly KubeObject[] = [
    object("Namespace", "x"),
    object("CustomResourceDefinition", "x.example.com"),
    object("PersistentVolumeClaim", "x"),
    object("PersistentVolume", "x"),
    object("StatefulSet", "x"),
    object("Service", "x", { spec: { type: "LoadBalancer" } }),
    ...[
      "postgresql.cnpg.io",
      "cluster.x-k8s.io",
      "rds.aws.crossplane.io",
      "ec2.aws.upbound.io",
      "ceph.rook.io",
      "kafka.strimzi.io",
      "kubevirt.io",
      "tikv.org",
      "pingcap.com",
    ].map((group) => object("Thing", "x", { apiVersion: `${group}/v1` })),
  ];
  it.each(kinds.map((one) => [one.kind, one.apiVersion, one] as const))(
    "P-50 c, P-22: a %s of %s",
    (_kind, _version, one) => {
      const before = [one, object("StatefulSet", "stays"), ...maps(40)];
      expect(guarded({ before, drop: [one] }).held).toMatchObject({ reason: "ProtectedKind" });
    },
  );

  it.each([
    object("Service", "x"),
    object("Thing", "x", { apiVersion: "crossplane.io/v1" }),
    object("Thing", "x", { apiVersion: "nottikv.org/v1" }),
  ])("P-22: but not %j", (one) => {
    expect(guarded({ before: [one, ...maps(40)], drop: [one] }).held).toBeUndefined();
  });

  it("one guard holds the whole set", () => {
    const claim = object("PersistentVolumeClaim", "x");
    const all = maps(40);
    expect(
      guarded({ before: [claim, ...all], drop: [claim, ...all.slice(0, 2)] }).held?.deletions,
    ).toHaveLength(3);
  });

  it("nothing to delete is never held", () => {
    expect(guarded({ before: maps(3), drop: [] }).held).toBeUndefined();
  });
});

describe("accepts (P-52)", () => {
  const eleven = cut(maps(50), 11);
  const { plan } = guarded(eleven);
  const trailer = (more: Partial<Extract<Accept, { by: "trailer" }>> = {}): Accept => ({
    by: "trailer",
    key: "trailer:c",
    declared: new Set(maps(50).slice(11).map(idOf)),
    ...more,
  });
  const accepted = (accept: Accept, more: Partial<GuardInput> = {}) =>
    guarded({ ...eleven, input: { accepts: [accept], ...more } });

  it("a digest lets exactly its set through, once", () => {
    const accept: Accept = { by: "plan", key: "app.yaml:1", plan };
    expect(accepted(accept)).toMatchObject({ used: ["app.yaml:1"] });
    expect(accepted(accept).held).toBeUndefined();
    const used = inventory(
      maps(50).map((one) => entryOf(one)),
      { accepts: ["app.yaml:1"] },
    );
    expect(accepted(accept, { inventory: used }).held).toBeDefined();
  });

  it("any difference voids it (O30)", () => {
    const accept: Accept = { by: "plan", key: "k", plan };
    const input = { accepts: [accept] };
    expect(guarded({ ...cut(maps(50), 12), input }).held).toBeDefined();
    expect(guarded({ ...cut(maps(50), 13), input }).held).toBeDefined();
    const other = maps(50);
    expect(guarded({ before: other, drop: other.slice(1, 12), input }).held).toBeDefined();
  });

  it.each([
    [10, true],
    [11, false],
  ])("max=%i of 11: held %s", (max, isHeld) => {
    expect(accepted({ by: "plan", key: "k", plan, max }).held !== undefined).toBe(isHeld);
    expect(accepted(trailer({ max })).held !== undefined).toBe(isHeld);
  });

  it("a trailer accepts what its own commit no longer declares, and no more (O29)", () => {
    expect(accepted(trailer()).held).toBeUndefined();
    expect(accepted(trailer()).used).toEqual(["trailer:c"]);
    const declared = new Set(maps(50).slice(10).map(idOf));
    expect(accepted(trailer({ declared })).held).toBeDefined();
  });

  it("what needs no accept uses none up", () => {
    const small = cut(maps(50), 2);
    expect(guarded({ ...small, input: { accepts: [trailer()] } }).used).toEqual([]);
  });

  it("P-52: the digest is of identities, in any order", () => {
    const refs = maps(4).map(refOf);
    expect(planDigest([...refs].reverse(), testHasher)).toBe(planDigest(refs, testHasher));
    expect(planDigest(refs.slice(1), testHasher)).not.toBe(planDigest(refs, testHasher));
    expect(planDigest(refs, testHasher)).toMatch(/^[0-9a-f]{12}$/);
  });
});

describe("removal of a unit (P-72)", () => {
  const all = maps(4);
  const removed = (how: "hold" | "delete" | "orphan", more: readonly KubeObject[] = []) => {
    const before = [...all, ...more];
    const removal = { how, reason: "AppRemoved", why: "its app file is gone" } as const;
    return guarded({ before, drop: before, input: { removal } }).held?.reason;
  };

  it("hold asks, delete and orphan do not", () => {
    expect(removed("hold")).toBe("AppRemoved");
    expect(removed("delete")).toBeUndefined();
    expect(removed("orphan")).toBeUndefined();
  });

  it("delete still asks for what is protected, orphan lets it go", () => {
    const claim = [object("PersistentVolumeClaim", "x")];
    expect(removed("delete", claim)).toBe("ProtectedKind");
    expect(removed("orphan", claim)).toBeUndefined();
  });
});
