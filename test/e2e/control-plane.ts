import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Backups } from "./backup.ts";
import { binaryPath, haveControlPlane } from "./binaries.ts";
import { ensureBinaries } from "./build.ts";
import { Crew } from "./crew.ts";
import { useGivenClusters } from "./given.ts";
import { startKind } from "./kind.ts";
import { startLocal } from "./local.ts";

export interface ControlPlaneOptions {
  readonly clusters: number;
  /** Writes `auditLog`: complete, with the bodies and answers of writes; `requests`: one lean line each. Default false. */
  readonly audit?: boolean | "requests";
  /** kube-controller-manager, scheduler and kwok with one node. Default true. */
  readonly controllers?: boolean;
  /** First of the ports to use; default: free ones are found. */
  readonly basePort?: number;
}

export interface TestCluster {
  /** `cluster-1` */
  readonly name: string;
  readonly url: string;
  /** Of the user `admin`, group system:masters. */
  readonly token: string;
  /** Of the user `holdfast`, so that the audit log tells the agent from a person. */
  readonly agentToken: string;
  readonly caPath: string;
  /** PEM */
  readonly ca: string;
  /** Path; acts as `admin`. */
  readonly kubeconfig: string;
  /** Path; acts as `holdfast`. */
  readonly agentKubeconfig: string;
  /** Path; "" where there is none (audit off, or given clusters). */
  readonly auditLog: string;
}

export interface ControlPlane {
  readonly clusters: readonly TestCluster[];
  /** Undefined where it cannot be reached (kind, given clusters). */
  readonly etcd: (Backups & { readonly url: string }) | undefined;
  /** Where logs, certificates and kubeconfigs lie; may hold a test's own files. */
  readonly folder: string;
  /** Path of a tool: kubectl, helm, kustomize, kind, … */
  bin(name: string): string;
  /** Throws with the end of its log if one of the processes is gone. */
  check(): void;
  stop(): Promise<void>;
}

/**
 * Real clusters: of processes on this machine, on kind (`HOLDFAST_E2E=kind`), or those of a kubeconfig whose contexts
 * the caller confirmed (`HOLDFAST_E2E_KUBECONFIG`, `HOLDFAST_E2E_CONFIRM`). Returns when every node is Ready.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const have = haveControlPlane();
  if (!have.ok) throw new Error(have.why);
  await ensureBinaries((line) => process.stderr.write(`${line}\n`));
  const folder = await mkdtemp(join(tmpdir(), "holdfast-e2e-"));
  const crew = new Crew(folder);
  try {
    const started = await startSelected(crew, options);
    return {
      ...started,
      folder,
      bin: binaryPath,
      check: () => crew.check(),
      stop: async () => {
        await started.stop();
        await crew.stop();
      },
    };
  } catch (error) {
    await crew.stop();
    throw error;
  }
}

/** What each way of getting clusters gives back. */
export type Started = Pick<ControlPlane, "clusters" | "etcd" | "stop">;

function startSelected(crew: Crew, options: ControlPlaneOptions): Promise<Started> {
  const kubeconfig = process.env.HOLDFAST_E2E_KUBECONFIG;
  if (kubeconfig) {
    const confirmed = process.env.HOLDFAST_E2E_CONFIRM ?? "";
    return useGivenClusters({ folder: crew.folder, kubeconfig, confirmed }, options);
  }
  if (process.env.HOLDFAST_E2E === "kind") return startKind(crew.folder, options);
  return startLocal(crew, options);
}
