import { afterEach, describe, expect, it } from "vitest";
import { createGitRecords } from "../../agent/source/git-records.ts";
import { judgeRecords } from "../../agent/status/read-record.ts";
import { hasGit } from "../doubles/git-http-backend.ts";
import { mostWithin, PublishingFleet } from "./records-git.ts";

const minute = 60_000;

describe.skipIf(!hasGit)("20 agents and one real Git server (needs git)", () => {
  let fleet: PublishingFleet;
  afterEach(async () => await fleet.close());

  // Issue 4: at most 60 pushes in any ten minutes and 12 in any minute, also when everybody always has news.
  it("keep to the pace of the host, all starting at once, all with news all the time", async () => {
    fleet = await PublishingFleet.create(20);
    fleet.start(true);
    await fleet.pass(30);
    await fleet.stopAgents();
    fleet.start(true); // a fleet-wide upgrade
    await fleet.pass(30);
    const times = fleet.pushes.map(({ atMs }) => atMs);
    const figures = {
      pushes: times.length,
      inTenMinutes: mostWithin(times, 10 * minute),
      inOneMinute: mostWithin(times, minute),
    };
    process.stderr.write(`records: ${JSON.stringify(figures)} in an hour\n`);
    expect(figures.inTenMinutes).toBeLessThanOrEqual(60);
    expect(figures.inOneMinute).toBeLessThanOrEqual(12);
    expect(new Set(fleet.pushes.map(({ user }) => user)).size).toBe(20);
    expect(figures.pushes).toBeGreaterThan(100);
  });

  it("without news only keep their heartbeat, and a clock hours ahead makes nobody believed", async () => {
    fleet = await PublishingFleet.create(20);
    fleet.start(false);
    await fleet.pass(60);
    const reader = createGitRecords({ url: fleet.url, clock: fleet.clock.of(0) });
    const found = await reader.read(undefined, new AbortController().signal);
    await reader.close();
    const judging = {
      uidOf: (cluster: string) => cluster,
      seen: new Map(),
      nowMs: fleet.clock.now(),
    };
    const { verdicts } = judgeRecords(found, judging);
    const believed = [...verdicts].filter(([, verdict]) => verdict.ok);
    // security §5.5: the clocks of cluster-11 to cluster-19 are one to nine hours ahead.
    expect(verdicts.size).toBe(20);
    expect(believed.map(([name]) => name)).toEqual(fleet.names.slice(0, 11));
    expect(
      mostWithin(
        fleet.pushes.map(({ atMs }) => atMs),
        10 * minute,
      ),
    ).toBeLessThanOrEqual(60);
  });

  // G32
  it("ask nothing before Retry-After has passed, and then in their own slots", async () => {
    fleet = await PublishingFleet.create(20);
    fleet.start(true);
    await fleet.pass(20);
    const refused = new Map<string, number>();
    const gaps: number[] = [];
    const from = fleet.clock.now();
    fleet.verdict = ({ atMs, user = "" }) => {
      if (atMs > from + 40 * minute) return undefined;
      const before = refused.get(user);
      if (before !== undefined) gaps.push(atMs - before);
      refused.set(user, atMs);
      const status = refused.size % 2 === 0 ? 429 : 403;
      return { status, headers: { "retry-after": "900" } };
    };
    await fleet.pass(40);
    expect(refused.size).toBe(20);
    // Longer than a round of the slots, so that these alone would come too early.
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(15 * minute);
    await fleet.pass(20);
    const later = fleet.pushes.filter(({ atMs }) => atMs > from + 40 * minute);
    expect(new Set(later.map(({ user }) => user)).size).toBe(20);
    expect(
      mostWithin(
        later.map(({ atMs }) => atMs),
        minute,
      ),
    ).toBeLessThanOrEqual(6);
    const words = fleet.events.flatMap(([, event]) =>
      event.type === "record" && event.result === "failed" ? [event.message] : [],
    );
    expect(words[0]).toContain("It asks to wait 900 s");
  });

  // KP23: the record is there, the answer is lost.
  it("come again in their next slot after an answer that was lost, with a higher number", async () => {
    fleet = await PublishingFleet.create(3);
    const lost = new Set<string>();
    fleet.verdict = ({ path, user = "" }) => {
      if (!path.endsWith("/git-receive-pack") || lost.has(user)) return undefined;
      lost.add(user);
      return "lost";
    };
    fleet.start(false);
    await fleet.pass(5);
    const counts = Map.groupBy(fleet.pushes, ({ user }) => user);
    expect([...counts.values()].map((all) => all.length)).toEqual([2, 2, 2]);
    const reader = createGitRecords({ url: fleet.url, clock: fleet.clock.of(0) });
    const found = await reader.read(undefined, new AbortController().signal);
    await reader.close();
    expect(found.map(({ text }) => JSON.parse(text ?? "").sequence)).toEqual([2, 2, 2]);
  });
});
