import type { FileTexts } from "./host.ts";

const head = (kind: string, name: string, labels = "") =>
  `apiVersion: holdfast.dev/v1alpha1\nkind: ${kind}\nmetadata: { name: ${name}${labels} }\n`;

/** Two clusters, one app of three objects. */
export const fleetTexts: FileTexts = {
  "fleet.yaml": `${head("Fleet", "acme")}spec: { folders: [ clusters, apps ] }\n`,
  "clusters/dev.yaml": `${head("Cluster", "dev", ", labels: { env: dev }")}spec: { values: { replicas: 1 } }\n`,
  "clusters/prod.yaml": `${head("Cluster", "prod", ", labels: { env: prod }")}spec: { values: { replicas: 3 } }\n`,
  "apps/shop/app.yaml": `# the shop\n${head("App", "shop")}spec:\n  namespace: shop\n  clusters: {}\n`,
  "apps/shop/all.yaml": `apiVersion: v1
kind: ConfigMap
metadata: { name: cfg }
data: { replicas: "\${{ cluster.values.replicas }} each", currency: EUR }
---
apiVersion: v1
kind: Secret
metadata: { name: token }
stringData: { token: hunter2 }
---
apiVersion: v1
kind: Service
metadata: { name: shop }
spec: { ports: [ { port: 80 } ] }
`,
};

/** The same with some files changed; `undefined` leaves one out. */
export function changed(more: Readonly<Record<string, string | undefined>>): FileTexts {
  const all = Object.entries({ ...fleetTexts, ...more });
  return Object.fromEntries(
    all.flatMap(([path, text]) => (text === undefined ? [] : [[path, text]])),
  );
}

export function replaced(path: string, from: string, to: string): FileTexts {
  return changed({ [path]: (fleetTexts[path] ?? "").replace(from, to) });
}
