/** The clusters of the demo, in the order in which they are shown. */
export const clusterNames = ["dev", "prod-eu", "prod-us"] as const;
export type ClusterName = (typeof clusterNames)[number];
export const prodNames = ["prod-eu", "prod-us"] as const satisfies readonly ClusterName[];

export interface ClusterAddress {
  readonly url: string;
  readonly token: string;
}

/** One kubeconfig with a context per cluster; the token stands in the path, too, for kubectl sends none over plain http. */
export function demoKubeconfig(clusters: ReadonlyMap<ClusterName, ClusterAddress>): string {
  const all = [...clusters];
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: all.map(([name, { url, token }]) => ({
      name,
      cluster: { server: `${url}/token/${token}` },
    })),
    users: all.map(([name, { token }]) => ({ name, user: { token } })),
    contexts: all.map(([name]) => ({ name, context: { cluster: name, user: name } })),
    "current-context": all[0]?.[0] ?? "",
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
