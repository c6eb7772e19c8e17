import { describe, expect, it } from "vitest";
import { appObject, historyEntry, id } from "../app-objects.ts";
import { fleetTexts } from "../fleet-texts.ts";
import { clusterOf, type Given, runWith } from "../host.ts";

const [first, second] = [id("a91b044"), id("3f1c2d9")];

const given: Given = {
  files: fleetTexts,
  commits: { [first]: fleetTexts, [second]: fleetTexts },
  contexts: ["dev", "prod"],
  clusters: {
    dev: clusterOf([
      appObject("dev", {
        history: [
          historyEntry(second, {
            fetchedAt: "2026-11-20T23:00:00Z",
            liveAt: "2026-11-20T23:04:00Z",
          }),
          historyEntry(first),
        ],
      }),
    ]),
    prod: clusterOf([
      appObject("prod", {
        history: [
          {
            change: `change of ${second}`,
            commit: second,
            digest: "d",
            kind: "change",
            result: "failed",
            reason: "AdmissionDenied",
            fetchedAt: "2026-11-20T23:00:10Z",
          },
          historyEntry(first, { liveAt: "2026-11-20T22:06:00Z" }),
        ],
      }),
    ]),
  },
};

describe("history", () => {
  it("puts the same change of several clusters into one line, newest first, the worst result", async () => {
    const { code, stdout, stderr } = await runWith(given, "history", "shop");
    expect([code, stderr]).toEqual([0, ""]);
    const [titles, newest, older, ...rest] = stdout.trimEnd().split("\n");
    expect(titles).toMatch(/WHEN +COMMIT +TITLE/);
    expect(newest).toMatch(/1h +3f1c2d9 .*failed: AdmissionDenied +– +dev 1 of 1, prod 0 of 1/);
    expect(older).toMatch(/2h +a91b044 .*succeeded +6m +dev 1 of 1, prod 1 of 1/);
    expect(rest).toEqual([]);
  });

  it("tells a change that came back as two", async () => {
    const again = historyEntry(second, {
      change: `change of ${first}`,
      kind: "rollback",
      fetchedAt: "2026-11-20T23:00:00Z",
      liveAt: "2026-11-20T23:01:00Z",
    });
    const dev = clusterOf([appObject("dev", { history: [again, historyEntry(first)] })]);
    const one = { ...given, clusters: { ...given.clusters, dev } };
    const { stdout } = await runWith(one, "history", "shop", "--env", "dev", "--no-headers");
    expect(stdout.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/3f1c2d9 .*succeeded, rollback/),
      expect.stringMatching(/a91b044 .*succeeded /),
    ]);
  });

  it("keeps to the clusters and the number asked for", async () => {
    const dev = await runWith(given, "history", "shop", "--env", "dev", "--limit", "1");
    expect(dev.stdout).toMatch(/3f1c2d9 .*succeeded +4m +dev 1 of 1\n$/);
    expect(dev.stdout).not.toContain("a91b044");
  });

  it("is a document with the entry of every cluster", async () => {
    const { stdout } = await runWith(given, "history", "shop", "-o", "json");
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "HistoryReport",
      complete: true,
      app: "shop",
      changes: [{ commit: second, clusters: [{ cluster: "dev" }, { cluster: "prod" }] }, {}],
    });
  });

  it("holds for what was reached: exit 3", async () => {
    const { code, stdout, stderr } = await runWith(
      { ...given, clusters: { dev: given.clusters!.dev! } },
      "history",
      "shop",
    );
    expect(code).toBe(3);
    expect(stdout).toContain("3f1c2d9");
    expect(stderr).toContain("prod cannot be asked");
  });

  it.each([
    [["shpo"], "did you mean: shop"],
    [["shop", "--limit", "few"], "--limit few is not a number"],
    [[], "missing required argument 'app'"],
  ])("%j is refused: exit 2", async (args, says) => {
    const { code, stderr } = await runWith(given, "history", ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });
});
