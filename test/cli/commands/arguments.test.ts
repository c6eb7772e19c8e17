import { describe, expect, it } from "vitest";
import { matchesGlob } from "../../../cli/commands/glob.ts";
import { parseSelector } from "../../../cli/commands/selector.ts";
import { silenced, silentSince } from "../../../cli/commands/silence.ts";
import { parseUserConfig } from "../../../cli/commands/user-config.ts";

const labels = { env: "prod", region: "eu" };

describe("-l", () => {
  it.each([
    ["env=prod", true],
    ["env==prod,region!=us", true],
    ["env in (dev, prod)", true],
    ["env notin (prod)", false],
    ["tier", false],
    ["!tier", true],
    ["env=prod,tier=canary", false],
  ])("%s: %s", (text, chosen) => {
    expect(parseSelector(text)(labels)).toBe(chosen);
  });

  it("refuses what kubectl would not read", () => {
    expect(() => parseSelector("env=(a")).toThrow("is not a label selector term");
  });
});

describe("globs", () => {
  it.each([
    ["prod-eu-1", "prod-*", true],
    ["prod-eu-1", "prod-eu-?", true],
    ["prod.eu", "prod?eu", true],
    ["prodxeu", "prod.eu", false],
    ["prod-eu-1", "eu", false],
  ])("%s is meant by %s: %s", (name, pattern, meant) => {
    expect(matchesGlob(name, pattern)).toBe(meant);
  });
});

describe("the user's configuration", () => {
  it("maps clusters to contexts", () => {
    expect(
      parseUserConfig({ contexts: { "prod-eu-1": "admin@eu1" } }).contexts.get("prod-eu-1"),
    ).toBe("admin@eu1");
    expect(parseUserConfig(null).contexts.size).toBe(0);
  });

  it.each([[{ contxts: {} }], [{ contexts: [] }], [{ contexts: { a: 1 } }], ["text"]])(
    "refuses %j",
    (value) => {
      expect(() => parseUserConfig(value)).toThrow();
    },
  );
});

describe("an agent", () => {
  const lease = { renewedAt: "2026-11-21T09:00:00Z", durationSeconds: 45, comparedAt: undefined };
  const start = Date.parse(lease.renewedAt);

  it("is silent after three lease durations", () => {
    expect(silentSince(lease, start + 135_000)).toBeUndefined();
    expect(silentSince(lease, start + 136_000)).toBe(lease.renewedAt);
    expect(silentSince(undefined, start)).toBeUndefined();
  });

  it("that is silent makes its units Unknown, whatever it said", () => {
    const said = { state: "Synced", reason: "InSync", stage: "healthy" } as Parameters<
      typeof silenced
    >[0];
    expect(silenced(said, lease.renewedAt)).toMatchObject({
      state: "Unknown",
      reason: "AgentSilent",
      stage: "fetched",
    });
  });
});
