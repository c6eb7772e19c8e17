import type { Files } from "../model/artifact.ts";
import { isJsonObject } from "../model/json.ts";
import type { Parsed, Problem } from "../model/problem.ts";
import type { ChartRef, Unit } from "../model/unit.ts";
import { remoteNext } from "./kustomization.ts";
import { type Reading, reach, readingOf } from "./reach.ts";
import { hasPackedCharts, schemaProblems } from "./values-schema.ts";
import { parseYaml, type YamlDocument } from "./yaml.ts";

/** A local chart, ready for helm: every path is inside what the unit may read. */
export interface Chart {
  /** Its folder in the repository. */
  readonly folder: string;
  /** As Chart.yaml says: first part of helm's `# Source:` comments. */
  readonly name: string;
  readonly releaseName: string;
  /** In order; later ones win, and the app's values win over all (product.md). */
  readonly valuesFiles: readonly string[];
  /** Its subcharts' schemas are not known, and helm would follow their references anywhere. */
  readonly skipsSchemas: boolean;
  readonly warnings: readonly string[];
}

/** Finds a unit's chart and what it needs, before helm is started: what is remote or elsewhere never reaches it (R15, R16). */
export function readChart(unit: Unit, files: Files): Parsed<Chart> {
  const reading = readingOf(unit, files);
  const { renderer } = unit;
  const isHelm = renderer.kind === "helm";
  const folder = isHelm ? chartFolder(renderer.chart, reading) : unit.path;
  if (typeof folder !== "string") return { ok: false, problems: [folder] };
  const values = (isHelm ? renderer.valuesFiles : []).map((path) => valuesFile(path, reading));
  const about = aboutChart(folder, reading);
  const problems = [
    ...values.flatMap((item) => (typeof item === "string" ? [] : [item])),
    ...(about.ok ? [] : about.problems),
    ...schemaProblems(folder, files),
  ];
  if (!about.ok || problems.length > 0) return { ok: false, problems };
  const skipsSchemas = hasPackedCharts(folder, files);
  const value = {
    folder,
    name: about.value,
    releaseName: isHelm ? renderer.releaseName : unit.app,
    valuesFiles: values.filter((item) => typeof item === "string"),
    skipsSchemas,
    warnings: [
      ...offlineWarnings(folder, files),
      ...(skipsSchemas
        ? [`${folder} has packed subcharts, so values are not checked by schemas`]
        : []),
    ],
  };
  return { ok: true, value };
}

function chartFolder(chart: ChartRef, reading: Reading): string | Problem {
  const { file, folder, path } = reading.unit;
  const at = { file, field: "spec.render.helm.chart" };
  if (chart.from !== "path") return { ...at, ...remote(addressOf(chart)) };
  // Of two ways to name a folder, `path` is the one that overrides set.
  if (chart.path === ".") return path;
  const reached = reach(chart.path, folder, reading);
  if (reached.kind === "remote") return { ...at, ...remote(chart.path) };
  if (reached.kind === "folder") return reached.path;
  const why = reached.kind === "outside" ? reached.why : "is a file; a chart is a folder";
  return { ...at, reason: "RenderFailed", message: `the chart ${chart.path} ${why}` };
}

function addressOf(chart: Exclude<ChartRef, { from: "path" }>): string {
  return chart.url;
}

function remote(address: string): Pick<Problem, "reason" | "message" | "next"> {
  const message = `the chart ${address} is remote, and this agent may not download it`;
  return { reason: "RemoteRefused", message, next: remoteNext(address) };
}

function valuesFile(written: string, reading: Reading): string | Problem {
  const { file, folder } = reading.unit;
  const reached = reach(written, folder, reading);
  if (reached.kind === "file") return reached.path;
  const at = { file, field: "spec.render.helm.valuesFiles" };
  if (reached.kind === "remote") {
    const message = `the values file ${written} is remote, and values are never downloaded`;
    return { ...at, reason: "RemoteRefused", message, next: "put the file into the repository" };
  }
  const why = reached.kind === "outside" ? reached.why : "is a folder";
  return { ...at, reason: "RenderFailed", message: `the values file ${written} ${why}` };
}

/** The chart's name, once all that it depends on is known to lie below `charts/`. */
function aboutChart(folder: string, { files, unit }: Reading): Parsed<string> {
  const file = below(folder, "Chart.yaml");
  if (!files.has(file)) {
    const message = `${folder} is no chart: it has no Chart.yaml`;
    return { ok: false, problems: [{ reason: "RenderFailed", file: unit.file, message }] };
  }
  const about = parseYaml(files.get(file) ?? "", { file });
  if (!about.ok) return about;
  const older = below(folder, "requirements.yaml");
  const required = parseYaml(files.get(older) ?? "", { file: older });
  if (!required.ok) return required;
  const problems = [
    ...about.value.flatMap((item) => missingDependencies(item, file, { folder, files })),
    ...required.value.flatMap((item) => missingDependencies(item, older, { folder, files })),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const names = about.value.flatMap(({ value }) => (isJsonObject(value) ? [value["name"]] : []));
  return { ok: true, value: String(names[0] ?? "") };
}

interface Within {
  readonly folder: string;
  readonly files: Files;
}

function missingDependencies(
  { value, line, positionOf }: YamlDocument,
  file: string,
  within: Within,
): readonly Problem[] {
  const listed = isJsonObject(value) ? value["dependencies"] : undefined;
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((item: unknown, index): readonly Problem[] => {
    if (!isJsonObject(item) || isVendored(String(item["name"]), within)) return [];
    const { name, version = "", repository = "" } = item;
    const at = { file, ...(positionOf(`/dependencies/${index}`) ?? { line }) };
    const message = `the chart depends on ${String(name)} ${String(version)} of ${String(repository) || "no repository"}, which does not lie in charts/`;
    const next = `run helm dependency build and commit charts/, or, operator: allow it with --remotes=${String(repository)} once this agent downloads`;
    return [{ ...at, reason: "RemoteRefused", message, next }];
  });
}

function isVendored(name: string, { folder, files }: Within): boolean {
  const charts = `${below(folder, "charts")}/`;
  return [...files.keys()].some(
    (path) =>
      path.startsWith(charts) &&
      (path === `${charts}${name}/Chart.yaml` ||
        (path.startsWith(`${charts}${name}-`) && /^[^/]*\.tgz$/.test(path.slice(charts.length))) ||
        (/^[^/]*\/Chart\.yaml$/.test(path.slice(charts.length)) &&
          namesItself(files.get(path), name))),
  );
}

/** A subchart may lie in a folder of another name. */
function namesItself(bytes: Uint8Array | undefined, name: string): boolean {
  const parsed = parseYaml(bytes ?? "", { file: "Chart.yaml" });
  return (
    parsed.ok && parsed.value.some(({ value }) => isJsonObject(value) && value["name"] === name)
  );
}

/** R32: a render has no cluster and no network; what asks for them gets nothing, and a person should know. */
function offlineWarnings(folder: string, files: Files): readonly string[] {
  const templates = [...files].filter(
    ([path]) =>
      path.startsWith(`${folder === "." ? "" : `${folder}/`}`) && /\/templates\//.test(`/${path}`),
  );
  return templates.flatMap(([path, bytes]) => {
    const text = new TextDecoder().decode(bytes);
    const used = ["lookup", "getHostByName"].filter((name) =>
      new RegExp(`\\{\\{[^}]*\\b${name}\\b`).test(text),
    );
    return used.map(
      (name) => `${path} uses ${name}, which finds nothing: a render has no cluster and no network`,
    );
  });
}

function below(folder: string, name: string): string {
  return folder === "." ? name : `${folder}/${name}`;
}
