import { describe, expect, it } from "vitest";
import type { UnitStatus } from "../../../agent/model/status.ts";
import { fromAppObject } from "../../../agent/status/app-object.ts";
import type { FoundRecord } from "../../../agent/status/carrier.ts";
import { toRecord } from "../../../agent/status/record.ts";
import { createManualClock } from "../../doubles/ports.ts";
import { appObject, historyEntry, id, revision } from "../app-objects.ts";
import { fleetTexts } from "../fleet-texts.ts";
import { clusterOf, type Given, runWith } from "../host.ts";

const newest = id("3f1c2d9");
const nowMs = createManualClock().now();

interface Published {
  readonly uid?: string;
  readonly ageSeconds?: number;
  readonly status?: Partial<UnitStatus>;
}

function found(cluster: string, published: Published = {}): FoundRecord {
  const { uid = "u", ageSeconds = 40, status = {} } = published;
  const told = fromAppObject(appObject(cluster, status));
  const record = toRecord(
    {
      cluster,
      uid,
      sequence: 5,
      publishedAt: new Date(nowMs - ageSeconds * 1000).toISOString(),
      heartbeat: 600,
      agent: "1.4.0",
      kubernetes: "v1.33.1",
      source: {},
    },
    told === undefined ? [] : [told],
  );
  return { cluster, text: JSON.stringify(record) };
}

function given(records: readonly FoundRecord[]): Given {
  return {
    files: fleetTexts,
    commits: { [newest]: fleetTexts },
    head: newest,
    userConfig: "statusRecords: { git: https://git.example.com/acme/records }\n",
    records,
  };
}

const both = [found("dev", { ageSeconds: 12 }), found("prod")];
const held: Partial<UnitStatus> = { state: "Held", stage: "applied", reason: "PruneGuard" };

describe("answers from status records", () => {
  it("status names the source and the age, and reaches no cluster", async () => {
    const { code, stdout } = await runWith(given(both), "status");
    expect(code).toBe(0);
    expect(stdout).toContain("2 of 2 records, oldest 40s");
  });

  it("status -o json says it of each cluster", async () => {
    const { stdout } = await runWith(given(both), "status", "-o", "json");
    const { clusters, askedFrom, complete } = JSON.parse(stdout);
    expect(complete).toBe(true);
    expect(askedFrom).toEqual({ source: "records", asked: 2, answered: 2 });
    expect(clusters).toMatchObject([
      { name: "dev", source: "record", agent: "1.4.0", asOf: "2026-11-20T23:59:48.000Z" },
      { name: "prod", source: "record", kubernetes: "v1.33.1", asOf: "2026-11-20T23:59:20.000Z" },
    ]);
  });

  it("explain takes them for clusters that it cannot ask, and says what they lack", async () => {
    const records = [found("dev"), found("prod", { status: held })];
    const live = { contexts: ["dev"], clusters: { dev: clusterOf([appObject("dev")]) } };
    const args = ["explain", "shop", "--cluster", "prod"];
    const { code, stdout, stderr } = await runWith({ ...given(records), ...live }, ...args);
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toContain("✗ applied   PruneGuard");
    expect(stdout).toContain("Not seen  messages and objects of prod: its status record has none");
  });

  it("status --live asks the clusters themselves, and says so", async () => {
    const live = { contexts: ["dev"], clusters: { dev: clusterOf([appObject("dev")]) } };
    const { stdout, code } = await runWith({ ...given(both), ...live }, "status", "--live");
    expect(code).toBe(3);
    expect(stdout).toContain("1 of 2 clusters answered");
  });

  // A silent cluster that is known from its record is an answer (cli.md §1).
  it("a record that is too old makes its units Unknown, not the answer incomplete", async () => {
    const records = [found("dev"), found("prod", { ageSeconds: 1900 })];
    const { code, stdout } = await runWith(given(records), "status");
    expect(code).toBe(0);
    expect(stdout).toMatch(/prod +shop +\? Unknown .*AgentSilent/);
    expect(stdout).toContain("1 silent");
  });

  it("a record that is missing, forged or large is no answer, and why is said", async () => {
    const uid = fleetTexts["clusters/dev.yaml"]?.replace("spec: {", "spec: { uid: other,") ?? "";
    const files = { ...fleetTexts, "clusters/dev.yaml": uid };
    const pinned = { files, commits: { [newest]: files } };
    const forged = await runWith({ ...given([found("dev")]), ...pinned }, "status");
    expect(forged.code).toBe(3);
    expect(forged.stderr).toContain("the status record of dev is not believed");
    expect(forged.stderr).toContain("UID u, not other");
    expect(forged.stderr).toContain("prod has no status record");
    const large = await runWith(given([{ cluster: "dev", text: undefined }]), "status");
    expect(large.stderr).toContain("larger than 512 KiB");
  });

  it("--records names the place; without one in the configuration it must", async () => {
    const { userConfig: _config, ...bare } = given(both);
    const named = await runWith(bare, "status", "--records", "https://git.example.com/records");
    expect(named.stdout).toContain("2 of 2 records");
    const unnamed = await runWith(bare, "status", "--records");
    expect([unnamed.code, unnamed.stderr]).toEqual([2, expect.stringContaining("--records alone")]);
  });

  it("a configuration that is wrong is told with its file", async () => {
    const wrong = { ...given(both), userConfig: "statusRecords: { svn: x }\n" };
    const { code, stderr } = await runWith(wrong, "status");
    expect([code, stderr]).toEqual([2, expect.stringContaining("unknown field svn")]);
  });

  it("without a repository the records say which clusters there are", async () => {
    const { files: _files, ...bare } = given([found("edge-1"), found("edge-2"), found("prod")]);
    const { code, stdout } = await runWith(bare, "status", "--cluster", "edge-*", "--all");
    expect(code).toBe(0);
    expect(stdout).toContain("2 of 2 records");
    expect(stdout).not.toContain("prod");
  });

  it("clusters list shows agent and Kubernetes of the record", async () => {
    const { stdout } = await runWith(
      given([found("dev"), found("prod", { status: held })]),
      ...["clusters", "list"],
    );
    expect(stdout).toMatch(/prod +env=prod +1\.4\.0 +v1\.33\.1 +40s +1 +◆ Held +shop: PruneGuard/);
    expect(stdout).toMatch(/dev +env=dev +1\.4\.0 +v1\.33\.1 +40s +1 +✔ Synced/);
  });

  it("wait is content with what records say", async () => {
    expect((await runWith(given(both), "wait")).code).toBe(0);
    const at = revision(id("a91b044"));
    const behind = { revisions: { fetched: at, attempted: at, applied: at, live: at } };
    const records = [found("dev"), found("prod", { status: { ...held, ...behind } })];
    const { code, stderr } = await runWith(given(records), "wait", "--fail-fast");
    expect([code, stderr]).toEqual([1, expect.stringContaining("prod shop PruneGuard")]);
  });

  it("history and the default target of rollback come from them", async () => {
    const history = [historyEntry(newest), historyEntry(id("a91b044"))];
    const records = [found("dev", { status: { history } }), found("prod", { status: { history } })];
    const { code, stdout } = await runWith(given(records), "history", "shop");
    expect(code).toBe(0);
    expect(stdout).toMatch(/3f1c2d9[\s\S]*a91b044/);
  });
});

describe("clusters add --records", () => {
  const place = ["--records", "hub/holdfast-records"];
  const empty = {
    ...clusterOf([]),
    client: { ...clusterOf([]).client, get: async () => undefined },
  };
  const recordsCluster = { client: empty.client, server: "https://hub.example.com:6443" };

  it("shows what it would make, and makes nothing, with --dry-run", async () => {
    const one = { ...given([]), recordsCluster };
    const { code, stdout, written } = await runWith(
      one,
      "clusters",
      "add",
      "prod",
      "--dry-run",
      ...place,
    );
    expect(code).toBe(0);
    expect([...written]).toEqual([]);
    for (const made of ["ClusterRecord prod", "Role record-prod", "Secret record-prod-token"]) {
      expect(stdout).toContain(made);
    }
  });

  it("is refused where there is nobody to ask, and where records are in Git", async () => {
    const one = { ...given([]), recordsCluster };
    const unasked = await runWith(one, "clusters", "add", "prod", ...place);
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("--yes")]);
    const git = await runWith(one, "clusters", "add", "prod", "--records");
    expect([git.code, git.stderr]).toEqual([2, expect.stringContaining("needs nothing made")]);
  });
});
