import type { WriteOptions } from "../cluster.ts";

/** Who the sandbox's own controllers are in managedFields. */
export const system = {
  controllers: "kube-controller-manager",
  apiServer: "kube-apiserver",
} as const;

export function ownOptions(manager: string): WriteOptions {
  return {
    dryRun: false,
    manager,
    force: false,
    validation: "Ignore",
    user: `system:${manager}`,
    warnings: [],
  };
}
