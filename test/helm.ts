import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { binaryPath } from "./e2e/binaries.ts";
import { root } from "./tree.ts";

/** Where a tool is: HOLDFAST_TEST_BIN, PATH, or what `node test/e2e/build.ts` built. */
export function findTool(name: string): string | undefined {
  const { HOLDFAST_TEST_BIN: own, PATH: path = "" } = process.env;
  const folders = [...(own === undefined ? [] : [own]), ...path.split(delimiter)];
  const places = [...folders.map((folder) => join(folder, name)), binaryPath(name)];
  return places.find((place) => existsSync(place));
}

export const helm = findTool("helm");
export const chart = join(root, "charts/holdfast");

/** Names of ci/<name>-values.yaml. */
export const chartCases = readdirSync(join(chart, "ci"))
  .filter((file) => file.endsWith("-values.yaml"))
  .map((file) => file.replace("-values.yaml", ""));

export function valuesFile(name: string): string {
  return join(chart, "ci", `${name}-values.yaml`);
}

export function renderFile(name: string): string {
  return join(chart, "ci/renders", `${name}.yaml`);
}

const operatorKinds = ["ServiceMonitor", "PrometheusRule"].flatMap((kind) => [
  "--api-versions",
  `monitoring.coreos.com/v1/${kind}`,
]);

/** What helm prints; rejects with what it says on stderr. */
export async function runHelm(...args: readonly string[]): Promise<string> {
  if (helm === undefined) throw new Error("there is no helm");
  const { stdout } = await promisify(execFile)(helm, [...args], { maxBuffer: 1 << 26 });
  return stdout;
}

/** Always for the same Kubernetes, so that a render depends on the chart alone. */
export function template(name: string, ...more: readonly string[]): Promise<string> {
  const where = ["template", "holdfast", chart, "--namespace", "holdfast-system"];
  const assumed = ["--kube-version", "1.36.0", ...operatorKinds];
  return runHelm(...where, ...assumed, "--values", valuesFile(name), ...more);
}

/** lint has no way to name API versions, so what asks for the operator's kinds is left out of it. */
export function lint(name: string): Promise<string> {
  const off = ["serviceMonitor", "prometheusRule"].flatMap((part) => [
    "--set",
    `metrics.${part}.enabled=false`,
  ]);
  return runHelm("lint", chart, "--strict", "--values", valuesFile(name), ...off);
}
