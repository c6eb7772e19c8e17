import { readFileSync } from "node:fs";
import { join } from "node:path";
import { states } from "../../../agent/model/state.ts";
import { parseYaml } from "../../../agent/render/yaml.ts";

/** One query of a panel: a record of panels.yaml, and how its series are called. */
export interface Target {
  readonly record: string;
  /** Grafana's own template, `{{app}}`; absent: one series. */
  readonly legend?: string;
  /** What transformations call it. */
  readonly refId?: string;
  /** As a table of now, not over time. */
  readonly isTable?: boolean;
}

export interface PanelSpec {
  readonly type: "stat" | "table" | "timeseries" | "bargauge";
  readonly title: string;
  readonly description: string;
  /** x, y, width, height on 24 columns. */
  readonly at: readonly [number, number, number, number];
  readonly unit: string;
  readonly targets: readonly Target[];
  /** Fields of fieldConfig.defaults beside the unit. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly overrides?: readonly unknown[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly transformations?: readonly unknown[];
}

export const datasource = { type: "prometheus", uid: `\${datasource}` };

interface PanelGroups {
  readonly groups: readonly { readonly rules: readonly { record: string; expr: string }[] }[];
}

function readQueries(): ReadonlyMap<string, string> {
  const text = readFileSync(join(import.meta.dirname, "panels.yaml"), "utf8");
  const parsed = parseYaml(text, { file: "panels.yaml" });
  const [document] = parsed.ok ? parsed.value : [];
  if (document === undefined) throw new Error("panels.yaml cannot be read");
  const { groups } = document.value as unknown as PanelGroups;
  return new Map(groups.flatMap(({ rules }) => rules.map(({ record, expr }) => [record, expr])));
}

/** The queries as promtool reads them, by record. */
export const queries = readQueries();

/** A query with Grafana's variables in it; nothing else differs from its record (observability §8.2-2). */
export function query(record: string): string {
  const expr = queries.get(record);
  if (expr === undefined) throw new Error(`panels.yaml has no record ${record}`);
  return expr
    .replaceAll(/(cluster|environment|app)=~"\.\*"/g, '$1=~"$$$1"')
    .replaceAll("[5m]", "[$__rate_interval]");
}

/** One panel as Grafana stores it. */
export function panel(spec: PanelSpec, id: number) {
  const [x, y, w, h] = spec.at;
  const { type, title, description, unit, defaults = {}, overrides = [] } = spec;
  return {
    id,
    type,
    title,
    description,
    datasource,
    gridPos: { x, y, w, h },
    fieldConfig: { defaults: { unit, ...defaults }, overrides },
    options: { ...optionsOf(type), ...spec.options },
    targets: spec.targets.map(target),
    ...(spec.transformations === undefined ? {} : { transformations: spec.transformations }),
  };
}

function target({ record, legend, refId, isTable = false }: Target, index: number) {
  return {
    refId: refId ?? String.fromCharCode(65 + index),
    datasource,
    expr: query(record),
    ...(isTable ? { format: "table", instant: true, range: false } : { range: true }),
    ...(legend === undefined ? {} : { legendFormat: legend }),
  };
}

const reduced = { calcs: ["lastNotNull"], fields: "", values: false };

function optionsOf(type: PanelSpec["type"]): Readonly<Record<string, unknown>> {
  switch (type) {
    case "stat":
      return { colorMode: "background", graphMode: "area", reduceOptions: reduced };
    case "bargauge":
      return { displayMode: "basic", orientation: "horizontal", reduceOptions: reduced };
    case "timeseries":
      return {
        legend: { displayMode: "list", placement: "bottom" },
        tooltip: { mode: "multi", sort: "desc" },
      };
    case "table":
      return { showHeader: true, cellHeight: "sm" };
  }
}

/** Colours by value: the first is for everything below the second. */
export function thresholds(...steps: readonly (readonly [number | null, string])[]) {
  const listed = steps.map(([value, color]) => ({ value, color }));
  return { color: { mode: "thresholds" }, thresholds: { mode: "absolute", steps: listed } };
}

/** Numbers of `holdfast_app_status` as the words and colours of the eight states. */
export const stateMapping = {
  mappings: [
    {
      type: "value",
      options: Object.fromEntries(
        Object.entries(states).map(([text, { value, glyph, colour }]) => [
          String(value),
          { text: `${glyph} ${text}`, color: colour, index: value },
        ]),
      ),
    },
  ],
};

/** Lines that add up. */
export const stacked = {
  custom: { fillOpacity: 20, lineWidth: 1, stacking: { mode: "normal", group: "A" } },
};
