/** Small objects that cases start from. */
export function configMap(
  name: string,
  data?: Record<string, string>,
  metadata: Record<string, unknown> = {},
) {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, ...metadata },
    ...(data === undefined ? {} : { data }),
  };
}

export function podTemplate(name: string, spec: Record<string, unknown>) {
  return { apiVersion: "v1", kind: "PodTemplate", metadata: { name }, template: { spec } };
}

export function deployment(name: string, spec: Record<string, unknown> = {}) {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "c", image: "app:1" }] },
      },
      ...spec,
    },
  };
}

export function thing(name: string, spec?: Record<string, unknown>) {
  return {
    apiVersion: "contract.holdfast.dev/v1",
    kind: "Thing",
    metadata: { name },
    ...(spec === undefined ? {} : { spec }),
  };
}
