import { describe, expect, it } from "vitest";
import type { UnitStatus } from "../../../agent/model/status.ts";
import { type UnitFacts, walkStages } from "../../../cli/commands/explain-stages.ts";
import { appObject, id, revision } from "../app-objects.ts";
import { changed, fleetTexts, replaced } from "../fleet-texts.ts";
import { clusterOf, type Given, runWith } from "../host.ts";

const [older, newest, side] = [id("a91b044"), id("3f1c2d9"), id("5d20c71")];
const before = replaced("apps/shop/all.yaml", "currency: EUR", "currency: USD");
const cfg = { group: "", kind: "ConfigMap", namespace: "shop", name: "cfg" };
const refused: Partial<UnitStatus> = {
  state: "Failed",
  stage: "applied",
  reason: "AdmissionDenied",
  message: "2 of 3 objects applied",
  revisions: { fetched: revision(newest), attempted: revision(newest), live: revision(older) },
  problems: [
    {
      reason: "AdmissionDenied",
      message: "image must be referenced by digest",
      ref: cfg,
      file: "apps/shop/all.yaml",
      line: 1,
      next: "set a digest",
    },
  ],
};

function given(prod: Partial<UnitStatus>, more: Partial<Given> = {}): Given {
  return {
    files: fleetTexts,
    commits: { [older]: before, [newest]: fleetTexts },
    head: newest,
    contexts: ["dev", "prod"],
    clusters: {
      dev: clusterOf([appObject("dev")]),
      prod: clusterOf([appObject("prod", prod)]),
    },
    ...more,
  };
}

describe("explain", () => {
  it("says yes where the commit is live: exit 0, every stage done", async () => {
    const { code, stdout } = await runWith(given({}), "explain", "shop", "--cluster", "prod");
    expect(code).toBe(0);
    expect(stdout).toContain('3f1c2d9 "3f1c2d9');
    expect(stdout).toContain("is live on prod.");
    expect(stdout.match(/^✔ /gm)).toHaveLength(7);
    expect(stdout).not.toContain("Cause");
  });

  it("stops at the first stage that is not done, with cause, fix and the next command", async () => {
    const { code, stdout } = await runWith(given(refused), "explain", "shop", "--cluster", "prod");
    expect(code).toBe(1);
    expect(stdout).toContain("is NOT live on prod: it stopped at APPLIED.");
    expect(stdout).toMatch(/✔ gated/);
    expect(stdout).toContain("✗ applied   AdmissionDenied: 2 of 3 objects applied");
    expect(stdout).toContain("○ healthy   not reached · a91b044 was live last");
    expect(stdout).toContain(
      "ConfigMap shop/cfg  apps/shop/all.yaml:1  image must be referenced by digest",
    );
    expect(stdout).toContain("Fix    set a digest\n  or   holdfast rollback shop\n");
    expect(stdout).not.toContain("Not seen");
  });

  it("is a document with the stages, the problems and what comes next", async () => {
    const { stdout } = await runWith(given(refused), "explain", "shop", "-o", "json");
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "Explanation",
      change: { commit: newest },
      app: "shop",
      cluster: "prod",
      live: false,
      state: "Failed",
      stage: "applied",
      reason: "AdmissionDenied",
      stages: [{ stage: "merged", result: "done" }, {}, {}, {}, {}, { result: "stopped" }, {}],
      problems: [{ file: "apps/shop/all.yaml" }],
      next: ["holdfast rollback shop"],
      others: [{ cluster: "dev", live: true }],
    });
  });

  it("says what was rolled back, and both ways on (R-4)", async () => {
    const message = "3f1c2d9 failed here (Deployment shop/web: not ready), so a91b044 runs.";
    const revisions = {
      fetched: revision(newest),
      attempted: revision(older),
      live: revision(older),
    };
    const back = given({ state: "Held", stage: "gated", reason: "RolledBack", message, revisions });
    const { code, stdout } = await runWith(back, "explain", "shop", "--cluster", "prod");
    expect(code).toBe(1);
    expect(stdout).toContain("it stopped at GATED.");
    expect(stdout).toContain(`RolledBack: ${message}`);
    expect(stdout).toContain("or   holdfast rollback shop\n");
    expect(stdout).toContain("holdfast sync shop --cluster prod");
  });

  it("finds the app by one of its objects, and what is said of that", async () => {
    const { code, stdout } = await runWith(
      given(refused),
      "explain",
      "configmap/cfg",
      "--cluster",
      "prod",
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /ConfigMap shop\/cfg {2}apps\/shop\/all.yaml:\d+: AdmissionDenied: image must/,
    );
    const unknown = await runWith(given({}), "explain", "ConfigMap/nope", "--cluster", "prod");
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      expect.stringContaining("no app declares ConfigMap/nope"),
    ]);
  });

  it("counts an older commit as live, and tells one that is not on the branch", async () => {
    const old = await runWith(
      given(refused),
      "explain",
      "shop",
      "--cluster",
      "prod",
      "--rev",
      older,
    );
    expect([old.code, old.stdout]).toEqual([0, expect.stringContaining("is live on prod.")]);
    const away = given({}, { commits: { [older]: before, [newest]: fleetTexts, [side]: before } });
    const { code, stdout } = await runWith(
      away,
      "explain",
      "shop",
      "--cluster",
      "prod",
      "--rev",
      side,
    );
    expect([code, stdout]).toEqual([1, expect.stringContaining("it stopped at MERGED.")]);
    expect(stdout).toContain("NotOnBranch: 5d20c71 is not in the history of main");
  });

  it("asks about the newest commit that touches the app, not about any", async () => {
    const readme = changed({ "apps/web/readme.txt": "no app" });
    const one = given(
      {},
      {
        files: readme,
        commits: { [older]: before, [newest]: fleetTexts, [side]: readme },
        head: side,
      },
    );
    const { code, stdout } = await runWith(one, "explain", "shop", "--cluster", "prod");
    expect([code, stdout]).toEqual([0, expect.stringContaining('3f1c2d9 "')]);
  });

  it("names the selector term that fails", async () => {
    const prodOnly = replaced(
      "apps/shop/app.yaml",
      "clusters: {}",
      "clusters: { matchLabels: { env: prod } }",
    );
    const one = given(
      {},
      {
        files: prodOnly,
        commits: { [newest]: prodOnly },
        clusters: { dev: clusterOf([]), prod: clusterOf([]) },
      },
    );
    const { code, stdout } = await runWith(one, "explain", "shop", "--cluster", "dev");
    expect(code).toBe(1);
    expect(stdout).toContain("✗ targeted  NotSelected: env=prod; the cluster has env=dev");
    expect(stdout).toContain("or   holdfast clusters targets shop");
  });

  it("says what it cannot see: exit 3", async () => {
    const one = given({}, { clusters: { dev: clusterOf([appObject("dev")]) } });
    const { code, stdout } = await runWith(one, "explain", "shop", "--cluster", "prod");
    expect(code).toBe(3);
    expect(stdout).toContain("cannot be seen from here");
    expect(stdout).toMatch(/\? fetched +not seen/);
    expect(stdout).toContain("Not seen  prod cannot be asked");
  });

  it("names the nearest app on a typo", async () => {
    const { code, stderr } = await runWith(given({}), "explain", "shpo");
    expect([code, stderr]).toEqual([2, expect.stringContaining("did you mean: shop")]);
  });
});

describe("the walk through the stages", () => {
  const status = (more: Partial<UnitStatus>): UnitFacts["agent"] => ({
    status: { ...baseStatus, ...more },
  });
  const baseStatus: UnitStatus = {
    app: "shop",
    cluster: "prod",
    namespace: "shop",
    path: "apps/shop",
    renderer: "plain",
    state: "Synced",
    stage: "healthy",
    reason: "InSync",
    message: "",
    since: "2026-11-20T23:30:00Z",
    revisions: { fetched: revision(newest), attempted: revision(newest), live: revision(newest) },
    objects: { managed: 3, drifted: 0, unhealthy: 0, heldDeletions: 0 },
    problems: [],
    drift: [],
    history: [],
    handled: {},
    conditions: [],
  };
  const facts: UnitFacts = {
    commit: newest,
    committedAt: undefined,
    ref: "main",
    isMerged: true,
    aimed: { is: "selected", labels: "" },
    agent: status({}),
    isFetched: true,
    isAttempted: true,
    isLive: true,
  };
  const stopsAt = (more: Partial<UnitFacts>) => {
    const { obstacle } = walkStages({ ...facts, ...more });
    return obstacle === undefined ? undefined : `${obstacle.stage} ${obstacle.reason}`;
  };

  it.each<[string, Partial<UnitFacts>, string | undefined]>([
    ["all done", {}, undefined],
    ["an invalid document", { aimed: { is: "invalid", problems: [] } }, "targeted ConfigInvalid"],
    [
      "an app that has gone and is held",
      {
        agent: status({ state: "Held", stage: "targeted", reason: "AppRemoved" }),
        aimed: { is: "absent" },
      },
      "targeted AppRemoved",
    ],
    ["an agent without a word", { agent: { status: undefined } }, "fetched AgentSilent"],
    [
      "a source that is down",
      {
        isFetched: false,
        isAttempted: false,
        isLive: false,
        agent: status({ state: "Held", stage: "fetched", reason: "SourceUnreachable" }),
      },
      "fetched SourceUnreachable",
    ],
    [
      "not fetched yet",
      { isFetched: false, isAttempted: false, isLive: false },
      "fetched Applying",
    ],
    ["fetched, and waiting its turn", { isAttempted: false, isLive: false }, "rendered Applying"],
    [
      "broken after it was live",
      { agent: status({ state: "Degraded", stage: "healthy", reason: "CrashLoop" }) },
      "healthy CrashLoop",
    ],
    [
      "live, while a newer commit fails",
      {
        agent: status({
          state: "Failed",
          stage: "rendered",
          reason: "RenderFailed",
          revisions: { fetched: revision(side), attempted: revision(side), live: revision(newest) },
        }),
      },
      undefined,
    ],
    ["nobody to ask", { agent: undefined }, undefined],
  ])("%s", (_what, more, where) => {
    expect(stopsAt(more)).toBe(where);
  });
});
