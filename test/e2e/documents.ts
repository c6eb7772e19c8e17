import type { KubeObject } from "../../agent/model/object.ts";

const apiVersion = "holdfast.dev/v1alpha1";

/** Documents of a config repository as tests write them, by path. */
export type RepositoryFiles = Readonly<Record<string, object | undefined>>;

export function fleetFiles(clusters: readonly string[]): RepositoryFiles {
  const fleet = {
    apiVersion,
    kind: "Fleet",
    metadata: { name: "acme" },
    spec: { folders: ["clusters", "apps"] },
  };
  return { "fleet.yaml": fleet, ...Object.fromEntries(clusters.map(clusterFile)) };
}

function clusterFile(name: string): readonly [string, object] {
  const document = {
    apiVersion,
    kind: "Cluster",
    metadata: { name, labels: { site: name } },
    spec: {},
  };
  return [`clusters/${name}.yaml`, document];
}

/** `apps/<name>/app.yaml`; without `clusters` in the spec it goes everywhere. */
export function appFile(
  name: string,
  spec: Readonly<Record<string, unknown>> = {},
): RepositoryFiles {
  const document = {
    apiVersion,
    kind: "App",
    metadata: { name },
    spec: { namespace: name, clusters: {}, ...spec },
  };
  return { [`apps/${name}/app.yaml`]: document };
}

/** An app and its objects, a file each, named after kind and name. */
export function appFiles(
  name: string,
  objects: readonly KubeObject[],
  spec?: Readonly<Record<string, unknown>>,
): RepositoryFiles {
  return { ...appFile(name, spec), ...objectFiles(name, objects) };
}

export function objectFiles(app: string, objects: readonly KubeObject[]): RepositoryFiles {
  return Object.fromEntries(objects.map((object) => [objectPath(app, object), object]));
}

export function objectPath(app: string, { kind, metadata }: KubeObject): string {
  return `apps/${app}/${kind.toLowerCase()}-${metadata.name}.yaml`;
}

export function configMap(namespace: string, name: string, text = "1"): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { text } };
}

export function deployment(namespace: string, name: string): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "web", image: "example.com/web:1" }] },
      },
    },
  };
}
