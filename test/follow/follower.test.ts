import { describe, expect, it } from "vitest";
import { ApiError } from "../../agent/cluster/errors.ts";
import type { AgentState, StateStore } from "../../agent/cluster/state.ts";
import { Follower } from "../../agent/follow/follower.ts";
import type { Commit } from "../../agent/model/artifact.ts";
import type { AgentEvent } from "../../agent/model/event.ts";
import { ReconcileError } from "../../agent/model/reason.ts";
import { SourceError } from "../../agent/source/errors.ts";
import type { ConfigSource } from "../../agent/source/source.ts";
import { createManualClock } from "../doubles/ports.ts";

const never = new AbortController().signal;
const minute = 60_000;

function commit(letter: string, parents: readonly Commit[] = [], message = letter): Commit {
  const of = parents.map(({ id }) => id);
  const id = letter.repeat(40);
  return { id, parents: of, title: message, message, author: "Ana", authoredAt: 1, committedAt: 1 };
}

/** A branch that a test moves, and a state that survives. */
function followed(start: Commit | Error) {
  const known = new Map<string, Commit>();
  const history = (id: string): readonly Commit[] => {
    const found = known.get(id);
    return found === undefined ? [] : [found, ...found.parents.flatMap(history)];
  };
  let tip = start;
  const learn = (next: Commit | Error) => {
    tip = next;
    if (!(next instanceof Error)) known.set(next.id, next);
  };
  learn(start);
  const source: ConfigSource = {
    poll: async () => {
      if (tip instanceof Error) throw tip;
      return tip;
    },
    commit: async (id) => known.get(id),
    tree: async () => new Map(),
    read: async () => new Map(),
    contains: async (id, ancestor) => history(id).some((each) => each.id === ancestor),
    log: async ({ to }) => history(to),
    close: async () => {},
  };
  let stored: { value: AgentState; resourceVersion: string } | undefined;
  let writes = 0;
  const state: StateStore = {
    read: async () => stored,
    write: async (value, over) => {
      if (over !== stored?.resourceVersion) {
        const failure = {
          status: 409,
          reason: "Conflict",
          message: "x",
          causes: [],
          indeterminate: false,
        };
        throw new ApiError(failure);
      }
      writes += 1;
      stored = { value, resourceVersion: `${Number(over ?? 0) + 1}` };
      return stored;
    },
  };
  const clock = createManualClock();
  const events: AgentEvent[] = [];
  const random = { next: () => 0.5, id: () => "x" };
  const emit = (event: AgentEvent) => void events.push(event);
  const ports = { source, state, clock, random, emit };
  const create = () => new Follower(ports, { intervalMs: minute, jitter: 0.1 });
  return {
    clock,
    events,
    learn,
    create,
    follower: create(),
    writes: () => writes,
    person: (more: Partial<AgentState>) => {
      if (stored === undefined) throw new Error("nothing is stored");
      const resourceVersion = `${Number(stored.resourceVersion) + 1}`;
      stored = { value: { ...stored.value, ...more }, resourceVersion };
    },
  };
}

const first = commit("a");
const down = () => new SourceError("SourceUnreachable", "refused");

describe("along the history (P6)", () => {
  it("moves forward, and remembers it once", async () => {
    const { follower, learn, writes } = followed(first);
    await follower.poll("poll", never);
    await follower.poll("poll", never);
    expect(writes()).toBe(1);
    const second = commit("b", [first]);
    learn(second);
    await follower.poll("poll", never);
    expect(follower).toMatchObject({ accepted: { id: second.id }, problem: undefined });
    expect(writes()).toBe(2);
  });

  it("G13: stays where it is when the branch is rewritten", async () => {
    const { follower, learn } = followed(first);
    await follower.poll("poll", never);
    learn(commit("c"));
    await follower.poll("poll", never);
    expect(follower).toMatchObject({
      accepted: { id: first.id },
      problem: { reason: "NonFastForward", next: expect.stringContaining(first.id) },
    });
    learn(commit("d", [first]));
    await follower.poll("poll", never);
    expect(follower).toMatchObject({ accepted: { id: "d".repeat(40) }, problem: undefined });
  });

  it.each([
    ["whole", first.id, true],
    ["short", first.id.slice(0, 7), true],
    ["too short", first.id.slice(0, 6), false],
    ["another", "f".repeat(40), false],
  ])("P-52: follows it with a trailer that names the old tip, %s", async (_name, id, is) => {
    const { follower, learn } = followed(first);
    await follower.poll("poll", never);
    learn(commit("e", [commit("c")], `Start over\n\nHoldfast-Accept-Tip: ${id}`));
    await follower.poll("poll", never);
    expect(follower.problem === undefined).toBe(is);
  });

  it("O31: the trailer quoted in the body counts for nothing", async () => {
    const { follower, learn } = followed(first);
    await follower.poll("poll", never);
    learn(commit("e", [], `x\n\nHoldfast-Accept-Tip: ${first.id}\n\nas somebody wrote`));
    await follower.poll("poll", never);
    expect(follower.problem).toMatchObject({ reason: "NonFastForward" });
  });

  it("P-52: a person's accept is bound to both tips", async () => {
    const { follower, learn, person } = followed(first);
    await follower.poll("poll", never);
    learn(commit("c"));
    await follower.poll("poll", never);
    person({ acceptTip: { from: first.id, to: "d".repeat(40) } });
    await follower.poll("poll", never);
    expect(follower.problem).toMatchObject({ reason: "NonFastForward" });
    person({ acceptTip: { from: first.id, to: "c".repeat(40) } });
    await follower.poll("poll", never);
    expect(follower).toMatchObject({ accepted: { id: "c".repeat(40) }, problem: undefined });
  });

  it("what a person wrote meanwhile is read, not run over", async () => {
    const { follower, learn, person } = followed(first);
    await follower.poll("poll", never);
    person({ units: ["shop"] });
    learn(commit("b", [first]));
    await follower.poll("poll", never);
    expect(follower).toMatchObject({ accepted: { id: "b".repeat(40) }, problem: undefined });
  });

  it("a restart does not forget which history was followed", async () => {
    const { follower, learn, create } = followed(first);
    await follower.poll("poll", never);
    learn(commit("c"));
    const next = create();
    await next.poll("poll", never);
    expect(next).toMatchObject({
      accepted: { id: first.id },
      problem: { reason: "NonFastForward" },
    });
  });
});

describe("a source in trouble", () => {
  it("G01: an outage is told after three polls and five minutes, and its end at once", async () => {
    const { follower, learn, clock } = followed(first);
    await follower.poll("poll", never);
    learn(down());
    for (let polls = 1; polls <= 5; polls += 1) {
      await follower.poll("poll", never);
      expect(follower.problem).toBeUndefined();
      await clock.advance(minute);
    }
    await follower.poll("poll", never);
    expect(follower).toMatchObject({
      accepted: { id: first.id },
      problem: { reason: "SourceUnreachable" },
    });
    learn(first);
    await follower.poll("poll", never);
    expect(follower.problem).toBeUndefined();
    expect(follower.delayMs).toBe(minute);
  });

  it("G01: polls slow down to five minutes", async () => {
    const { follower, learn } = followed(first);
    learn(down());
    const delays: number[] = [];
    for (let polls = 0; polls < 8; polls += 1) {
      await follower.poll("poll", never);
      delays.push(follower.delayMs / minute);
    }
    expect(delays).toEqual([1, 1, 1, 2, 4, 5, 5, 5]);
  });

  it("G07: waits as long as it is told to", async () => {
    const { follower, learn } = followed(first);
    learn(new SourceError("SourceUnreachable", "429", { retryAfterSeconds: 120 }));
    await follower.poll("poll", never);
    expect(follower.delayMs).toBe(120_000);
  });

  it("all but an outage is told at once: the branch is gone, what ran goes on", async () => {
    const { follower, learn } = followed(first);
    await follower.poll("poll", never);
    learn(new ReconcileError("RefMissing", "no branch main"));
    await follower.poll("poll", never);
    expect(follower).toMatchObject({
      accepted: { id: first.id },
      problem: { reason: "RefMissing" },
    });
  });

  it("G35: down at the start: the last accepted commit goes on, said at once where there is none", async () => {
    const one = followed(first);
    await one.follower.poll("poll", never);
    one.learn(down());
    const next = one.create();
    await next.poll("poll", never);
    expect(next).toMatchObject({ accepted: { id: first.id }, problem: undefined });
    const none = followed(down());
    await none.follower.poll("poll", never);
    expect(none.follower).toMatchObject({
      accepted: undefined,
      problem: { reason: "SourceUnreachable" },
    });
  });

  it("a bug is no outage: it is thrown", async () => {
    const { follower, learn } = followed(first);
    learn(new TypeError("a bug"));
    await expect(follower.poll("poll", never)).rejects.toThrow("a bug");
  });
});
