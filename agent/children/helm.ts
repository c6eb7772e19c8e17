import { join } from "node:path";
import type { Files } from "../model/artifact.ts";
import { writeJson } from "../model/json.ts";
import type { Parsed } from "../model/problem.ts";
import type { Unit } from "../model/unit.ts";
import { type Chart, readChart } from "../render/chart.ts";
import type { RenderedText, RenderTool, ToolJob } from "../render/tool.ts";
import { finder, versionOf } from "./binary.ts";
import { askTool, runOverFiles, type ToolRun, type ToolSettings } from "./tool.ts";
import type { Workspace } from "./workspace.ts";

/** Helm as a child: renders a chart that lies in the repository, without cluster, network, plugins or hooks (security §12). */
export function createHelm(settings: ToolSettings): RenderTool {
  const name = "helm";
  const args = ["version", "--template", "{{.Version}}"];
  const find = finder({
    name,
    path: settings.path,
    major: 4,
    ask: (path, signal) => askTool(settings, { name, path, args }, signal),
  });
  return {
    version: async (signal) => versionOf(await find(signal)),
    async render(job, signal) {
      const chart = readChart(job.unit, job.files);
      if (!chart.ok) return chart;
      const words = argumentsOf(job, chart.value);
      if (!words.ok) return words;
      const found = await find(signal);
      if (!found.ok) return found;
      const run = { path: found.value.path, job, chart: chart.value, words: words.value };
      return withWarnings(await runOverFiles(settings, toolRun(run), signal), chart.value);
    },
  };
}

interface Run {
  readonly path: string;
  readonly job: ToolJob;
  readonly chart: Chart;
  readonly words: readonly string[];
}

function toolRun({ path, job, chart, words }: Run): ToolRun {
  const { unit, files } = job;
  return {
    name: "helm",
    path,
    job,
    args: async (workspace) => [
      "template",
      ...words,
      ...(await valuesIn(workspace, unit, { files, chart })),
      "--",
      chart.releaseName,
      join(workspace.tree, chart.folder),
    ],
    fileOf: (file) => chartFile(file, chart, files),
  };
}

function withWarnings(rendered: Parsed<RenderedText>, { warnings }: Chart): Parsed<RenderedText> {
  if (!rendered.ok) return rendered;
  const { text, warnings: said } = rendered.value;
  return { ok: true, value: { text, warnings: [...warnings, ...said] } };
}

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const release = /^[a-z0-9](?:[-a-z0-9.]{0,51}[a-z0-9])?$/;
const kubernetesVersion =
  /^v?[0-9]{1,3}\.[0-9]{1,3}(?:\.[0-9]{1,3})?(?:[-+][0-9A-Za-z.+-]{1,64})?$/;
const apiVersion = /^[0-9A-Za-z](?:[0-9A-Za-z./-]{0,250}[0-9A-Za-z])?$/;

/** Values become arguments by grammar only (NEG-42); what is no name is refused, not escaped. */
function argumentsOf({ unit, capabilities }: ToolJob, chart: Chart): Parsed<readonly string[]> {
  const { kubernetes = unit.cluster.kubernetes, apiVersions } = capabilities;
  const refused = [
    ...(release.test(chart.releaseName) ? [] : [`release name ${chart.releaseName}`]),
    ...(label.test(unit.namespace) ? [] : [`namespace ${unit.namespace}`]),
    ...(kubernetes === undefined || kubernetesVersion.test(kubernetes)
      ? []
      : [`Kubernetes version ${kubernetes}`]),
  ];
  if (refused.length > 0) {
    const message = `helm cannot be given this: ${refused.join(", ")}`;
    return { ok: false, problems: [{ reason: "RenderFailed", file: unit.file, message }] };
  }
  const value = [
    "--namespace",
    unit.namespace,
    "--include-crds",
    ...(chart.skipsSchemas ? ["--skip-schema-validation"] : []),
    ...(kubernetes === undefined ? [] : ["--kube-version", kubernetes]),
    ...apiVersions
      .filter((text) => apiVersion.test(text))
      .flatMap((text) => ["--api-versions", text]),
  ];
  return { ok: true, value };
}

/** Under names of ours: helm reads commas and addresses in what it is given here. Later files win, the app's values over all. */
async function valuesIn(
  { put }: Workspace,
  { values }: Unit,
  { files, chart }: { readonly files: Files; readonly chart: Chart },
): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const [index, path] of chart.valuesFiles.entries()) {
    paths.push(await put(`values-${index}.yaml`, files.get(path) ?? ""));
  }
  paths.push(await put("values.json", writeJson(values)));
  return paths.flatMap((path) => ["-f", path]);
}

/** `podinfo/templates/x.yaml` as helm names it → the file in the repository. */
function chartFile(name: string, { folder, name: chart }: Chart, files: Files): string | undefined {
  const prefix = folder === "." ? "" : `${folder}/`;
  const inChart = name.startsWith(`${chart}/`) ? `${prefix}${name.slice(chart.length + 1)}` : name;
  return [inChart, `${prefix}${name}`].find((path) => files.has(path));
}
