import { readFile } from "node:fs/promises";
import { isJsonObject } from "../../../agent/model/json.ts";
import { type AppStatus, pause, type Site } from "../site.ts";
import { apps } from "./documents.ts";

/** What was to be seen at one moment. */
export interface Sample {
  readonly atMs: number;
  readonly rssMiB: number;
  /** What the autoscaler asks for. */
  readonly replicas: number;
  readonly apps: ReadonlyMap<string, AppStatus>;
  /** `holdfast_app_drifted_objects` and `holdfast_drift_detected_total`, together, by app. */
  readonly drift: ReadonlyMap<string, number>;
}

/** Everything every few seconds, until it is stopped. */
export async function sample(site: Site, everyMs: number, stop: AbortSignal): Promise<Sample[]> {
  const samples: Sample[] = [];
  while (!stop.aborted) {
    // A busy machine may let one go by; how many there are is counted.
    const seen = await look(site).catch(() => undefined);
    if (seen !== undefined) samples.push(seen);
    await pause(everyMs, stop);
  }
  return samples;
}

async function look(site: Site): Promise<Sample> {
  const said = new Map<string, AppStatus>();
  const drift = new Map<string, number>();
  for (const name of Object.values(apps)) {
    const status = await site.app(name);
    if (status !== undefined) said.set(name, status);
    const label = `app="${name}"`;
    const now = await site.metric("holdfast_app_drifted_objects", label);
    drift.set(name, now + (await site.metric("holdfast_drift_detected_total", label)));
  }
  const { rssMiB, replicas } = { rssMiB: await rss(site), replicas: await replicasOf(site) };
  return { atMs: Date.now(), rssMiB, replicas, apps: said, drift };
}

async function rss({ agent }: Site): Promise<number> {
  const status = await readFile(`/proc/${agent.pid}/status`, "utf8");
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
}

async function replicasOf({ api }: Site): Promise<number> {
  const path = `/apis/apps/v1/namespaces/${apps.scaled}/deployments/${apps.scaled}`;
  const { body } = await api.ask("GET", path);
  return isJsonObject(body) && isJsonObject(body.spec) ? Number(body.spec.replicas) : Number.NaN;
}

/** The middle one, of a quarter of the time: 0 is the first. */
export function medianOfQuarter(samples: readonly Sample[], quarter: number): number {
  const from = Math.floor((samples.length * quarter) / 4);
  const to = Math.floor((samples.length * (quarter + 1)) / 4);
  const sorted = samples
    .slice(from, to)
    .map(({ rssMiB }) => rssMiB)
    .toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export interface DriftSaid {
  readonly name: string;
  readonly path: string;
  readonly manager: string;
}

/** What an app says that it leaves to an opponent for now (D-21). */
export function foughtOver({ all }: AppStatus): readonly DriftSaid[] {
  return [all.drift]
    .flat()
    .filter(isJsonObject)
    .filter(({ action }) => action === "backing-off")
    .flatMap(({ ref, fields }) =>
      [fields]
        .flat()
        .filter(isJsonObject)
        .map(({ path, manager }) => ({
          name: String(isJsonObject(ref) ? ref.name : ""),
          path: String(path),
          manager: String(manager),
        })),
    );
}
