import { describe, expect, it } from "vitest";
import { isJsonObject } from "../../../agent/model/json.ts";
import type { KubeObject } from "../../../agent/model/object.ts";
import type { UnitStatus } from "../../../agent/model/status.ts";
import type { ConnectedCluster } from "../../../cli/commands/context.ts";
import { createManualClock } from "../../doubles/ports.ts";
import { appObject, id, revision } from "../app-objects.ts";
import { changed, fleetTexts } from "../fleet-texts.ts";
import { clusterOf, type Given, runWith } from "../host.ts";

interface Request {
  readonly id: string;
  readonly at: string;
  readonly reason?: string;
  readonly until: string;
  readonly by?: string;
}

const paused = { by: "bob", reason: "INC-9", until: "2026-11-21T09:00:00Z" } as const;

/** A cluster whose agent obeys at once, or never. */
function cluster(name: string, more: Partial<UnitStatus> = {}, obeys = true) {
  const asked: Request[] = [];
  let app = appObject(name, more);
  const base = clusterOf([app]);
  const obey = (request: Request) => {
    asked.push(request);
    const status = isJsonObject(app["status"]) ? app["status"] : {};
    const { until, by, reason } = request;
    const said = reason === undefined ? {} : { suspend: { until, by: by ?? "?", reason } };
    const state = { state: "Suspended", reason: "AppSuspended" };
    const handled = { handled: { suspend: request.id } };
    if (obeys) app = { ...app, status: { ...status, ...state, ...said, ...handled } };
  };
  const connected: ConnectedCluster = {
    ...base,
    apps: { list: async (): Promise<readonly KubeObject[]> => [app] },
    client: {
      ...base.client,
      get: async () => app,
      patch: async (_at, operations) => {
        for (const { path, value } of operations) {
          if (path.endsWith("request-suspend")) obey(JSON.parse(String(value)));
        }
        return { object: app, created: false, warnings: [] };
      },
    },
  };
  return { connected, asked };
}

function fleet(dev = cluster("dev"), prod = cluster("prod")) {
  const given: Given = {
    files: fleetTexts,
    contexts: ["dev", "prod"],
    clusters: { dev: dev.connected, prod: prod.connected },
    clock: createManualClock(),
  };
  return { given, dev, prod };
}

const nowMs = createManualClock().now();
const inTwoHours = new Date(nowMs + 7_200_000).toISOString();
const why = ["--reason", "INC-9: by hand", "--until", "2h"] as const;
const on = ["--cluster", "prod"] as const;

describe("suspend APP", () => {
  it("asks, asks the agents in the name of whom the cluster knows, and tells what they say then", async () => {
    const { given, dev, prod } = fleet();
    const tty = { ...given, isTty: true, answer: true };
    const ran = await runWith(tty, "suspend", "shop", ...why, ...on);
    expect(ran.questions).toEqual([
      expect.stringContaining(`Suspend shop on prod until ${inTwoHours.replace(".000", "")}?`),
    ]);
    expect(prod.asked).toMatchObject([{ reason: "INC-9: by hand", by: "ana" }]);
    expect(Date.parse(prod.asked[0]?.until ?? "")).toBe(nowMs + 7_200_000);
    expect(dev.asked).toEqual([]);
    expect(ran.stdout).toMatch(/prod +shop .*Suspended.* ana +INC-9: by hand/);
    expect(ran.stderr).toContain("holdfast resume shop --cluster prod");
    expect(ran.code).toBe(0);
  });

  it("says who has not heard it", async () => {
    const deaf = cluster("prod", {}, false);
    const { given } = fleet(undefined, deaf);
    const clock = createManualClock();
    const [ran] = await Promise.all([
      runWith({ ...given, clock }, "suspend", "shop", ...why, ...on, "--yes", "-o", "json"),
      clock.advance(12_000),
    ]);
    expect(deaf.asked).toHaveLength(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({ units: [{ isObeyed: false }] });
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain("the agent of prod has not said yet that it heard");
  });

  it("takes a moment with its zone, and nothing that is over or more than seven days ahead", async () => {
    const { given, prod } = fleet();
    const until = async (text: string) =>
      runWith(given, "suspend", "shop", "--reason", "x", "--until", text, "--yes", ...on);
    const moment = new Date(nowMs + 3_600_000).toISOString();
    expect(await until(moment)).toMatchObject({ code: 0 });
    expect(Date.parse(prod.asked[0]?.until ?? "")).toBe(nowMs + 3_600_000);
    expect(await until("7d")).toMatchObject({ code: 0 });
    for (const bad of ["7d1s", "tomorrow", moment.slice(0, -1), "2020-01-01T00:00:00Z", "0s"]) {
      expect(await until(bad)).toMatchObject({ code: 2 });
    }
    expect(prod.asked).toHaveLength(2);
  });

  it.each([
    [["--until", "2h"], "--reason is missing"],
    [["--reason", "x"], "--until is missing"],
    [["--reason", " ", "--until", "2h"], "--reason is missing"],
    [[...why, "--pr"], "are for whole clusters"],
  ])("needs both, and no way into Git: %j", async (flags, said) => {
    const { given, prod } = fleet();
    const ran = await runWith(given, "suspend", "shop", ...flags, "--yes", ...on);
    expect([ran.code, prod.asked]).toEqual([2, []]);
    expect(ran.stderr).toContain(said);
  });

  it("writes nothing on a no, on --dry-run, and where there is nobody to ask", async () => {
    const { given, prod } = fleet();
    const tty = { ...given, isTty: true, answer: false };
    expect(await runWith(tty, "suspend", "shop", ...why, ...on)).toMatchObject({ code: 1 });
    const dry = await runWith(given, "suspend", "shop", ...why, ...on, "--dry-run");
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing was written") });
    const nobody = await runWith(given, "suspend", "shop", ...why, ...on);
    expect(nobody.code).toBe(2);
    expect(nobody.stderr).toContain(
      "holdfast suspend shop --cluster prod --reason 'INC-9: by hand'",
    );
    expect(prod.asked).toEqual([]);
  });
});

describe("resume APP", () => {
  const suspended = { state: "Suspended", reason: "AppSuspended", suspend: paused } as const;

  it("asks those that are suspended by a request alone, with an end that is over by the same clock", async () => {
    const byFile = { ...suspended, reason: "ClusterSuspended" } as const;
    const { given, dev, prod } = fleet(cluster("dev", byFile), cluster("prod", suspended));
    const ran = await runWith(given, "resume", "shop", "--yes");
    expect(ran.code).toBe(0);
    expect(dev.asked).toEqual([]);
    const [request] = prod.asked;
    expect(request?.reason).toBeUndefined();
    expect(request?.until).toBe(request?.at);
  });

  it("is a no where nothing is suspended", async () => {
    const { given, prod } = fleet();
    const ran = await runWith(given, "resume", "shop", "--yes");
    expect([ran.code, prod.asked]).toEqual([1, []]);
    expect(ran.stdout).toContain("not suspended by request");
  });
});

describe("suspend and resume without an app", () => {
  it("prepare spec.suspend of the cluster files and keep everything else", async () => {
    const { given } = fleet();
    const ran = await runWith(given, "suspend", ...why, ...on, "--patch", "-");
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain("suspend: { reason:");
    expect(ran.stdout).not.toContain("dev.yaml");
    expect(ran.stderr).toContain("prod  nothing is written until");
  });

  it("resume takes out what is there, from those that have it", async () => {
    const text = fleetTexts["clusters/prod.yaml"]?.replace(
      "spec: {",
      "spec: { suspend: { reason: x, until: 2027-01-01T00:00:00Z },",
    );
    const { given } = fleet();
    const files = { ...given, files: changed({ "clusters/prod.yaml": text }) };
    const ran = await runWith(files, "resume", "--cluster", "*", "--patch", "-");
    expect(ran.stdout).toMatch(/^-spec: .*suspend/m);
    expect(ran.stdout).toMatch(/^\+spec: \{ values: \{ replicas: 3 \} \}$/m);
    const none = await runWith(given, "resume", "--cluster", "*", "--patch", "-");
    expect(none).toMatchObject({ code: 1, stdout: expect.stringContaining("Nothing to change") });
  });

  it("never mean the whole fleet by a flag that was left out", async () => {
    const { given } = fleet();
    expect(await runWith(given, "suspend", ...why, "--patch", "-")).toMatchObject({ code: 2 });
    expect(await runWith(given, "resume", "--patch", "-")).toMatchObject({ code: 2 });
  });
});

it("explain says who paused what keeps a commit back, and what to type", async () => {
  const message = `Suspended by bob until ${paused.until}: INC-9. Wait until the time named.`;
  const status = { state: "Suspended", stage: "gated", reason: "AppSuspended", message } as const;
  const [before, merged] = [id("3f1c2d9"), id("bbbbbbb")];
  const [was, is] = [revision(before), revision(merged)];
  const revisions = { fetched: is, attempted: is, applied: was, live: was };
  const prod = cluster("prod", { ...status, suspend: paused, desired: merged, revisions });
  const files = changed({ "apps/shop/more.yaml": "# a merge\n" });
  const commits = { [before]: fleetTexts, [merged]: files };
  const given = { ...fleet(undefined, prod).given, files, commits, head: merged };
  const ran = await runWith(given, "explain", "shop", "--cluster", "prod");
  expect(ran.code).toBe(1);
  expect(ran.stdout).toMatch(/gated +AppSuspended: Suspended by bob/);
  expect(ran.stdout + ran.stderr).toContain("holdfast resume shop --cluster prod");
});
