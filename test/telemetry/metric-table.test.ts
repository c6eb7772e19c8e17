import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { metricNames, metricRow } from "../../agent/telemetry/metric-table.ts";

const shared = resolve(process.env.HOLDFAST_SHARED ?? "../shared");
const rules = ["holdfast.rules.yaml", "panels.yaml"].map(
  (name) => `${shared}/observability/${name}`,
);
const design = `${shared}/design/observability.md`;

/** What rules and panels use and a later stage of the product fills; each entry goes when its series comes. */
const later: Readonly<Record<string, string>> = {
  holdfast_credential_expiry_timestamp_seconds: "known ends of credentials",
  holdfast_notifications_total: "the reporter",
  holdfast_deployments_total: "the reporter: four keys",
  holdfast_change_failures_total: "the reporter: four keys",
  holdfast_lead_time_seconds: "the reporter: four keys",
  holdfast_deployment_duration_seconds: "the reporter: four keys",
  holdfast_restore_duration_seconds: "the reporter: four keys",
};

/** In the table of the design, in no rule and no panel, and of a later stage. */
const laterAndUnused: readonly string[] = [
  "holdfast_gate_evaluations_total",
  "holdfast_webhook_requests_total",
  "holdfast_scm_rate_limit_remaining",
];

function read(paths: readonly string[]): string {
  return paths.map((path) => readFileSync(path, "utf8")).join("\n");
}

function used(text: string): readonly string[] {
  const words =
    text.match(/\b(?:holdfast|workqueue|rest_client|leader_election)_[a-z0-9_]+/g) ?? [];
  return [...new Set(words.map((word) => word.replace(/_(?:bucket|count|sum)$/, "")))].sort();
}

function isExported(name: string): boolean {
  return metricNames.some((known) => known === name);
}

describe.skipIf(!rules.every(existsSync))(
  "metric table against the rules and panels of HOLDFAST_SHARED/observability",
  () => {
    it("has every series that they query, but those of later stages", () => {
      const missing = used(read(rules)).filter((name) => !isExported(name));
      expect(missing).toEqual(Object.keys(later).sort());
    });

    it("has the labels that they query", () => {
      const text = read(rules);
      for (const [, name = "", matchers = ""] of text.matchAll(/\b([a-z_]+)\{([^}]*)\}/g)) {
        const known = metricNames.find((candidate) => candidate === name.replace(/_bucket$/, ""));
        if (known === undefined) continue;
        const labels = [...matchers.matchAll(/([a-z_0-9]+)=?[~=!]/g)].map(([, label]) => label);
        const own = [...Object.keys(metricRow(known).labels), "cluster", "le", "environment"];
        expect(labels.filter((label) => !own.includes(label ?? ""))).toEqual([]);
      }
    });
  },
);

describe.skipIf(!existsSync(design))(
  "metric table against HOLDFAST_SHARED/design/observability.md §5.2",
  () => {
    const table = (): string => {
      const text = readFileSync(design, "utf8");
      return text.slice(text.indexOf("### 5.2"), text.indexOf("### 5.3"));
    };
    const designed = (): readonly string[] =>
      table()
        .replace(/`workqueue_\{([^}]*)\}`/, (_, list: string) =>
          list
            .split(",")
            .map((part) => `\`workqueue_${part.trim()}\``)
            .join(" "),
        )
        .split("\n")
        .flatMap((line) => (line.split("|")[1] ?? "").match(/`[a-z0-9_]+`/g) ?? [])
        .map((name) => name.slice(1, -1));

    it("has the same names in both directions", () => {
      const expected = designed().filter(
        (name) => later[name] === undefined && !laterAndUnused.includes(name),
      );
      expect([...metricNames].sort()).toEqual([...expected].sort());
    });

    it("has the same type, labels and buckets on every row that states them", () => {
      for (const name of metricNames.filter(
        (known) => known.startsWith("holdfast_source_") || known.startsWith("holdfast_reconcile"),
      )) {
        const line =
          table()
            .split("\n")
            .find((row) => row.includes(`\`${name}\``)) ?? "";
        const [, , type = "", labels = ""] = line.split("|");
        const row = metricRow(name);
        expect(type.trim().split(" ")[0]).toBe(row.type);
        for (const label of Object.keys(row.labels)) expect(labels).toContain(label);
        if (row.buckets !== undefined) {
          expect(type.trim().split(" ").slice(1).map(Number)).toEqual(row.buckets);
        }
      }
    });

    it("marks the same series as the fleet set", () => {
      const marked = table()
        .split("\n")
        .filter((line) => line.startsWith("| ●"));
      const names = marked.flatMap(
        (line) => (line.split("|")[1] ?? "").match(/`[a-z0-9_]+`/g) ?? [],
      );
      const expected = names.map((name) => name.slice(1, -1)).filter((name) => isExported(name));
      const fleet = metricNames.filter((name) => metricRow(name).fleet === true);
      expect([...fleet].sort()).toEqual([...expected].sort());
    });
  },
);
