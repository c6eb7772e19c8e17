import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rememberedBy } from "../../agent/cluster/last-lease.ts";
import { createTimeline } from "../../agent/cluster/timeline.ts";
import { createManualClock } from "../doubles/ports.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-lease-"));
  path = join(folder, "store", "lease.json");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An agent from one start to the next. */
function start() {
  const timeline = createTimeline();
  const clock = createManualClock();
  const { saw } = rememberedBy(timeline, { path, clock });
  return { timeline, clock, saw: (version: number) => saw("Lease holdfast", `${version}`) };
}

describe("C-18: the version of the Lease beside the store", () => {
  it("shows an agent that was down that the cluster went back meanwhile, once", () => {
    start().saw(100);
    const second = start();
    second.saw(40);
    expect(second.timeline.wentBack()).toEqual({ what: "Lease holdfast", from: "100", to: "40" });
    second.saw(41);
    expect(existsSync(path)).toBe(false);
    const third = start();
    third.saw(42);
    expect(third.timeline.wentBack()).toBeUndefined();
  });

  it("is forgotten as well when something else shows it", () => {
    const first = start();
    first.saw(100);
    first.timeline.saw("ConfigMap x", "90");
    first.timeline.saw("ConfigMap x", "30");
    const second = start();
    second.saw(42);
    expect(second.timeline.wentBack()).toBeUndefined();
  });

  it("is written every half minute, not at each renewal", async () => {
    const { saw, clock } = start();
    saw(100);
    saw(101);
    expect(readFileSync(path, "utf8")).toContain('"100"');
    await clock.advance(30_000);
    saw(102);
    expect(readFileSync(path, "utf8")).toContain('"102"');
  });

  it("that cannot be read or written is as none", () => {
    start().saw(100);
    for (const text of ["", "{", "[]", '{"what":1}']) {
      writeFileSync(path, text);
      const { saw, timeline } = start();
      saw(40);
      expect(timeline.wentBack()).toBeUndefined();
    }
    rmSync(path);
    writeFileSync(join(folder, "file"), "");
    path = join(folder, "file", "lease.json");
    const { saw } = start();
    expect(() => saw(40)).not.toThrow();
  });
});
