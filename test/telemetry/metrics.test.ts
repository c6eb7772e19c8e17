import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../agent/model/event.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { metricNames, metricRow } from "../../agent/telemetry/metric-table.ts";
import {
  createMetrics,
  type Metrics,
  type MetricsSettings,
} from "../../agent/telemetry/metrics.ts";
import { heldUnit, standingClock, unitStatus, wantedCommit } from "./samples.ts";

function metricsOf(fields: Partial<MetricsSettings> = {}): Metrics {
  return createMetrics({
    cluster: "prod-eu-1",
    version: "0.1.0",
    commit: "abc1234",
    nodeVersion: "v24.21.0",
    clock: standingClock(),
    source: { url: "https://robot:CANARY-url-token@git.example.com/acme/fleet", ref: "main" },
    strict: true,
    ...fields,
  });
}

function leading(fields: Partial<MetricsSettings> = {}): Metrics {
  const metrics = metricsOf(fields);
  metrics.emit({ type: "lease", held: true, holder: "me" });
  return metrics;
}

function status(after: UnitStatus, before?: UnitStatus): AgentEvent {
  return { type: "status", before, after };
}

/** Lines of one series, without the comment lines. */
function series(text: string, name: string): readonly string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

function exported(text: string): ReadonlySet<string> {
  return new Set(text.split("\n").flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []));
}

describe("metrics", () => {
  it("exports every row of the table and nothing of Holdfast beside it", async () => {
    const metrics = leading();
    metrics.emit(status(unitStatus()));
    metrics.emit({ type: "record", result: "started", intervalSeconds: 600 });
    const names = [...exported(await metrics.text())];
    expect(names.filter((name) => !/^(nodejs|process)_/.test(name)).sort()).toEqual(
      [...metricNames].sort(),
    );
    expect(names).toContain("nodejs_eventloop_lag_p99_seconds");
    expect(names).toContain("process_resident_memory_bytes");
    expect(names).toContain("process_cpu_seconds_total");
  });

  it("says when the status record was published, and nothing where none is", async () => {
    const metrics = leading();
    expect(await metrics.text()).not.toContain("holdfast_status_record_");
    metrics.emit({ type: "record", result: "published", intervalSeconds: 600 });
    metrics.emit({ type: "record", result: "failed", intervalSeconds: 900, message: "refused" });
    const text = await metrics.text();
    expect(series(text, "holdfast_status_record_interval_seconds")[0]).toMatch(/ 600$/);
    expect(series(text, "holdfast_status_record_timestamp_seconds")[0]).not.toMatch(/ 0$/);
  });

  it("puts the cluster on every series", async () => {
    const metrics = leading();
    metrics.emit(status(unitStatus()));
    const lines = (await metrics.text()).split("\n").filter((l) => l !== "" && !l.startsWith("#"));
    expect(lines.length).toBeGreaterThan(300);
    expect(lines.filter((line) => !line.includes('cluster="prod-eu-1"'))).toEqual([]);
  });

  it("starts counters at 0 for all their label values, so that the first step is seen", async () => {
    const metrics = leading();
    metrics.emit(status(unitStatus()));
    const text = await metrics.text();
    expect(series(text, "holdfast_prune_blocked_total")).toEqual(
      ["PruneGuard", "ProtectedKind", "EmptyRender", "InventoryLost"].map(
        (reason) =>
          `holdfast_prune_blocked_total{app="shop",reason="${reason}",cluster="prod-eu-1"} 0`,
      ),
    );
    expect(series(text, "holdfast_source_fetches_total")).toHaveLength(6);
    expect(series(text, "holdfast_apply_operations_total")).toHaveLength(10);
    expect(series(text, "rest_client_requests_total")).toHaveLength(40);
    expect(series(text, "holdfast_reconcile_errors_total").length).toBeGreaterThan(50);
  });

  it("is a follower's own process only, until it leads", async () => {
    const metrics = metricsOf();
    metrics.emit(status(unitStatus()));
    const before = exported(await metrics.text());
    expect([...before].filter((name) => !/^(nodejs|process)_/.test(name)).sort()).toEqual([
      "holdfast_build_info",
      "holdfast_cluster_info",
      "leader_election_master_status",
    ]);
    metrics.emit({ type: "lease", held: true, holder: "me" });
    expect(series(await metrics.text(), "leader_election_master_status")).toEqual([
      'leader_election_master_status{name="holdfast",cluster="prod-eu-1"} 1',
    ]);
    expect(exported(await metrics.text())).toContain("holdfast_app_status");
  });

  it("forgets apps with the lease", async () => {
    const metrics = leading();
    metrics.emit(status(unitStatus()));
    metrics.emit({ type: "lease", held: false, holder: "other" });
    metrics.emit({ type: "lease", held: true, holder: "me" });
    expect(await metrics.text()).not.toContain('app="shop"');
  });

  it("has exactly one reason an app, the one of now", async () => {
    const metrics = leading();
    metrics.emit(status(unitStatus()));
    metrics.emit(status(heldUnit(), unitStatus()));
    const text = await metrics.text();
    expect(series(text, "holdfast_app_reason_info")).toEqual([
      'holdfast_app_reason_info{app="shop",stage="applied",reason="PruneGuard",cluster="prod-eu-1"} 1',
    ]);
    expect(series(text, "holdfast_app_status")).toEqual([
      'holdfast_app_status{app="shop",cluster="prod-eu-1"} 4',
    ]);
    expect(series(text, "holdfast_app_held_deletions")[0]).toMatch(/ 12$/);
    expect(series(text, "holdfast_app_revision_info")).toHaveLength(1);
  });

  it("tells lag as the difference of two commit times", async () => {
    const metrics = leading();
    metrics.emit(status(heldUnit()));
    const text = await metrics.text();
    const at = (name: string): number => Number(series(text, name)[0]?.split(" ").at(-1));
    expect(at("holdfast_app_desired_commit_timestamp_seconds")).toBe(
      Date.parse("2026-11-21T09:14:02Z") / 1000,
    );
    expect(at("holdfast_app_live_commit_timestamp_seconds")).toBe(
      Date.parse("2026-11-20T16:00:00Z") / 1000,
    );
    expect(at("holdfast_app_unhealthy_since_timestamp_seconds")).toBe(0);
  });

  it("removes every series of an app with its unit", async () => {
    const metrics = leading();
    for (const app of ["shop", "web"]) {
      metrics.emit(status(unitStatus({ app })));
      metrics.emit({ type: "inventory", app, fillRatio: app === "shop" ? 0.5 : 0.1 });
    }
    metrics.emit({
      type: "drift",
      app: "shop",
      kind: "modified",
      ref: { group: "", kind: "Pod", namespace: "", name: "x" },
      managers: [],
    });
    metrics.emit({ type: "unit-removed", app: "shop" });
    const text = await metrics.text();
    expect(text).not.toContain('app="shop"');
    expect(series(text, "holdfast_inventory_fill_ratio")).toEqual([
      'holdfast_inventory_fill_ratio{app="web",cluster="prod-eu-1"} 0.1',
    ]);
  });

  it("names the source without its credential, and its one reason", async () => {
    const metrics = leading();
    metrics.emit({
      type: "source-polled",
      trigger: "poll",
      durationMs: 120,
      moved: true,
      commit: wantedCommit,
      committedAt: 1_795_000_000,
      reason: "NonFastForward",
    });
    const text = await metrics.text();
    expect(series(text, "holdfast_source_info")).toEqual([
      `holdfast_source_info{source="fleet",url="https://git.example.com/acme/fleet",ref="main",revision="${wantedCommit.slice(0, 12)}",cluster="prod-eu-1"} 1`,
    ]);
    expect(series(text, "holdfast_source_reason_info")).toEqual([
      'holdfast_source_reason_info{source="fleet",reason="NonFastForward",cluster="prod-eu-1"} 1',
    ]);
    expect(text).not.toContain("CANARY");
    expect(text).toContain(
      'holdfast_source_fetches_total{source="fleet",result="success",trigger="poll",cluster="prod-eu-1"} 1',
    );
  });

  it("a poll that got no answer does not count as a success", async () => {
    const metrics = leading();
    metrics.emit({
      type: "source-polled",
      trigger: "poll",
      durationMs: 5,
      moved: false,
      reason: "SourceUnreachable",
    });
    const text = await metrics.text();
    expect(text).toContain('result="error",trigger="poll",cluster="prod-eu-1"} 1');
    expect(series(text, "holdfast_source_last_success_timestamp_seconds")[0]).toMatch(/ 0$/);
  });

  it("counts a guard once per plan", async () => {
    const metrics = leading();
    for (const plan of ["a", "a", "b"])
      metrics.emit({ type: "prune-blocked", app: "shop", reason: "PruneGuard", plan });
    expect(series(await metrics.text(), "holdfast_prune_blocked_total")[0]).toMatch(
      /PruneGuard.* 2$/,
    );
  });

  it("times waits and passes under way by the clock", async () => {
    const clock = standingClock();
    const metrics = leading({ clock });
    metrics.emit({ type: "queue", depth: 1, active: 0, app: "shop", step: "added" });
    clock.pass(2_000);
    metrics.emit({ type: "queue", depth: 0, active: 1, app: "shop", step: "started" });
    clock.pass(5_000);
    const text = await metrics.text();
    expect(text).toContain(
      'workqueue_queue_duration_seconds_sum{cluster="prod-eu-1",name="units"} 2',
    );
    expect(series(text, "workqueue_longest_running_processor_seconds")[0]).toMatch(/ 5$/);
    metrics.emit({ type: "queue", depth: 0, active: 0, app: "shop", step: "ended" });
    expect(series(await metrics.text(), "workqueue_unfinished_work_seconds")[0]).toMatch(/ 0$/);
  });

  it("refuses a label value outside its list in tests, and drops it in the field", async () => {
    const event: AgentEvent = {
      type: "pass-ended",
      app: "shop",
      result: "error",
      reason: "NoEffect",
      durationMs: 1,
      outcomes: {},
    };
    expect(() => leading().emit(event)).toThrow("reason=NoEffect is not listed");
    const lenient = leading({ strict: false });
    expect(() => lenient.emit(event)).not.toThrow();
    expect(await lenient.text()).not.toContain("NoEffect");
  });

  it("maps what is not on a list to a listed value: codes and managers", async () => {
    const metrics = leading();
    metrics.emit({ type: "api-request", verb: "get", method: "GET", code: 418, durationMs: 3 });
    metrics.emit({ type: "api-request", verb: "watch", method: "GET", code: 0, durationMs: 3 });
    const text = await metrics.text();
    expect(text).toContain(
      'rest_client_requests_total{code="other",method="GET",host="kubernetes.default.svc",cluster="prod-eu-1"} 1',
    );
    expect(text).toContain('code="<error>",method="GET"');
    expect(text).toContain(
      'rest_client_request_duration_seconds_count{cluster="prod-eu-1",host="kubernetes.default.svc",verb="GET"} 1',
    );
  });

  it("stays in its budget: 50 units give at most 2000 series", async () => {
    const metrics = leading();
    for (let at = 0; at < 50; at += 1) metrics.emit(status(unitStatus({ app: `app-${at}` })));
    const lines = (await metrics.text()).split("\n").filter((l) => l !== "" && !l.startsWith("#"));
    expect(lines.length).toBeLessThanOrEqual(2000);
  });

  it("exports at most ten series an app above 200 units", async () => {
    const metrics = leading();
    for (let at = 0; at < 201; at += 1) metrics.emit(status(unitStatus({ app: `app-${at}` })));
    const ofOne = (await metrics.text()).split("\n").filter((line) => line.includes('app="app-7"'));
    expect(ofOne.length).toBeGreaterThan(5);
    expect(ofOne.length).toBeLessThanOrEqual(10);
  });

  it("keeps labels that scrapers set for themselves out of the table", () => {
    const taken = [
      "namespace",
      "pod",
      "service",
      "job",
      "instance",
      "endpoint",
      "container",
      "cluster",
    ];
    for (const name of metricNames) {
      expect(Object.keys(metricRow(name).labels).filter((label) => taken.includes(label))).toEqual(
        [],
      );
    }
  });
});

const promtool = spawnSync("promtool", ["--version"]).status === 0;

describe.skipIf(!promtool)(
  "metrics, read by promtool (skipped where promtool is not in PATH)",
  () => {
    it("finds nothing to say about a scrape", async () => {
      const metrics = leading();
      metrics.emit(
        status(heldUnit({ owner: { team: 'a "quoted" \\ team\nof two lines', contact: "#x" } })),
      );
      const text = await metrics.text();
      const said = execFileSync("promtool", ["check", "metrics"], {
        input: text,
        encoding: "utf8",
      });
      expect(said).toBe("");
    });
  },
);
