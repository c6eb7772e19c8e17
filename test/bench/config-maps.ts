import type { KubeObject } from "../../agent/model/object.ts";
import { appFile, fleetFiles, type RepositoryFiles } from "../e2e/documents.ts";

/** A small ConfigMap as applications have them; each differs. */
export function configMapOf(index: number, namespace: string): KubeObject {
  const name = `settings-${String(index).padStart(5, "0")}`;
  const data = {
    "listen.address": `0.0.0.0:${8000 + (index % 1000)}`,
    "log.level": index % 7 === 0 ? "debug" : "info",
    "upstream.url": `https://service-${index}.${namespace}.svc.cluster.local/api/v1`,
    "retry.policy": "attempts=3 backoff=250ms jitter=0.2",
  };
  const labels = { "app.kubernetes.io/name": name };
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace, labels }, data };
}

/** The one app of a load; its namespace has the same name. */
export const loadApp = "settings";

export interface Load {
  readonly app: string;
  readonly objects: number;
  /** Over how many files the objects spread. */
  readonly files: number;
}

/** One cluster, one app, and its objects as people write them: YAML, many documents in a file. */
export function loadFiles(cluster: string, { app, objects, files }: Load): RepositoryFiles {
  const perFile = Math.ceil(objects / files);
  const manifests = Array.from({ length: files }, (_, file) => {
    const first = file * perFile;
    const count = Math.max(0, Math.min(perFile, objects - first));
    const documents = Array.from({ length: count }, (_each, at) => yamlOf(first + at, app));
    return [`apps/${app}/settings-${String(file).padStart(5, "0")}.yaml`, documents.join("---\n")];
  });
  return { ...fleetFiles([cluster]), ...appFile(app), ...Object.fromEntries(manifests) };
}

function yamlOf(index: number, namespace: string): string {
  const { metadata, data } = configMapOf(index, namespace);
  const lines = [
    "apiVersion: v1",
    "kind: ConfigMap",
    "metadata:",
    `  name: ${metadata.name}`,
    `  namespace: ${namespace}`,
    "  labels:",
    `    app.kubernetes.io/name: ${metadata.name}`,
    "data:",
    ...Object.entries(data ?? {}).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
  ];
  return `${lines.join("\n")}\n`;
}
