import { writeFile } from "node:fs/promises";

interface KubeconfigCluster {
  /** Of the context, too. */
  readonly name: string;
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

/** Writes a kubeconfig with a context for each; JSON is YAML. */
export async function writeKubeconfig(
  path: string,
  ...clusters: readonly KubeconfigCluster[]
): Promise<void> {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: clusters.map(({ name, url, ca }) => ({
      name,
      cluster: {
        server: url,
        "certificate-authority-data": Buffer.from(ca).toString("base64"),
      },
    })),
    users: clusters.map(({ name, token }) => ({ name, user: { token } })),
    contexts: clusters.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
    "current-context": clusters[0]?.name,
  };
  await writeFile(path, JSON.stringify(config, undefined, 2), { mode: 0o600 });
}
