import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../agent/model/object.ts";
import { nothingLost } from "./i01.ts";
import { nothingOrphaned } from "./i02.ts";
import { nothingWronglyDeleted } from "./i03.ts";
import { nothingHalfRendered } from "./i04.ts";
import { noGoingBack } from "./i06.ts";
import type { Violation } from "./model.ts";
import { describeViolations, judgeHistory } from "./oracle.ts";
import { configMap, deployment, marked, Story, tenMaps } from "./story.ts";

const a = configMap("a", { key: "1" });
const b = configMap("b", { key: "1" });

/** R1 declares a and ten more, R2 drops a: everything as it should be. */
function goodStory(): Story {
  const story = new Story().commit("r1", { shop: [a, ...tenMaps] }).tracks("shop", [a, ...tenMaps]);
  for (const object of [a, ...tenMaps]) story.applies("shop", object);
  return story
    .tracks("shop", [a, ...tenMaps], "r1")
    .commit("r2", { shop: tenMaps })
    .deletes(a)
    .tracks("shop", tenMaps, "r2")
    .isEqual("shop", ...tenMaps);
}

function words(violations: readonly Violation[]): string {
  return describeViolations(violations);
}

describe("a run in which everything is right", () => {
  it("violates nothing", () => {
    expect(words(judgeHistory(goodStory().end()))).toBe("");
  });

  it("may take over, retry after a refusal, and wait for a finalizer", () => {
    const story = new Story()
      .commit("r1", { shop: [a, b] })
      .foreign(b)
      .tracks("shop", [a, b])
      .failsToApply("shop", b, 500)
      .applies("shop", a)
      .applies("shop", b)
      .tracks("shop", [a, b], "r1")
      .isEqual("shop", a, b);
    expect(words(judgeHistory(story.end()))).toBe("");
  });
});

describe("I1 nothing lost", () => {
  const base = () =>
    new Story()
      .commit("r1", { shop: [a] })
      .tracks("shop", [a])
      .applies("shop", a);

  it("sees a declared object that is absent", () => {
    const story = base().deletes(a).dryRun("shop", a, undefined);
    expect(words(nothingLost(story.end()))).toContain("declared and absent");
  });

  it("sees a declared field that differs (M06, M12: a missed event)", () => {
    const edited = configMap("a", { key: "2" });
    const story = base().foreign(marked("shop", edited)).dryRun("shop", a, marked("shop", a));
    expect(words(nothingLost(story.end()))).toContain("differs from what Git declares");
  });

  it("sees a declared object that the server refuses", () => {
    const story = base().dryRun("shop", a, undefined);
    expect(words(nothingLost(story.end()))).toContain("refused by the server");
  });

  it("sees a declared object that nobody compared", () => {
    expect(words(nothingLost(base().end()))).toContain("never compared");
  });

  it("does not look at what only the server writes", () => {
    const answer = marked("shop", a);
    const again = { ...answer, metadata: { ...answer.metadata, uid: "x", resourceVersion: "99" } };
    expect(nothingLost(base().dryRun("shop", a, again).end())).toEqual([]);
  });
});

describe("what is made anew and what is brought back", () => {
  const job = (more = {}) => ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: "j",
      namespace: "shop",
      annotations: { "holdfast.dev/recreate": "enabled", ...more },
    },
  });
  const set = { ...job(), apiVersion: "apps/v1", kind: "StatefulSet" };
  const base = (object: KubeObject) =>
    new Story()
      .commit("r1", { shop: [object, ...tenMaps] })
      .tracks("shop", [object, ...tenMaps])
      .applies("shop", object);

  it("I3: may delete what is declared when Git allows it and the server had refused the change", () => {
    const story = base(job()).refuses(job()).deletes(job()).applies("shop", job());
    expect(words(nothingWronglyDeleted(story.end()))).toBe("");
  });

  it("I3: not without the annotation, not without a refusal, not for another reason", () => {
    const forbidden = job({ "holdfast.dev/recreate": "no" });
    const unasked = base(forbidden).refuses(forbidden).deletes(forbidden);
    expect(words(nothingWronglyDeleted(unasked.end()))).toContain("does not let it be made anew");
    expect(words(nothingWronglyDeleted(base(job()).deletes(job()).end()))).toContain(
      "no change of it was refused",
    );
    const other = base(job()).refuses(job(), "spec.x: must be positive").deletes(job());
    expect(words(nothingWronglyDeleted(other.end()))).toContain("no change of it was refused");
  });

  it("I3: a StatefulSet only without its pods (A-67)", () => {
    const wrong = base(set).refuses(set).deletes(set);
    expect(words(nothingWronglyDeleted(wrong.end()))).toContain("together with its pods");
    const right = base(set).refuses(set).deletes(set, undefined, "Orphan");
    expect(words(nothingWronglyDeleted(right.end()))).toBe("");
  });

  it("I2, I4: what was deleted may be created as it was, owned by nobody", () => {
    const story = goodStory().creates(a);
    expect(words([...nothingOrphaned(story.end()), ...nothingHalfRendered(story.end())])).toBe("");
  });

  it("I4: nothing else is created", () => {
    expect(words(nothingHalfRendered(goodStory().creates(b).end()))).toContain(
      "no such object had been deleted",
    );
    const other = goodStory().creates(configMap("a", { key: "other" }));
    expect(words(nothingHalfRendered(other.end()))).toContain("no copy");
  });
});

describe("hooks (O-17, O-18)", () => {
  const withHook = () =>
    new Story()
      .commit("r1", { shop: [a] })
      .tracks("shop", [a])
      .runs("shop", [b])
      .applies("shop", b);

  it("stand in the inventory with their runs, and may be deleted while they do", () => {
    const story = withHook().deletes(b).end();
    expect(words([...nothingOrphaned(story), ...nothingWronglyDeleted(story)])).toBe("");
  });

  it("I2, I3: are orphans, and not to be deleted, when they do not", () => {
    const story = withHook().runs("shop", []);
    expect(words(nothingOrphaned(story.end()))).toContain("ConfigMap shop/b");
    expect(words(nothingWronglyDeleted(story.deletes(b).end()))).toContain("(b)");
  });

  it("M03: want their preconditions like all else", () => {
    expect(words(nothingWronglyDeleted(withHook().deletes(b, {}).end()))).toContain("(a) no uid");
  });
});

describe("I2 nothing orphaned", () => {
  it("M01 sees an object that was applied before the inventory named it, and then dropped", () => {
    const story = new Story()
      .commit("r1", { shop: [a, b] })
      .applies("shop", a)
      .commit("r2", { shop: [b] })
      .tracks("shop", [b]);
    expect(words(nothingOrphaned(story.end()))).toContain("ConfigMap shop/a");
  });

  it("M02 sees an object that left the inventory because a later apply of it failed", () => {
    const story = new Story()
      .commit("r1", { shop: [a, b] })
      .tracks("shop", [a, b])
      .applies("shop", a)
      .failsToApply("shop", a)
      .tracks("shop", [b])
      .commit("r2", { shop: [b] });
    expect(nothingOrphaned(story.end())).toHaveLength(1);
  });

  it("does not mind an object that is declared and not yet in the inventory", () => {
    const story = new Story().commit("r1", { shop: [a] }).applies("shop", a);
    expect(words(nothingOrphaned(story.end()))).toBe("");
  });

  it("knows an object that is on its way out, foreign, or let go", () => {
    const story = new Story()
      .commit("r1", { shop: [a, b] })
      .tracks("shop", [a, b])
      .applies("shop", a)
      .applies("shop", b)
      .foreign(configMap("other"))
      .terminates(a)
      .foreign(b)
      .commit("r2", { shop: [] })
      .tracks("shop", []);
    expect(words(nothingOrphaned(story.end()))).toBe("");
  });
});

describe("I3 nothing wrongly deleted", () => {
  /** R1 is applied; R2 drops a. */
  const ready = () => {
    const story = new Story()
      .commit("r1", { shop: [a, ...tenMaps] })
      .tracks("shop", [a, ...tenMaps]);
    for (const object of [a, ...tenMaps]) story.applies("shop", object);
    return story.tracks("shop", [a, ...tenMaps], "r1");
  };

  it("M03 wants uid and resourceVersion on every DELETE", () => {
    const story = ready().commit("r2", { shop: tenMaps }).deletes(a, {});
    expect(words(nothingWronglyDeleted(story.end()))).toContain("(a) no uid precondition");
    expect(words(nothingWronglyDeleted(story.end()))).toContain("(a) no resourceVersion");
  });

  it("sees a deletion of what no inventory names", () => {
    const story = ready().commit("r2", { shop: tenMaps }).tracks("shop", tenMaps).deletes(a);
    expect(words(nothingWronglyDeleted(story.end()))).toContain("(b)");
  });

  it("M09 sees a deletion of a copy that bears another object's mark", () => {
    const copy = configMap("copy");
    const stolen = { ...copy, metadata: { ...marked("shop", a).metadata, name: "copy" } };
    const story = ready()
      .foreign(stolen)
      .tracks("shop", [a, copy, ...tenMaps])
      .deletes(copy);
    expect(words(nothingWronglyDeleted(story.end()))).toContain("(c) it does not bear a mark");
  });

  it("sees a deletion of what a controller owns", () => {
    const owned = marked("shop", a);
    const owner = { apiVersion: "v1", kind: "Node", name: "n", uid: "u" };
    const story = ready()
      .foreign({ ...owned, metadata: { ...owned.metadata, ownerReferences: [owner] } })
      .commit("r2", { shop: tenMaps })
      .deletes(a);
    expect(words(nothingWronglyDeleted(story.end()))).toContain("(c) a controller owns it");
  });

  it("sees a deletion of what an app still declares", () => {
    expect(words(nothingWronglyDeleted(ready().deletes(a).end()))).toContain(
      "(d) shop declares it",
    );
  });

  it("sees a deletion of what another app declares by now", () => {
    const story = ready()
      .commit("r2", { shop: tenMaps, web: [a] })
      .deletes(a);
    expect(words(nothingWronglyDeleted(story.end()))).toContain("(d) web declares it");
  });

  it("sees a deletion of what something that stays refers to", () => {
    const uses = deployment("web", "a");
    const story = ready()
      .commit("r2", { shop: [uses, ...tenMaps] })
      .tracks("shop", [a, uses, ...tenMaps])
      .applies("shop", uses)
      .deletes(a);
    expect(words(nothingWronglyDeleted(story.end()))).toContain("(d) Deployment web refers to it");
  });

  it("M04 sees an empty render prune", () => {
    const story = ready().commit("r2", { shop: [] }).deletes(a);
    expect(words(nothingWronglyDeleted(story.end()))).toContain("the render is empty");
  });

  it("sees a broken render prune", () => {
    const story = ready().commit("r2", { shop: "broken" }).deletes(a);
    expect(words(nothingWronglyDeleted(story.end()))).toContain("(e) the newest accepted commit");
  });

  it("M05 sees pruning although an object failed to apply", () => {
    const story = ready()
      .commit("r2", { shop: [b, ...tenMaps] })
      .tracks("shop", [a, b, ...tenMaps])
      .failsToApply("shop", b)
      .deletes(a);
    expect(words(nothingWronglyDeleted(story.end()))).toContain("(f) applying ConfigMap b");
    expect(words(nothingWronglyDeleted(story.end()))).toContain("(e) ConfigMap b");
  });

  it("M13 sees a vanished app file taken for a deletion", () => {
    const story = ready().commit("r2", {}).deletes(a);
    expect(words(nothingWronglyDeleted(story.end()))).toContain("nobody decided");
    const decided = ready().onRemove("shop", "delete").commit("r2", {}).deletes(a);
    expect(words(nothingWronglyDeleted(decided.end()))).toBe("");
  });

  it("sees the guard ignored: more than half, more than 20 %, the last workload", () => {
    const half = ready().commit("r2", { shop: tenMaps.slice(0, 4) });
    expect(words(nothingWronglyDeleted(half.deletes(a).end()))).toContain("of 11 objects would go");
    const workload = deployment("web");
    const last = ready()
      .commit("r2", { shop: [a, workload, ...tenMaps] })
      .tracks("shop", [a, workload, ...tenMaps])
      .applies("shop", workload)
      .commit("r3", { shop: [a, ...tenMaps] })
      .deletes(workload);
    expect(words(nothingWronglyDeleted(last.end()))).toContain("the last workload would go");
  });

  it("sees the guard ignored when more than ten of many objects go, and a load balancer", () => {
    const many = Array.from({ length: 40 }, (_, index) => configMap(`many-${index}`));
    const all = [a, ...many];
    const story = new Story().commit("r1", { shop: all }).tracks("shop", all);
    for (const object of all) story.applies("shop", object);
    story.commit("r2", { shop: many.slice(0, 29) }).deletes(a);
    expect(words(nothingWronglyDeleted(story.end()))).toContain("12 of 41 objects would go");
    const balancer = { ...configMap("lb"), kind: "Service", spec: { type: "LoadBalancer" } };
    const exposed = ready()
      .commit("r2", { shop: [a, balancer, ...tenMaps] })
      .tracks("shop", [a, balancer, ...tenMaps])
      .applies("shop", balancer)
      .commit("r3", { shop: [a, ...tenMaps] })
      .deletes(balancer);
    expect(words(nothingWronglyDeleted(exposed.end()))).toContain("protected kind");
  });

  it("sees a mark of another installation", () => {
    const other = marked("shop", a);
    const mark = other.metadata.annotations?.["holdfast.dev/owner"]?.replace(
      "abcdefghij",
      "zzzzzzzzzz",
    );
    const annotations = { "holdfast.dev/owner": mark ?? "" };
    const story = ready()
      .foreign({ ...other, metadata: { ...other.metadata, annotations } })
      .commit("r2", { shop: tenMaps })
      .deletes(a);
    expect(words(nothingWronglyDeleted(story.end()))).toContain("another installation");
  });

  it("lets a person's word open the guard, but only for what that commit had dropped", () => {
    const accepted = () =>
      ready()
        .commit("r2", { shop: tenMaps.slice(0, 4) })
        .accepts("shop", "r2");
    expect(words(nothingWronglyDeleted(accepted().deletes(a).end()))).toBe("");
    const later = accepted().commit("r3", { shop: [] }).deletes(a);
    expect(words(nothingWronglyDeleted(later.end()))).toContain("nobody accepted it");
    const tooMany = ready()
      .commit("r2", { shop: tenMaps.slice(0, 4) })
      .accepts("shop", "r2", 6);
    expect(words(nothingWronglyDeleted(tooMany.deletes(a).end()))).toContain("nobody accepted it");
  });

  it("M22 sees a protected kind go without a person's word, and prune: disabled go at all", () => {
    const claim = { ...configMap("claim"), kind: "PersistentVolumeClaim" };
    const first = ready()
      .commit("r2", { shop: [a, claim, ...tenMaps] })
      .tracks("shop", [a, claim, ...tenMaps])
      .applies("shop", claim)
      .commit("r3", { shop: [a, ...tenMaps] });
    expect(words(nothingWronglyDeleted(first.deletes(claim).end()))).toContain("protected kind");
    const kept = marked("shop", a);
    const annotations = { ...kept.metadata.annotations, "holdfast.dev/prune": "disabled" };
    const never = ready()
      .foreign({ ...kept, metadata: { ...kept.metadata, annotations } })
      .commit("r2", { shop: tenMaps })
      .accepts("shop", "r2")
      .deletes(a);
    expect(words(nothingWronglyDeleted(never.end()))).toContain("annotated never to be deleted");
  });
});

describe("I4 nothing half-rendered", () => {
  const second = configMap("a", { key: "2" });
  const base = () => new Story().commit("r1", { shop: [a, b] }).tracks("shop", [a, b]);

  it("M23 sees a body that no commit renders", () => {
    const cut = configMap("a", {});
    expect(words(nothingHalfRendered(base().applies("shop", cut).end()))).toContain(
      "in no render of an accepted commit",
    );
  });

  it("M11, M25 sees a body of a commit that was not accepted yet", () => {
    const story = base()
      .applies("shop", second)
      .commit("r2", { shop: [second, b] });
    expect(nothingHalfRendered(story.end())).toHaveLength(1);
  });

  it("sees bodies of two commits mixed", () => {
    const story = base()
      .commit("r2", { shop: [second, configMap("b", { key: "2" })] })
      .applies("shop", second)
      .applies("shop", b);
    expect(words(nothingHalfRendered(story.end()))).toContain("older commit follows");
  });

  it("takes a revert for what it is: a newer commit", () => {
    const story = base()
      .applies("shop", a)
      .commit("r2", { shop: [second, b] })
      .applies("shop", second)
      .commit("r3", { shop: [a, b] })
      .applies("shop", a);
    expect(words(nothingHalfRendered(story.end()))).toBe("");
  });

  it("knows what normalisation writes out", () => {
    const secret = { ...configMap("s"), kind: "Secret", data: {}, stringData: { user: "ana" } };
    const sent = { ...configMap("s"), kind: "Secret", data: { user: "YW5h" } };
    const story = new Story().commit("r1", { shop: [secret] }).tracks("shop", [secret]);
    expect(words(nothingHalfRendered(story.applies("shop", sent).end()))).toBe("");
  });

  it("sees a body without a mark", () => {
    const [write] = base().applies("shop", a).end().requests;
    const history = { ...base().end(), requests: [{ ...write!, body: a }] };
    expect(words(nothingHalfRendered(history))).toContain("mark of no app");
  });
});

describe("I6 no silent going back", () => {
  const base = () =>
    new Story()
      .commit("r1", { shop: [a] })
      .commit("r2", { shop: [a] })
      .tracks("shop", [a], "r2");

  it("M10, M20 sees an older commit recorded after a newer one", () => {
    expect(words(noGoingBack(base().tracks("shop", [a], "r1").end()))).toContain("from r2 to r1");
  });

  it("lets a recorded rollback pass, if it names both (R-4)", () => {
    const end = (rollback: object) => {
      const { inventories, ...rest } = base().tracks("shop", [a], "r1").end();
      const told = inventories.map((one, index) => {
        const isLast = index === inventories.length - 1 && one.inventory !== undefined;
        return isLast ? { ...one, inventory: { ...one.inventory, ...rollback } } : one;
      });
      return { ...rest, inventories: told };
    };
    const said = { by: "failure", why: "w", at: "2026-11-21T09:00:00Z" } as const;
    const names = (from: string, to: string) => ({
      rollback: { ...said, from: { digest: "2", commit: from }, to: { digest: "1", commit: to } },
    });
    expect(noGoingBack(end(names("r2", "r1")))).toEqual([]);
    expect(words(noGoingBack(end(names("r2", "r0"))))).toContain("from r2 to r1");
    expect(words(noGoingBack(end(names("r1", "r1"))))).toContain("from r2 to r1");
  });

  it("M10 sees a commit that is no descendant of what was accepted", () => {
    expect(words(noGoingBack(base().tracks("shop", [a], "forced").end()))).toContain(
      "never accepted",
    );
  });

  it("sees a commit applied before it was there", () => {
    const story = new Story().commit("r1", { shop: [a] }).tracks("shop", [a], "r2");
    expect(noGoingBack(story.commit("r2", { shop: [a] }).end())).toHaveLength(1);
  });
});
