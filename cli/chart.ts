import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { childLimits, runChild } from "../agent/children/child.ts";
import { writeJson } from "../agent/model/json.ts";
import type { Clock } from "../agent/schedule/clock.ts";
import type { ChartText, ChartWish } from "./commands/context.ts";

interface Machine {
  /** The binary; undefined: there is none. */
  readonly helm: string | undefined;
  readonly clock: Clock;
}

/** Our own chart by the helm of this machine: no cluster is asked, nothing is downloaded. */
export async function renderChart(
  wish: ChartWish,
  { helm: path, clock }: Machine,
  signal: AbortSignal,
): Promise<ChartText> {
  if (path === undefined) return { ok: false, why: "no helm" };
  const chart = await findChart(import.meta.dirname);
  if (chart === undefined) return { ok: false, why: "no chart" };
  const folder = await mkdtemp(join(tmpdir(), "holdfast-install-"));
  try {
    const own = join(folder, "values.json");
    await writeFile(own, writeJson(wish.values));
    const args = ["template", "holdfast", chart, ...argumentsOf(wish, own)];
    const environment = { HOME: folder, KUBECONFIG: "/dev/null" };
    const limits = { ...childLimits, memoryBytes: 2 ** 30 };
    const ended = await runChild({ path, args, folder, environment }, { clock, limits }, signal);
    if (ended.how === "complete") return { ok: true, text: ended.stdout.toString("utf8") };
    if (ended.how === "absent") return { ok: false, why: "no helm" };
    return { ok: false, why: "refused", said: ended.stderr.trim() || ended.why };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function argumentsOf(wish: ChartWish, own: string): readonly string[] {
  const { namespace, files, sets, cluster } = wish;
  const known =
    cluster === undefined
      ? []
      : [
          "--kube-version",
          cluster.kubernetes,
          ...cluster.apiVersions.flatMap((one) => ["--api-versions", one]),
        ];
  return [
    ...["--namespace", namespace, ...known],
    ...[...files, own].flatMap((file) => ["--values", file]),
    ...sets.flatMap((set) => ["--set", set]),
  ];
}

/** Beside the sources, or beside `dist` where they were built. */
async function findChart(from: string): Promise<string | undefined> {
  const chart = join(from, "charts/holdfast");
  const isThere = await access(join(chart, "Chart.yaml")).then(
    () => true,
    () => false,
  );
  if (isThere) return chart;
  return dirname(from) === from ? undefined : await findChart(dirname(from));
}
