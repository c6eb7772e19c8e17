import { afterEach, describe, expect, it } from "vitest";
import type { ClusterClient, Selection } from "../../../agent/cluster/client.ts";
import { selectUnits } from "../../../agent/fleet/units.ts";
import type { KubeObject } from "../../../agent/model/object.ts";
import type { ConnectedCluster } from "../../../cli/commands/context.ts";
import { pullNumberOf } from "../../../cli/commands/explain-change.ts";
import { readFleet } from "../../../cli/commands/fleet-view.ts";
import { testHasher } from "../../doubles/ports.ts";
import { appObject, historyEntry, id, revision, withInventory } from "../app-objects.ts";
import { changed, fleetTexts, replaced } from "../fleet-texts.ts";
import { type FakeForge, mergeCommit, realistic, startForge } from "../forge/fake.ts";
import { clusterOf, type FileTexts, type Given, runWith, viewOf } from "../host.ts";

const [older, newest, later] = [id("a91b044"), id("3f1c2d9"), id("5d20c71")];
const before = replaced("apps/shop/all.yaml", "currency: EUR", "currency: USD");

function given(more: Partial<Given> = {}): Given {
  return {
    files: fleetTexts,
    commits: { [older]: before, [newest]: fleetTexts },
    head: newest,
    contexts: ["dev", "prod"],
    clusters: { dev: clusterOf([appObject("dev")]), prod: clusterOf([appObject("prod")]) },
    ...more,
  };
}

const onProd = ["explain", "shop", "--cluster", "prod"];

describe("explain of a commit that something came after", () => {
  const commits = { [older]: before, [newest]: fleetTexts, [later]: before };
  const overtaken = (message: string, more: Partial<Given> = {}) =>
    runWith(
      given({ commits, head: later, messages: { [later]: message }, ...more }),
      ...[...onProd, "--rev", newest],
    );

  it("says which one reverts it, although the history holds it", async () => {
    const { code, stdout } = await overtaken(`Back\n\nThis reverts commit ${newest}.`);
    expect(code).toBe(1);
    expect(stdout).toContain("✗ targeted  Superseded: 5d20c71 reverts it");
    expect(stdout).toContain("or   holdfast explain shop --cluster prod\n");
  });

  it("knows a revert that lost its words by what it brought back", async () => {
    const read = await readFleet(
      { ports: { hasher: async () => testHasher }, signal: new AbortController().signal },
      viewOf(before, older),
    );
    if (!read.ok) throw new Error("the fixture is no fleet");
    const [unit] = selectUnits(read.value.fleet, "prod", testHasher).units;
    const at = revision(later);
    const status = {
      changeId: unit?.changeId ?? "",
      revisions: { fetched: at, attempted: at, live: at },
    };
    const squashed = await overtaken("squashed", {
      clusters: { prod: clusterOf([appObject("prod", status)]) },
    });
    expect([squashed.code, squashed.stdout]).toEqual([
      1,
      expect.stringContaining("Superseded: 5d20c71 reverts it"),
    ]);
  });

  it("does not count a revert that was itself reverted", async () => {
    const last = id("6e00001");
    const { code } = await runWith(
      given({
        commits: { ...commits, [last]: fleetTexts },
        head: last,
        messages: {
          [later]: `This reverts commit ${newest}.`,
          [last]: `This reverts commit ${later}.`,
        },
      }),
      ...[...onProd, "--rev", newest],
    );
    expect(code).toBe(0);
  });

  it("says which one it was skipped for, and is content once that one is live", async () => {
    const { liveAt: _, ...skipped } = historyEntry(newest, { result: "superseded" });
    const clusters = (live: string) => ({
      prod: clusterOf([
        appObject("prod", {
          history: [skipped],
          state: live === later ? "Synced" : "Progressing",
          reason: live === later ? "InSync" : "RollingOut",
          revisions: { fetched: revision(later), attempted: revision(later), live: revision(live) },
        }),
      ]),
    });
    const no = await overtaken("more", { clusters: clusters(older) });
    expect([no.code, no.stdout]).toEqual([
      1,
      expect.stringContaining("Superseded: skipped: 5d20c71, which holds it, came before"),
    ]);
    const yes = await overtaken("more", { clusters: clusters(later) });
    expect([yes.code, yes.stdout]).toEqual([0, expect.stringContaining("came with 5d20c71")]);
  });

  it("names the branch that has a commit which the tracked one has not", async () => {
    const one = given({ commits, head: newest, alias: { "origin/next": later } });
    const { stdout } = await runWith(one, ...onProd, "--rev", later);
    expect(stdout).toContain("5d20c71 is not in the history of main; it is on origin/next");
  });
});

describe("explain of a commit without effect here", () => {
  const app = (spec: string): FileTexts =>
    changed({ "apps/shop/app.yaml": `${fleetTexts["apps/shop/app.yaml"]}${spec}` });
  const overrides = `  overrides:
    - { clusters: { matchLabels: { env: prod } }, values: { replicas: 9 } }
`;
  const run = (from: string, to: string, ...args: readonly string[]) =>
    runWith(given({ files: app(to), commits: { [older]: app(from), [newest]: app(to) } }), ...args);

  it("names the override that hides the value, with file and line", async () => {
    const [from, to] = ["replicas: 1", "replicas: 2"].map(
      (value) => `  values: { ${value} }\n${overrides}`,
    );
    const { code, stdout } = await run(`${from}`, `${to}`, ...onProd);
    expect(code).toBe(0);
    expect(stdout).toContain("changes nothing of shop on prod.");
    expect(stdout).toContain(
      "NoEffect: spec.values.replicas is hidden by spec.overrides.0.values.replicas: 9 (apps/shop/app.yaml:10)",
    );
    const json = await run(`${from}`, `${to}`, ...onProd, "-o", "json");
    expect(JSON.parse(json.stdout)).toMatchObject({ reason: "NoEffect", live: true });
  });

  it("says when an override is for others", async () => {
    const { stdout } = await run("", overrides, "explain", "shop", "--cluster", "dev");
    expect(stdout).toContain(
      "NoEffect: spec.overrides.0 is for other clusters (apps/shop/app.yaml:9)",
    );
  });

  it("is silent where something does change", async () => {
    expect((await runWith(given(), ...onProd)).stdout).not.toContain("NoEffect");
  });
});

describe("explain --value", () => {
  const texts = changed({
    "apps/shop/app.yaml": `${fleetTexts["apps/shop/app.yaml"]}  values:
    replicas: 2
    host: "shop.\${{ cluster.values.domain }}"
    image: { tag: "1" }
  overrides:
    - clusters: { matchLabels: { env: prod } }
      values: { replicas: 5, image: { name: x } }
    - clusters: { matchLabels: { env: dev } }
      values: { replicas: 1 }
`,
    "clusters/prod.yaml": `${fleetTexts["clusters/prod.yaml"]}`.replace(
      "replicas: 3",
      "replicas: 3, domain: eu.example",
    ),
  });
  const ask = (path: string, ...more: readonly string[]) =>
    runWith(given({ files: texts }), ...onProd, "--value", path, ...more);

  it("lists who says it: the one that counts, what it hides, what is for others", async () => {
    const { code, stdout } = await ask("replicas");
    expect(code).toBe(0);
    expect(stdout).toContain("replicas of shop on prod: 5\n");
    expect(stdout).toMatch(/^used +apps\/shop\/app.yaml:14 +spec.overrides.0.values.replicas +5$/m);
    expect(stdout).toMatch(/^hidden +apps\/shop\/app.yaml:9 +spec.values.replicas +2$/m);
    expect(stdout).toMatch(
      /^unmatched +apps\/shop\/app.yaml:16 .* 1 \(env=dev; the cluster has env=prod\)$/m,
    );
  });

  it("follows an expression to the cluster's own file, and adds up maps", async () => {
    const host = await ask("spec.values.host");
    expect(host.stdout).toContain('spec.values.host of shop on prod: "shop.eu.example"');
    expect(host.stdout).toMatch(/^read +clusters\/prod.yaml:4 +spec.values.domain +"eu.example"$/m);
    const { stdout } = await ask("/values/image", "-o", "json");
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "ValueExplanation",
      value: { tag: "1", name: "x" },
      sources: [{ use: "merged" }, { use: "merged" }],
    });
  });

  it("says no where nobody says it, and asks for one cluster", async () => {
    const none = await ask("nope");
    expect([none.code, none.stdout]).toEqual([1, "nope of shop on prod: nothing says it\n"]);
    const domain = await ask("domain");
    expect([domain.code, domain.stderr]).toEqual([
      1,
      "→ holdfast explain shop --value cluster.values.domain --cluster prod\n",
    ]);
    const own = await ask("cluster.values.domain");
    expect([own.code, own.stdout]).toEqual([
      0,
      expect.stringMatching(/^read +clusters\/prod.yaml:4 +spec.values.domain +"eu.example"$/m),
    ]);
    const many = await runWith(given(), "explain", "shop", "--value", "x");
    expect([many.code, many.stderr]).toEqual([2, expect.stringContaining("--cluster dev")]);
  });

  it("knows a chart's own values and its values files", async () => {
    const chart = changed({
      "apps/shop/all.yaml": undefined,
      "apps/shop/app.yaml": `${fleetTexts["apps/shop/app.yaml"]}  render: { helm: { chart: ./chart, valuesFiles: [ more.yaml ] } }\n`,
      "apps/shop/chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
      "apps/shop/chart/values.yaml": "a: 1\nimage:\n  tag: old\n",
      "apps/shop/more.yaml": "image: { tag: new }\n",
    });
    const one = given({ files: chart });
    const { stdout } = await runWith(one, ...onProd, "--value", "image.tag");
    expect(stdout).toMatch(/^used +apps\/shop\/more.yaml:1 .*"new"$/m);
    expect(stdout).toMatch(/^hidden +apps\/shop\/chart\/values.yaml:3 .*"old"$/m);
  });
});

describe("explain --pr", () => {
  let fake: FakeForge | undefined;
  afterEach(() => fake?.close());
  const ask = async (body: Readonly<Record<string, unknown>>, more: Partial<Given> = {}) => {
    fake = await startForge(() => ({ status: 200, body: { ...realistic.gitea.opened, ...body } }));
    const one = given({
      place: `${fake.origin}/acme/fleet`,
      userConfig: `forges: { "${new URL(fake.origin).host}": { kind: gitea } }`,
      ...more,
    });
    return await runWith(one, ...onProd, "--pr", "412");
  };

  it("asks the forge for the commit by which it was merged", async () => {
    const { code, stdout } = await ask({ merged: true, state: "closed", merge_commit_sha: newest });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^3f1c2d9 "3f1c2d9\d+" \(PR #412\) is live on prod\.$/m);
    expect(fake?.heard).toMatchObject([{ path: "/api/v1/repos/acme/fleet/pulls/412" }]);
  });

  it("says that it is open, closed, or went to another branch", async () => {
    const open = await ask({});
    expect(open.code).toBe(1);
    expect(open.stdout).toContain(
      'PR #412 "Roll back shop" is NOT live on prod: it stopped at MERGED.',
    );
    expect(open.stdout).toContain("NotOnBranch: pull request #412 is open, not merged");
    await fake?.close();
    const commits = { [older]: before, [newest]: fleetTexts, [later]: before };
    const other = await ask(
      { merged: true, merge_commit_sha: later, base: { ref: "release-1" } },
      { commits },
    );
    expect(other.stdout).toContain("pull request #412 was merged into release-1: 5d20c71 is not");
  });

  it("says what to fetch where the commit is not here", async () => {
    const { code, stderr } = await ask({ merged: true, merge_commit_sha: mergeCommit });
    expect([code, stderr]).toEqual([2, expect.stringContaining("next   git fetch")]);
  });

  it("reads the number from titles that forges make", () => {
    expect(pullNumberOf("bump web (#412)")).toBe(412);
    expect(pullNumberOf("Merge pull request #7 from acme/x")).toBe(7);
    expect(pullNumberOf("Merge pull request 'bump' (#8) from x into main")).toBe(8);
    expect(pullNumberOf("fixes #9 for good")).toBeUndefined();
  });
});

describe("explain of what is not healthy", () => {
  const owner = (kind: string, name: string, apiVersion: string) => ({
    ownerReferences: [{ apiVersion, kind, name, uid: `uid of ${name}`, controller: true }],
  });
  const place = { namespace: "shop" };
  const set: KubeObject = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web-7c9d", ...place, ...owner("Deployment", "web", "apps/v1") },
  };
  const waiting = { reason: "ImagePullBackOff", message: "Back-off pulling image" };
  const pods: readonly KubeObject[] = [
    { apiVersion: "v1", kind: "Pod", metadata: { name: "alone", ...place }, status: {} },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "web-7c9d-x2k",
        uid: "p1",
        ...place,
        ...owner("ReplicaSet", "web-7c9d", "apps/v1"),
      },
      status: { containerStatuses: [{ name: "web", state: { waiting } }] },
    },
  ];
  const event = (reason: string, type: string, lastTimestamp: string): KubeObject => ({
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: reason, ...place },
    involvedObject: { uid: "p1" },
    reason,
    message: "no such image",
    type,
    lastTimestamp,
    count: 4,
  });
  const events = [
    event("Failed", "Warning", "2026-11-20T23:58:00Z"),
    event("Pulling", "Normal", "2026-11-20T23:59:00Z"),
    { ...event("Other", "Warning", "2026-11-20T23:59:30Z"), involvedObject: { uid: "p9" } },
  ];

  function prodWith(listed: Readonly<Record<string, readonly KubeObject[]>>): ConnectedCluster {
    const status = { state: "Degraded", stage: "healthy", reason: "ImagePullFailed" } as const;
    const ref = { group: "apps", kind: "Deployment", namespace: "shop", name: "web" };
    const entry = { ref, version: "v1" };
    const stored = { app: "shop", entries: new Map([["x", entry]]) };
    const base = withInventory(stored as never, [appObject("prod", status)]);
    const client: ClusterClient = {
      ...base.client,
      get: async (ref, signal) =>
        ref.kind === "ReplicaSet" ? set : await base.client.get(ref, signal),
      async *list({ kind }: Selection) {
        yield { items: listed[kind] ?? [], resourceVersion: "1", remaining: undefined };
      },
    };
    return { ...base, client };
  }

  it("goes down to the first broken pod, what it waits for and what was last said of it", async () => {
    const clusters = { prod: prodWith({ Pod: pods, Event: events }) };
    const { code, stdout } = await runWith(given({ clusters }), ...onProd);
    expect(code).toBe(1);
    expect(stdout).toContain(
      [
        "  └ Deployment shop/web",
        "    └ ReplicaSet shop/web-7c9d",
        "      └ Pod shop/web-7c9d-x2k",
        "          container web: ImagePullBackOff: Back-off pulling image",
        "          2m ago: Failed, no such image (4 times)",
      ].join("\n"),
    );
  });

  it("leaves pods of others alone", async () => {
    const clusters = { prod: prodWith({ Pod: pods.slice(0, 1) }) };
    const { stdout } = await runWith(given({ clusters }), ...onProd);
    expect(stdout).not.toContain("└");
  });
});
