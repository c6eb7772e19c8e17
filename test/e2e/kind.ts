import { execFile } from "node:child_process";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { binaryPath } from "./binaries.ts";
import type { ControlPlaneOptions, Started, TestCluster } from "./control-plane.ts";
import { describeCluster } from "./given.ts";

const run = promisify(execFile);

/** N clusters in Docker; the same suite then runs on nodes that really run pods. */
export async function startKind(folder: string, options: ControlPlaneOptions): Promise<Started> {
  const made: string[] = [];
  const stop = async () => {
    for (const name of made) await run(binaryPath("kind"), ["delete", "cluster", "--name", name]);
  };
  try {
    const clusters: TestCluster[] = [];
    for (let number = 1; number <= options.clusters; number++) {
      const name = `holdfast-e2e-${number}-${process.pid}`;
      made.push(name);
      clusters.push(await createCluster(folder, name, Boolean(options.audit)));
    }
    return { clusters, etcd: undefined, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function createCluster(folder: string, name: string, audit: boolean): Promise<TestCluster> {
  const kubeconfig = join(folder, `${name}.kind.kubeconfig`);
  const auditFolder = join(folder, `${name}-audit`);
  await mkdir(auditFolder);
  await copyFile(join(import.meta.dirname, "audit-policy.yaml"), join(auditFolder, "policy.yaml"));
  const config = join(folder, `${name}.kind.yaml`);
  await writeFile(config, JSON.stringify(kindConfig(auditFolder, audit)));
  const args = ["create", "cluster", "--name", name, "--config", config];
  await run(binaryPath("kind"), [...args, "--kubeconfig", kubeconfig, "--wait", "180s"]);
  const cluster = await describeCluster({ folder, kubeconfig, context: `kind-${name}` });
  return { ...cluster, auditLog: audit ? join(auditFolder, "audit.log") : "" };
}

function kindConfig(auditFolder: string, audit: boolean): object {
  const mount = { hostPath: auditFolder, mountPath: "/audit", pathType: "DirectoryOrCreate" };
  const patch = {
    kind: "ClusterConfiguration",
    apiServer: {
      extraArgs: {
        "audit-policy-file": "/audit/policy.yaml",
        "audit-log-path": "/audit/audit.log",
        "audit-log-mode": "blocking-strict",
        "audit-log-maxsize": "4000",
      },
      extraVolumes: [{ name: "audit", ...mount, readOnly: false }],
    },
  };
  return {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    nodes: [
      {
        role: "control-plane",
        extraMounts: [{ hostPath: auditFolder, containerPath: "/audit" }],
        kubeadmConfigPatches: audit ? [JSON.stringify(patch)] : [],
      },
    ],
  };
}
