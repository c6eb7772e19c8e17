import { describe, expect, it } from "vitest";
import type { UnitStatus } from "../../../agent/model/status.ts";
import { createManualClock } from "../../doubles/ports.ts";
import { appObject, id, revision } from "../app-objects.ts";
import { fleetTexts } from "../fleet-texts.ts";
import { clusterOf, type Given, runWith } from "../host.ts";

const [older, newest] = [id("a91b044"), id("3f1c2d9")];
const behind: Partial<UnitStatus> = {
  state: "Progressing",
  stage: "healthy",
  reason: "RollingOut",
  revisions: { fetched: revision(newest), attempted: revision(newest), live: revision(older) },
};
const refused: Partial<UnitStatus> = { ...behind, state: "Failed", reason: "AdmissionDenied" };

function given(prod: Partial<UnitStatus>): Given {
  return {
    files: fleetTexts,
    commits: { [older]: fleetTexts, [newest]: fleetTexts },
    head: newest,
    contexts: ["dev", "prod"],
    clusters: {
      dev: clusterOf([appObject("dev")]),
      prod: clusterOf([appObject("prod", prod)]),
    },
  };
}

/** Runs while time passes. */
async function inTime(one: Given, ...args: readonly string[]) {
  const clock = createManualClock();
  const ran = runWith({ ...one, clock }, "wait", ...args);
  let isOver = false;
  void ran.then(() => {
    isOver = true;
  });
  for (let step = 0; step < 100 && !isOver; step++) await clock.advance(1000);
  return await ran;
}

describe("wait", () => {
  it("is done when the commit is live everywhere", async () => {
    const { code, stdout } = await inTime(given({}));
    expect([code, stdout]).toEqual([0, "3f1c2d9 is live on 2 of 2 clusters\n"]);
  });

  it("counts what lies before the live revision, and what the commit did not change", async () => {
    expect((await inTime(given({}), "shop", "--rev", older)).code).toBe(0);
  });

  it("times out with 4, and says who is missing and how to go on", async () => {
    const { code, stdout, stderr } = await inTime(given(refused), "--timeout", "15s");
    expect([code, stdout]).toEqual([4, ""]);
    expect(stderr).toMatch(
      /error: 3f1c2d9 is live on 1 of 2 clusters after 1\ds\n {2}why {4}prod shop AdmissionDenied\n {2}next {3}holdfast explain shop --cluster prod/,
    );
  });

  it("ends at the first trouble with --fail-fast, and never for what is on its way", async () => {
    const { code, stderr } = await inTime(given(refused), "--fail-fast");
    expect(code).toBe(1);
    expect(stderr).toContain("prod shop AdmissionDenied");
    expect((await inTime(given(behind), "--fail-fast", "--timeout", "15s")).code).toBe(4);
  });

  it("is content with the share asked for", async () => {
    expect((await inTime(given(behind), "--require", "50%")).code).toBe(0);
    expect((await inTime(given(behind), "--require", "51%", "--timeout", "9s")).code).toBe(4);
  });

  it("goes on while a cluster does not answer, and ends once it is live", async () => {
    const objects = [appObject("prod", behind)];
    const one = {
      ...given({}),
      clusters: { dev: clusterOf([appObject("dev")]), prod: clusterOf(objects) },
    };
    const clock = createManualClock();
    const ran = runWith({ ...one, clock }, "wait", "-o", "json");
    await clock.advance(7000);
    objects[0] = appObject("prod");
    await clock.advance(7000);
    const { code, stdout } = await ran;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ kind: "WaitReport", live: true, commit: newest });
  });

  it("does not take a cluster without the app's status for one that has it", async () => {
    const one = {
      ...given({}),
      clusters: { dev: clusterOf([]), prod: clusterOf([appObject("prod")]) },
    };
    expect((await inTime(one, "--timeout", "9s")).code).toBe(4);
  });

  it.each([
    [["--require", "0"], "--require 0 is no share"],
    [["shpo"], "did you mean: shop"],
    [["--rev", "v9"], "there is no revision v9"],
  ])("refuses %j", async (args, says) => {
    const { code, stderr } = await inTime(given({}), ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });
});
