import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { fromAppObject, toAppObject } from "../../agent/status/app-object.ts";
import { fleetTexts } from "./fleet-texts.ts";
import { clusterOf, type Patched, runWith } from "./host.ts";

const commit = "3f1c2d9".padEnd(40, "0");
const plan = "8c1f2a4be91c";

function statusOf(cluster: string, more: Partial<UnitStatus> = {}): UnitStatus {
  const at = { commit, committedAt: "2026-11-20T23:00:00Z", at: "2026-11-20T23:30:00Z" };
  return {
    app: "shop",
    cluster,
    namespace: "shop",
    path: "apps/shop",
    renderer: "plain",
    desired: commit,
    state: "Synced",
    stage: "healthy",
    reason: "InSync",
    message: "",
    since: "2026-11-20T23:30:00Z",
    comparedAt: "2026-11-20T23:59:20Z",
    revisions: { fetched: at, applied: at, live: at },
    objects: { managed: 3, drifted: 0, unhealthy: 0, heldDeletions: 0 },
    problems: [],
    drift: [],
    history: [],
    handled: {},
    conditions: [],
    ...more,
  };
}

const deletions = ["a", "b", "c"].map((name) => ({
  group: "",
  kind: "ConfigMap",
  namespace: "shop",
  name,
}));
const held: Partial<UnitStatus> = {
  state: "Held",
  stage: "applied",
  reason: "PruneGuard",
  message: "Commit 3f1c2d9 would delete 3 of 5 objects",
  held: { reason: "PruneGuard", message: "would delete 3 of 5 objects", plan, deletions },
};

function appOf(cluster: string, more: Partial<UnitStatus> = {}): KubeObject {
  const object = toAppObject(statusOf(cluster, more), "holdfast-system");
  const metadata = { ...object.metadata, uid: "u1", resourceVersion: "7" };
  const app = { ...object, metadata };
  if (fromAppObject(app) === undefined) throw new Error("the fixture is no App object");
  return app;
}

const both = (dev: KubeObject, prod: KubeObject, patched: Patched[] = []) => ({
  files: fleetTexts,
  contexts: ["dev", "prod"],
  clusters: { dev: clusterOf([dev]), prod: clusterOf([prod], patched) },
});

describe("status", () => {
  it("tells what needs attention, then the fleet, then the next command", async () => {
    const { code, stdout, stderr } = await runWith(
      both(appOf("dev"), appOf("prod", held)),
      "status",
    );
    expect(code).toBe(0);
    const [source, summary] = stdout.split("\n");
    expect(source).toContain("2 of 2 clusters answered, oldest compare 40s ago");
    expect(summary).toContain("1 unit needs attention · 0 silent");
    expect(stdout).toMatch(
      /NEEDS ATTENTION\nCLUSTER +APP +STATE .*\nprod +shop +◆ Held +30m +3f1c2d9 +3f1c2d9 +applied: PruneGuard, .*\(plan 8c1f2a4be91c\)/,
    );
    expect(stdout).toMatch(/\nENVIRONMENT .*\ndev +1 +1 +100 %/);
    expect(stderr).toBe("→ holdfast accept shop --cluster prod\n");
  });

  it("counts what is suspended or differs as not running what it should, its commit live or not", async () => {
    const patched = appOf("prod", {
      state: "Suspended",
      reason: "AppSuspended",
      objects: { managed: 3, drifted: 1, unhealthy: 0, heldDeletions: 0 },
    });
    const { stdout } = await runWith(both(appOf("dev"), patched), "status");
    expect(stdout.split("\n")[1]).toBe(
      "1 of 2 clusters run what they should · 0 units need attention · 1 drifted · 1 suspended · 0 silent",
    );
  });

  it("exits 1 on trouble only when asked to", async () => {
    const given = both(appOf("dev"), appOf("prod", held));
    expect((await runWith(given, "status", "--exit-code", "-q")).code).toBe(1);
    expect((await runWith(given, "status", "--exit-code", "--env", "dev")).code).toBe(0);
  });

  it("keeps words where glyphs and colours go", async () => {
    const { stdout } = await runWith(both(appOf("dev"), appOf("prod", held)), "status", "--ascii");
    expect(stdout).toMatch(/ Held /);
    expect(stdout).not.toMatch(/[◆✔]/);
  });

  it("is incomplete when a cluster cannot be reached, and says which and why", async () => {
    const given = {
      ...both(appOf("dev"), appOf("prod")),
      contexts: ["dev", "prod"],
      clusters: { dev: clusterOf([appOf("dev")]) },
    };
    const { code, stdout, stderr } = await runWith(given, "status");
    expect(code).toBe(3);
    expect(stdout).toContain("1 of 2 clusters answered");
    expect(stderr).toContain(
      "error: prod cannot be asked\n  where  kubeconfig context prod\n  why    connection refused",
    );
    expect((await runWith(given, "status", "--allow-partial")).code).toBe(0);
    const json = JSON.parse((await runWith(given, "status", "-o", "json")).stdout);
    expect(json).toMatchObject({
      kind: "StatusReport",
      complete: false,
      askedFrom: { asked: 2, answered: 1 },
    });
  });

  it("does not take another cluster's agent for the right one", async () => {
    const { code, stderr } = await runWith(both(appOf("dev"), appOf("dev")), "status");
    expect(code).toBe(3);
    expect(stderr).toContain("the agent behind it says that it is dev");
  });

  it("says so when Git wants an app that no agent speaks of", async () => {
    const given = {
      ...both(appOf("dev"), appOf("prod")),
      clusters: { dev: clusterOf([]), prod: clusterOf([appOf("prod")]) },
    };
    const { code, stdout } = await runWith(given, "status", "--exit-code", "-o", "json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout).problems).toMatchObject([
      { cluster: "dev", message: expect.stringContaining("shop") },
    ]);
  });

  it("needs no repository", async () => {
    const given = { contexts: ["prod"], clusters: { prod: clusterOf([appOf("prod")]) } };
    expect((await runWith(given, "status", "--all")).stdout).toMatch(/prod +shop +✔ Synced/);
  });
});

describe("accept", () => {
  const patches = async (args: readonly string[], more: object = {}) => {
    const patched: Patched[] = [];
    const ran = await runWith(
      { ...both(appOf("dev"), appOf("prod", held), patched), ...more },
      "accept",
      "shop",
      ...args,
    );
    return { ...ran, patched };
  };

  it("shows what would go, asks once, and writes what was shown", async () => {
    const { code, stderr, questions, patched, stdout } = await patches([], {
      isTty: true,
      answer: true,
    });
    expect(code).toBe(0);
    expect(stderr).toContain("ConfigMap shop/a");
    expect(questions).toEqual(["Delete these 3 objects on prod? [y/N] "]);
    expect(stdout).toContain(`Accepted plan ${plan} on prod`);
    expect(patched).toHaveLength(1);
    const written = JSON.stringify(patched[0]?.operations);
    expect(written).toContain("/metadata/annotations/holdfast.dev~1request-accept");
    expect(written).toContain(plan);
  });

  it("writes nothing on a no", async () => {
    const { code, patched, stdout } = await patches([], { isTty: true, answer: false });
    expect([code, patched, stdout]).toEqual([1, [], "Declined. Nothing was written.\n"]);
  });

  it("writes nothing where there is nobody to ask, and says how to go on", async () => {
    const { code, patched, stderr } = await patches([]);
    expect([code, patched]).toEqual([2, []]);
    expect(stderr).toContain(`holdfast accept shop --cluster prod --plan ${plan} --yes`);
  });

  it("takes no yes without the plan it agrees to", async () => {
    const { code, patched, stderr } = await patches(["--yes"]);
    expect([code, patched]).toEqual([2, []]);
    expect(stderr).toContain("--yes needs the plan");
  });

  it.each([
    ["another plan", "111111"],
    ["too few digits", "8c1f"],
  ])("refuses %s", async (_what, given) => {
    const { code, patched, stdout } = await patches(["--plan", given, "--yes"]);
    expect([code, patched]).toEqual([1, []]);
    expect(stdout).toContain(`is not what is held (prod: ${plan})`);
  });

  it("accepts by the first digits of the plan", async () => {
    const { code, patched } = await patches(["--plan", "8c1f2a", "--yes"]);
    expect([code, patched.length]).toEqual([0, 1]);
  });

  it("stops at the preview with --dry-run", async () => {
    const { code, patched, stdout } = await patches(["--dry-run"]);
    expect([code, patched]).toEqual([0, []]);
    expect(stdout).toContain("ConfigMap shop/c");
  });

  it("is a no where nothing is held", async () => {
    const { code, patched, stdout } = await patches(["--cluster", "dev"]);
    expect([code, patched, stdout]).toEqual([1, [], "shop is held on none of 1 cluster.\n"]);
  });

  it("prepares a patch of app.yaml with --commit", async () => {
    const { code, patched, stdout } = await patches(["--commit", "--max", "3", "--patch", "-"]);
    expect([code, patched]).toEqual([0, []]);
    expect(stdout).toContain("+++ b/apps/shop/app.yaml");
    expect(stdout).toMatch(new RegExp(`^\\+.*plan: "?${plan}"?, max: 3`, "m"));
    expect(stdout).not.toMatch(/^-# the shop/m);
  });
});

describe("sync", () => {
  it("asks the agents by annotation, once for each app", async () => {
    const patched: Patched[] = [];
    const given = both(appOf("dev"), appOf("prod"), patched);
    const { code, stdout } = await runWith(given, "sync", "shop", "--cluster", "prod", "--yes");
    expect(code).toBe(0);
    expect(stdout).toMatch(/prod +shop +requested/);
    expect(JSON.stringify(patched)).toContain("holdfast.dev~1request-sync");
  });

  it("names the nearest app on a typo and writes nothing", async () => {
    const patched: Patched[] = [];
    const { code, stderr } = await runWith(
      both(appOf("dev"), appOf("prod"), patched),
      "sync",
      "shpo",
      "--yes",
    );
    expect([code, patched]).toEqual([2, []]);
    expect(stderr).toContain("did you mean: shop");
  });
});
