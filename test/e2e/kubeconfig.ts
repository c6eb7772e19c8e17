import { writeFile } from "node:fs/promises";

/** Writes a kubeconfig with one context; JSON is YAML. */
export async function writeKubeconfig(
  path: string,
  cluster: {
    readonly name: string;
    readonly url: string;
    readonly ca: string;
    readonly token: string;
  },
): Promise<void> {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: cluster.name,
        cluster: {
          server: cluster.url,
          "certificate-authority-data": Buffer.from(cluster.ca).toString("base64"),
        },
      },
    ],
    users: [{ name: "user", user: { token: cluster.token } }],
    contexts: [{ name: cluster.name, context: { cluster: cluster.name, user: "user" } }],
    "current-context": cluster.name,
  };
  await writeFile(path, JSON.stringify(config, undefined, 2), { mode: 0o600 });
}
