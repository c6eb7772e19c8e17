import type { SandboxCluster } from "./sandbox.ts";

/**
 * A kubeconfig (JSON, which is YAML) with which kubectl talks to a sandbox cluster. The token stands in the path too: kubectl
 * sends no credential over plain http.
 */
export function kubeconfigOf(
  { url, token }: Pick<SandboxCluster, "url" | "token">,
  name: string,
): string {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: `${url}/token/${token}` } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
