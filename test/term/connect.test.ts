import { describe, expect, it } from "vitest";
import { ApiError } from "../../agent/cluster/errors.ts";
import { connections } from "../../agent/term/connect.ts";
import { createManualClock } from "../doubles/ports.ts";
import { sharedBench } from "../pass/bench.ts";

const bench = sharedBench();

/** Takes connections as fast as they come, for two hours; the minutes at which each was made. */
async function madeIn(fails: (attempt: number) => boolean): Promise<readonly number[]> {
  const clock = createManualClock();
  const stop = new AbortController();
  const made: number[] = [];
  let attempts = 0;
  const connect = async () => {
    attempts += 1;
    if (fails(attempts)) {
      const failure = { status: 0, reason: "Refused", message: "refused", causes: [] };
      throw new ApiError({ ...failure, indeterminate: false });
    }
    made.push(clock.monotonic() / 60_000);
    return bench().world.cluster;
  };
  const ports = {
    ...bench().world.ports,
    clock,
    connect,
    random: { next: () => 0.5, id: () => "" },
  };
  const taking = (async () => {
    for await (const _cluster of connections(ports, () => {}, stop.signal)) {
      // It went back at once.
    }
  })();
  for (let minute = 0; minute < 120; minute += 1) await clock.advance(60_000);
  stop.abort();
  await taking;
  return made;
}

describe("connections to a cluster that is found older than it was again and again (C-18)", () => {
  it("come at once the second time, then seldom", async () => {
    const made = await madeIn(() => false);
    expect(made.slice(0, 2)).toEqual([0, 0]);
    expect(made.length).toBeGreaterThan(5);
    expect(made.length).toBeLessThan(60);
    expect(made.filter((minute) => minute > 60).length).toBeLessThanOrEqual(14);
  });

  it("are tried until the cluster answers", async () => {
    const made = await madeIn((attempt) => attempt < 4);
    expect(made[0]).toBeGreaterThan(0);
  });
});
