import { readFile } from "node:fs/promises";
import { type ControlPlane, startControlPlane, type TestCluster } from "../e2e/control-plane.ts";
import { Repository } from "../e2e/repository.ts";
import { Site } from "../e2e/site.ts";
import type { Program } from "./bench.ts";
import { type Load, loadFiles } from "./config-maps.ts";

export const clusterName = "bench";

/** A fresh API server, a Git server with the load, and an agent that is not started yet. */
export interface Stage {
  readonly plane: ControlPlane;
  readonly cluster: TestCluster;
  readonly repository: Repository;
  readonly site: Site;
  stop(): Promise<void>;
}

export async function setStage(load: Load, program: Program): Promise<Stage> {
  const plane = await startControlPlane({ clusters: 1, audit: "requests", controllers: false });
  const repository = await Repository.create(plane.folder);
  const [cluster] = plane.clusters;
  if (cluster === undefined) throw new Error("there is no cluster");
  await repository.write(loadFiles(clusterName, load));
  await repository.push(`${load.objects} ConfigMaps`);
  const site = new Site({ plane, cluster, name: clusterName, repository, program });
  await site.install();
  return {
    plane,
    cluster,
    repository,
    site,
    stop: async () => {
      await site.stop();
      await repository.stop();
      await plane.stop();
    },
  };
}

/** What a process used so far: the most memory it ever held, and its CPU time, all threads together. */
export async function usedBy(pid: number): Promise<{ rssMiB: number; cpuSeconds: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const peakKiB = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { rssMiB: Math.round(peakKiB / 1024), cpuSeconds: ticks / 100 };
}

export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
