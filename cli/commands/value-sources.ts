import { layersOf } from "../../agent/fleet/app-settings.ts";
import { type Layer, valueAt } from "../../agent/fleet/merge.ts";
import { failingTerm } from "../../agent/fleet/selector.ts";
import type { Files } from "../../agent/model/artifact.ts";
import type { Unit } from "../../agent/model/unit.ts";
import { readChart } from "../../agent/render/chart.ts";
import { rendererOf } from "../../agent/render/files.ts";
import { parseYaml } from "../../agent/render/yaml.ts";
import type { FleetView } from "./fleet-view.ts";

/** One place that says a value. */
export interface ValueSource {
  /** `unmatched`: an override for other clusters; `read`: what an expression of the value reads. */
  readonly use: "used" | "merged" | "hidden" | "unmatched" | "read";
  readonly file: string;
  readonly line: number;
  /** `spec.values.host` */
  readonly field: string;
  readonly value: unknown;
  /** The selector term that fails. */
  readonly why?: string;
}

export interface ValueQuestion {
  readonly view: FleetView;
  readonly app: string;
  readonly cluster: string;
  /** JSON pointer into the spec of the app. */
  readonly pointer: string;
}

/** Every place in Git that says the value, the one that counts first. A map adds up from all of them. */
export function valueSources(
  { view: { fleet }, app, cluster, pointer }: ValueQuestion,
  below: readonly Layer[],
): readonly ValueSource[] {
  const document = fleet.apps.get(app);
  const target = fleet.clusters.get(cluster);
  if (document === undefined || target === undefined) return [];
  const layers = [...below, ...layersOf(document, target, fleet)];
  const said = layers
    .map((layer) => ({ layer, value: valueAt(layer.value, pointer) }))
    .filter(({ value }) => value !== undefined)
    .reverse();
  const isMap = said.every(({ value }) => isMapping(value));
  const sources = said.map(({ layer, value }, index): ValueSource => {
    const alone = index === 0 ? "used" : "hidden";
    const use = isMap && said.length > 1 ? "merged" : alone;
    return { use, ...placeIn(layer, pointer), value };
  });
  const unmatched = (document.spec.overrides ?? []).flatMap((override, index) => {
    const why = failingTerm(override.clusters, target.labels);
    const value = valueAt(override, pointer);
    if (why === undefined || value === undefined) return [];
    const layer = { value: override, pointer: `/spec/overrides/${index}`, document };
    return [{ use: "unmatched" as const, ...placeIn(layer, pointer), value, why }];
  });
  return [...sources, ...readBy(sources[0]?.value, target), ...unmatched];
}

function isMapping(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function placeIn({ document, pointer: base }: Layer, pointer: string) {
  const whole = `${base}${pointer}`;
  const line = document.positionOf(whole)?.line ?? document.line;
  return { file: document.file, line, field: whole.slice(1).replaceAll("/", ".") };
}

type Target = NonNullable<ReturnType<FleetView["fleet"]["clusters"]["get"]>>;

/** Facts about the cluster that the expressions of a value read. */
function readBy(value: unknown, target: Target): readonly ValueSource[] {
  const text = typeof value === "string" ? value : "";
  return [...text.matchAll(/(?<!\$)\$\{\{\s*cluster\.(values|labels)\.([^\s}]+)\s*\}\}/g)].flatMap(
    ([, from = "", path = ""]) => {
      const step = path.replaceAll("/", "~1");
      const pointer =
        from === "labels"
          ? `/metadata/labels/${step}`
          : `/spec/values/${step.replaceAll(".", "/")}`;
      const facts = { metadata: { labels: target.labels }, spec: target.spec };
      const layer = { value: {}, pointer: "", document: target };
      return [{ use: "read" as const, ...placeIn(layer, pointer), value: valueAt(facts, pointer) }];
    },
  );
}

/** `cluster.values.domain`: what the file of a cluster says for expressions to read. */
export function clusterSources(
  { fleet }: FleetView,
  cluster: string,
  path: string,
): readonly ValueSource[] {
  const target = fleet.clusters.get(cluster);
  const found = target === undefined ? [] : readBy(`\${{ ${path} }}`, target);
  return found.filter(({ value }) => value !== undefined);
}

/** For a chart: its own values and the values files, which the app's values win over (product.md). Least particular first. */
export function chartLayers(unit: Unit, view: FleetView, files: Files): readonly Layer[] {
  if (rendererOf(unit, view.tree) !== "helm") return [];
  const chart = readChart(unit, files);
  if (!chart.ok) return [];
  const { folder, valuesFiles } = chart.value;
  const own = folder === "." ? "values.yaml" : `${folder}/values.yaml`;
  return [own, ...valuesFiles].flatMap((file) => fileLayer(file, files));
}

function fileLayer(file: string, files: Files): readonly Layer[] {
  const content = files.get(file);
  const parsed = content === undefined ? undefined : parseYaml(content, { file });
  const [document] = parsed?.ok === true ? parsed.value : [];
  if (document === undefined) return [];
  // A values file says its values at its top, where an app says them below `values`.
  const positionOf = (pointer: string) => document.positionOf(pointer.replace(/^\/values/, ""));
  const place = { file, line: document.line, positionOf };
  return [{ value: { values: document.value }, pointer: "", document: place }];
}
