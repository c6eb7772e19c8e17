import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { states } from "../agent/model/state.ts";
import { parseYaml } from "../agent/render/yaml.ts";
import { metricNames } from "../agent/telemetry/metric-table.ts";
import { dashboards } from "../charts/holdfast/dashboards/dashboards.ts";
import { queries, query } from "../charts/holdfast/dashboards/panel.ts";
import { chart } from "./helm.ts";

/** What prom-client names by itself, and the suffixes under which a histogram is asked for. */
const processMetrics = /^(process|nodejs)_/;
const suffix = /_(bucket|sum|count)$/;

const rulesText = readFileSync(join(chart, "rules/holdfast.rules.yaml"), "utf8");
const recorded = new Set([...rulesText.matchAll(/- record: (\S+)/g)].map(([, name]) => name));

/** Names in a query that can only be metrics or recorded series. */
function namesIn(expr: string): readonly string[] {
  const bare = expr
    .replaceAll(/"[^"]*"/g, '""')
    .replaceAll(/\b(by|on|ignoring|group_left) ?\([^)]*\)/g, "");
  return [...bare.matchAll(/[a-z_]+(?:[:_][a-z0-9_]+)+(?=[{)[\s]|$)/g)].map(([name]) => name);
}

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly datasource: unknown;
}

describe.each(dashboards)("$uid", (dashboard) => {
  const targets: readonly Target[] = dashboard.panels.flatMap((panel) => panel.targets);

  it("is what is committed (else run: npm run generate:dashboards)", () => {
    const committed = readFileSync(join(chart, "dashboards", `${dashboard.uid}.json`), "utf8");
    expect(committed).toBe(`${JSON.stringify(dashboard, undefined, 2)}\n`);
    expect(Buffer.byteLength(committed)).toBeLessThan(200_000);
  });

  it("has the fixed form of observability §8.1", () => {
    expect(dashboard).toMatchObject({ id: null, editable: false, timezone: "browser" });
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(39);
    expect(JSON.stringify(dashboard)).not.toContain("__inputs");
  });

  it("asks exactly the records of its name, each of them", () => {
    const prefix = `${dashboard.uid.replace("holdfast-", "")}:`;
    const own = [...queries.keys()].filter((record) => record.startsWith(prefix));
    const asked = [...targets, ...dashboard.annotations.list].map(({ expr }) => expr);
    expect(asked.toSorted()).toEqual(own.map((record) => query(record)).toSorted());
  });

  it("differs from the records by variables and rate interval alone", () => {
    for (const [record, expr] of queries) {
      const back = query(record)
        .replaceAll(/=~"\$(cluster|environment|app)"/g, '=~".*"')
        .replaceAll("[$__rate_interval]", "[5m]");
      expect(back).toBe(expr);
    }
  });

  it("asks only for metrics that the agent exports or the rules record", () => {
    const known = new Set<string>(metricNames);
    const names = new Set(targets.flatMap(({ expr }) => namesIn(expr)));
    expect(names.size).toBeGreaterThan(8);
    const unknown = [...names].filter((name) => {
      const plain = name.replace(suffix, "");
      return (
        ![name, plain].some((one) => known.has(one) || recorded.has(one)) &&
        !processMetrics.test(name)
      );
    });
    expect(unknown).toEqual([]);
  });

  it("names every panel, says what it shows and in which unit", () => {
    for (const { title, description, fieldConfig, type } of dashboard.panels) {
      expect(title).not.toBe("");
      expect(description).toMatch(/^[A-Z].*\.$|holdfast accept/);
      expect(fieldConfig.defaults.unit).not.toBe("");
      expect(["stat", "bargauge", "table", "timeseries"]).toContain(type);
    }
  });

  it("has panels with ids of their own that do not overlap", () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });

  it("names no data source, cluster or job of its own", () => {
    const sources = [...targets, ...dashboard.panels, ...dashboard.annotations.list];
    for (const { datasource } of sources) {
      expect(datasource).toEqual({ type: "prometheus", uid: "${datasource}" });
    }
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual([
      "datasource",
      "environment",
      "cluster",
      "app",
    ]);
    const literal = /\b(job|instance)=|cluster=~?"(?!\$cluster"|\.\*")/;
    expect(targets.filter(({ expr }) => literal.test(expr))).toEqual([]);
  });

  it("shows all eight states in their words and colours", () => {
    const text = JSON.stringify(dashboard);
    for (const [name, { value, colour }] of Object.entries(states)) {
      expect(text).toContain(
        `"${value}":{"text":"${states[name as keyof typeof states].glyph} ${name}","color":"${colour}"`,
      );
    }
  });

  it("rates counters only, inside an aggregation", () => {
    for (const { expr } of targets) {
      for (const [whole, name] of expr.matchAll(/\b(?:rate|increase)\(([a-z_]+)/g)) {
        expect(name, whole).toMatch(/_(total|bucket|count|sum)$/);
        expect(expr.slice(0, expr.indexOf(whole))).toMatch(
          /(sum|max|avg|count)( by \([^)]*\))? ?\($/,
        );
      }
    }
  });
});

describe("the copies of the shared rules", () => {
  it("are read as YAML, with every alert named once", () => {
    expect(parseYaml(rulesText, { file: "holdfast.rules.yaml" })).toMatchObject({ ok: true });
    const alerts = [...rulesText.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    expect(alerts.length).toBeGreaterThan(15);
    expect(new Set(alerts).size).toBe(alerts.length);
  });
});
