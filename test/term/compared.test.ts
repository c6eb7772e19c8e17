import { describe, expect, it } from "vitest";
import { fly } from "../../agent/flight/fly.ts";
import { isoTime } from "../../agent/schedule/clock.ts";
import { createSlot } from "../../agent/slot.ts";
import { noteCompared } from "../../agent/term/compared.ts";
import { snapshotOf } from "../../agent/term/snapshot.ts";
import { configMap, never, sharedBench } from "../pass/bench.ts";

const bench = sharedBench();

/** What page and Lease say now of when everything was compared. */
function said(): { readonly page: readonly (string | undefined)[]; readonly lease: string } {
  const { world } = bench();
  const { clock } = world.ports;
  let lease = "";
  const setComparedAt = (time: string) => {
    lease = time;
  };
  noteCompared({
    ...world,
    cluster: { ...world.cluster, lease: { ...world.cluster.lease, setComparedAt } },
  });
  const facts = { settings: world.settings, nowMs: clock.now(), version: "1" };
  const { units } = snapshotOf({ ...facts, world, follower: undefined, ready: { ok: true } });
  return {
    page: units.map(({ comparedAt }) => comparedAt?.slice(0, 16)),
    lease: lease.slice(0, 16),
  };
}

describe("the time of the last compare", () => {
  it("goes on with watches that prove alive, for what was compared in this term alone (C-18)", async () => {
    const app = "compared";
    const manifests = bench().declare(app, { objects: [configMap("web")] });
    const slot = bench().slot(app);
    slot.commit = manifests.commit;
    await fly(bench().world, app, never);
    const then = slot.status?.comparedAt?.slice(0, 16);
    bench().laterMs = 3 * 60_000;
    const now = isoTime(bench().world.ports.clock.now()).slice(0, 16);
    expect(now).not.toBe(then);
    expect(said()).toEqual({ page: [now], lease: now });
    // A new term, as after a restart: only what the App object says is known.
    bench().world.slots.set(app, { ...createSlot(app), status: slot.status });
    expect(said()).toEqual({ page: [then], lease: then });
  });
});
