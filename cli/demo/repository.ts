/** The config repository of the demo, by path: three clusters, two apps. */
export const demoFiles: Readonly<Record<string, string>> = {
  "README.md": `# A config repository to play with

Everything that three clusters run is in these files. Commit, push, and watch the page.
`,
  "fleet.yaml": `apiVersion: holdfast.dev/v1alpha1
kind: Fleet
metadata: { name: demo }
spec:
  folders: [ clusters, apps ]
`,
  "clusters/dev.yaml": clusterFile("dev", { environment: "dev", region: "eu", replicas: 1 }),
  "clusters/prod-eu.yaml": clusterFile("prod-eu", {
    environment: "prod",
    region: "eu",
    replicas: 3,
  }),
  "clusters/prod-us.yaml": clusterFile("prod-us", {
    environment: "prod",
    region: "us",
    replicas: 3,
  }),
  "apps/web/app.yaml": `apiVersion: holdfast.dev/v1alpha1
kind: App
metadata: { name: web }
spec:
  namespace: web
  clusters: {}        # every cluster
  owner: { team: storefront }
`,
  "apps/web/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: \${{ cluster.values.replicas }}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: ghcr.io/acme/web:1.8.1
          ports: [ { containerPort: 8080 } ]
          envFrom: [ { configMapRef: { name: web } } ]
`,
  "apps/web/service.yaml": `apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [ { port: 80, targetPort: 8080 } ]
`,
  "apps/web/config.yaml": `apiVersion: v1
kind: ConfigMap
metadata: { name: web }
data:
  host: shop.\${{ cluster.values.domain }}
  greeting: hello from \${{ cluster.name }}
`,
  "apps/shop/app.yaml": `apiVersion: holdfast.dev/v1alpha1
kind: App
metadata: { name: shop }
spec:
  namespace: shop
  clusters: { matchLabels: { env: prod } }
  owner: { team: storefront }
`,
  "apps/shop/cart.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: { name: cart }
spec:
  replicas: 2
  selector: { matchLabels: { app: cart } }
  template:
    metadata: { labels: { app: cart } }
    spec: { containers: [ { name: cart, image: "ghcr.io/acme/cart:2.3.0" } ] }
---
apiVersion: v1
kind: Service
metadata: { name: cart }
spec:
  selector: { app: cart }
  ports: [ { port: 80 } ]
`,
  "apps/shop/config.yaml": `apiVersion: v1
kind: ConfigMap
metadata: { name: prices }
data:
  currency: EUR
`,
};

interface ClusterFacts {
  readonly environment: string;
  readonly region: string;
  readonly replicas: number;
}

function clusterFile(name: string, { environment, region, replicas }: ClusterFacts): string {
  return `apiVersion: holdfast.dev/v1alpha1
kind: Cluster
metadata: { name: ${name}, labels: { env: ${environment}, region: ${region} } }
spec:
  values: { domain: ${region}.example.com, replicas: ${replicas} }
`;
}
