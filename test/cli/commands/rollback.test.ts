import { describe, expect, it } from "vitest";
import { selectUnits } from "../../../agent/fleet/units.ts";
import { readFleet } from "../../../cli/commands/fleet-view.ts";
import { testHasher } from "../../doubles/ports.ts";
import { appObject, historyEntry, id } from "../app-objects.ts";
import { changed, fleetTexts, replaced } from "../fleet-texts.ts";
import { clusterOf, type Given, runWith, viewOf } from "../host.ts";

const [good, bad, other] = [id("a91b044"), id("3f1c2d9"), id("5d20c71")];
const broken = {
  ...replaced("apps/shop/all.yaml", "currency: EUR", "currency: USD"),
  "apps/shop/extra.yaml": "apiVersion: batch/v1\nkind: Job\nmetadata: { name: migrate }\n",
};
const now = { ...broken, "apps/web/readme.txt": "not of shop" };

const history = [
  historyEntry(bad, { fetchedAt: "2026-11-20T23:00:00Z", change: "not the one of Git" }),
  historyEntry(good),
];
const given: Given = {
  files: now,
  commits: { [good]: fleetTexts, [bad]: broken, [other]: now },
  head: other,
  contexts: ["dev", "prod"],
  clusters: {
    dev: clusterOf([appObject("dev", { history: history.slice(1) })]),
    prod: clusterOf([appObject("prod", { history: history.slice(1) })]),
  },
};

describe("rollback", () => {
  it("finds what was last live everywhere, and shows what going back does", async () => {
    const { code, stdout, stderr, pushed } = await runWith(
      given,
      "rollback",
      "shop",
      "--patch",
      "-",
    );
    expect([code, pushed]).toEqual([0, []]);
    expect(stderr).toContain('NOW      3f1c2d9 "commit 3f1c2d9"');
    expect(stderr).toMatch(
      /TARGET {3}a91b044 .* last live on all clusters that had it \(2\), 1h ago/,
    );
    expect(stderr).toContain("REVERTS  3f1c2d9 (Ana)\n");
    expect(stderr).toContain("CANNOT   Job shop/migrate: what it has done is not undone");
    expect(stderr).toContain("  - USD\n  + EUR\n");
    expect(stdout).toContain("-data: {");
    expect(stdout).toContain("deleted file mode 100644\n--- a/apps/shop/extra.yaml\n");
    expect(stdout).not.toContain("readme");
  });

  it("pushes a branch that says what it reverts, once that is agreed to", async () => {
    const asked = { ...given, isTty: true, answer: true };
    const { code, pushed, questions } = await runWith(asked, "rollback", "shop", "--push");
    expect(code).toBe(0);
    expect(questions).toEqual(["Push this as branch revert-shop-3f1c2d9? [y/N] "]);
    expect(pushed).toMatchObject([{ name: "revert-shop-3f1c2d9", base: other }]);
    expect(pushed[0]?.message).toContain(`This reverts commit ${bad}.`);
    expect(pushed[0]?.files).toEqual({
      "apps/shop/all.yaml": fleetTexts["apps/shop/all.yaml"],
      "apps/shop/extra.yaml": undefined,
    });
    const no = await runWith({ ...asked, answer: false }, "rollback", "shop", "--push");
    expect([no.code, no.pushed]).toEqual([1, []]);
    const nobody = await runWith(given, "rollback", "shop", "--push");
    expect([nobody.code, nobody.pushed]).toEqual([2, []]);
    const yes = await runWith(given, "rollback", "shop", "--push", "--yes");
    expect([yes.code, yes.pushed.length]).toEqual([0, 1]);
  });

  it("passes over a change that was not live on every cluster", async () => {
    const { liveAt: _, ...failed } = historyEntry(bad, {
      fetchedAt: "2026-11-20T23:00:00Z",
      result: "failed",
      reason: "Rejected",
    });
    const clusters = {
      dev: clusterOf([appObject("dev", { history })]),
      prod: clusterOf([
        appObject("prod", {
          history: [{ ...failed, change: "not the one of Git" }, historyEntry(good)],
        }),
      ]),
    };
    const { stdout } = await runWith({ ...given, clusters }, "rollback", "shop", "-o", "json");
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "RollbackPlan",
      target: { commit: good },
      reverts: [{ commit: bad }],
      apps: [{ app: "shop" }, { app: "shop" }],
    });
  });

  it("does not take the change that Git has now for an older one", async () => {
    const read = await readFleet(
      { ports: { hasher: async () => testHasher }, signal: new AbortController().signal },
      viewOf(now, other),
    );
    if (!read.ok) throw new Error("the fixture is no fleet");
    const [unit] = selectUnits(read.value.fleet, "dev", testHasher).units;
    const current = historyEntry(other, {
      change: unit?.changeId ?? "",
      fetchedAt: "2026-11-20T23:30:00Z",
    });
    const app = (cluster: string) =>
      clusterOf([appObject(cluster, { history: [current, historyEntry(good)] })]);
    const one = { ...given, clusters: { dev: app("dev"), prod: app("prod") } };
    const { stdout } = await runWith(one, "rollback", "shop", "-o", "json");
    expect(JSON.parse(stdout)).toMatchObject({ target: { commit: good } });
  });

  it("is a no where the files are what they were", async () => {
    const one = { ...given, files: fleetTexts, head: good };
    const { code, stdout } = await runWith(one, "rollback", "shop", "--to", good, "--push");
    expect([code, stdout]).toEqual([1, "shop is what it was at a91b044. Nothing to revert.\n"]);
  });

  it("needs no cluster with --to, and brings an app back that has gone", async () => {
    const gone = changed({ "apps/shop/app.yaml": undefined, "apps/shop/all.yaml": undefined });
    const one = {
      ...given,
      files: gone,
      commits: { [good]: fleetTexts, [bad]: gone },
      head: bad,
      clusters: {},
    };
    const { code, stdout, stderr } = await runWith(
      one,
      "rollback",
      "shop",
      "--to",
      good,
      "--patch",
      "-",
    );
    expect(code).toBe(0);
    expect(stdout).toContain("+++ b/apps/shop/app.yaml");
    expect(stderr).toContain("comes new to these clusters");
  });

  it.each([
    [{ clusters: {} }, ["shop"], 3, "name the target: holdfast rollback shop --to REV"],
    [{}, ["shpo", "--to", good], 2, "did you mean: shop"],
    [{}, ["shop", "--to", "v9"], 2, "there is no revision v9"],
    [
      { clusters: { dev: clusterOf([appObject("dev")]), prod: clusterOf([appObject("prod")]) } },
      ["shop"],
      2,
      "no older change of shop was live everywhere",
    ],
  ])("says what is missing (%#)", async (more, args, ...expected) => {
    const [exit, says] = expected;
    const { code, stderr, stdout } = await runWith(
      { ...given, ...more },
      "rollback",
      ...args,
      "--push",
    );
    expect([code, stdout]).toEqual([exit, ""]);
    expect(stderr).toContain(says);
  });
});
