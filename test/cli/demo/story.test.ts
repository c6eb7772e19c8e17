import { describe, expect, it } from "vitest";
import type { DemoFleet } from "../../../cli/demo/fleet.ts";
import { demoFiles } from "../../../cli/demo/repository.ts";
import { tour } from "../../../cli/demo/story.ts";
import { createManualClock } from "../../doubles/ports.ts";
import { runWith } from "../host.ts";

describe("the demo", () => {
  it("has a config repository that is valid", async () => {
    const { code, stdout } = await runWith({ files: demoFiles }, "validate");
    expect([code, stdout]).toEqual([0, "valid: 2 apps, 3 clusters, 15 objects\n"]);
  });

  it("does not claim a step that nobody can see", async () => {
    const clock = createManualClock();
    const fleet: DemoFleet = {
      clock,
      api: () => ({ get: async () => undefined, patch: async () => {} }),
      commit: () => {},
      gitUrl: "",
      kubeconfig: "",
      pages: new Map(),
      news: async function* () {},
      stop: async () => {},
    };
    for (const { run } of tour(fleet, new AbortController().signal)) {
      const seen = run();
      for (let turn = 0; turn < 4; turn += 1) await clock.advance(100_000);
      expect((await seen).ok).toBe(false);
    }
  });
});
