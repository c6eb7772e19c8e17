import type { Dice } from "./random.ts";

/** A kind with a maker of random bodies. */
export interface Shape {
  readonly name: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** Path of the collection in a namespace. */
  path(namespace: string): string;
  /** Everything but type and name. */
  body(dice: Dice): Record<string, unknown>;
}

function metadata(dice: Dice) {
  return dice.members(
    {
      labels: () =>
        dice.members({ a: () => dice.pick(["1", "2"]), b: () => dice.pick(["1", "2"]) }),
      annotations: () => dice.members({ x: () => dice.pick(["1", "2"]), y: () => "1" }),
      finalizers: () => dice.some(["example.com/one", "example.com/two", "example.com/three"]),
    },
    0.4,
  );
}

const configMap: Shape = {
  name: "ConfigMap",
  apiVersion: "v1",
  kind: "ConfigMap",
  path: (namespace) => `/api/v1/namespaces/${namespace}/configmaps`,
  body: (dice) => ({
    metadata: metadata(dice),
    ...dice.members(
      {
        data: () =>
          dice.members({
            a: () => dice.pick(["1", "2", ""]),
            b: () => dice.pick(["1", "2"]),
            c: () => "3",
          }),
        binaryData: () => dice.members({ d: () => dice.pick(["YQ==", "Yg=="]) }),
      },
      0.8,
    ),
  }),
};

function container(dice: Dice, name: string) {
  return {
    name,
    image: dice.pick(["app:1", "app:2", "app"]),
    ...dice.members(
      {
        args: () => dice.some(["a", "b", "c"]),
        env: () =>
          dice.some(["A", "B", "C"]).map((key) => ({ name: key, value: dice.pick(["1", "2"]) })),
        ports: () =>
          dice.some([80, 81, 82]).map((port) => ({
            containerPort: port,
            ...dice.members(
              { protocol: () => dice.pick(["TCP", "UDP"]), name: () => `p${port}` },
              0.4,
            ),
          })),
        resources: () =>
          dice.members({
            limits: () =>
              dice.members({
                cpu: () => dice.pick(["1", "500m", "0.5"]),
                memory: () => dice.pick(["1Gi", "1024Mi"]),
              }),
            requests: () => dice.members({ cpu: () => "100m" }),
          }),
        volumeMounts: () =>
          dice.some(["/a", "/b"]).map((mountPath) => ({ mountPath, name: "data" })),
        securityContext: () =>
          dice.members({ runAsUser: () => 1, privileged: () => dice.chance(0.5) }),
      },
      0.4,
    ),
  };
}

const podTemplate: Shape = {
  name: "PodTemplate",
  apiVersion: "v1",
  kind: "PodTemplate",
  path: (namespace) => `/api/v1/namespaces/${namespace}/podtemplates`,
  body: (dice) => ({
    metadata: metadata(dice),
    template: {
      metadata: dice.members({
        labels: () => dice.members({ a: () => dice.pick(["1", "2"]), b: () => "1" }),
      }),
      spec: {
        containers: ["main", ...dice.some(["side", "third"])].map((name) => container(dice, name)),
        volumes: [
          { name: "data", emptyDir: {} },
          ...dice.some([{ name: "more", configMap: { name: "x" } }]),
        ],
        ...dice.members(
          {
            nodeSelector: () => dice.members({ a: () => "1", b: () => dice.pick(["1", "2"]) }),
            tolerations: () =>
              dice.some([
                { key: "a", operator: "Exists" },
                { key: "b", operator: "Exists" },
              ]),
            imagePullSecrets: () => dice.some(["s", "t"]).map((name) => ({ name })),
            topologySpreadConstraints: () =>
              dice.some(["zone", "host"]).map((topologyKey) => ({
                topologyKey,
                maxSkew: dice.pick([1, 2]),
                whenUnsatisfiable: dice.pick(["DoNotSchedule", "ScheduleAnyway"]),
                labelSelector: { matchLabels: { a: dice.pick(["1", "2"]) } },
              })),
            terminationGracePeriodSeconds: () => dice.pick([1, 2]),
            hostNetwork: () => false,
          },
          0.35,
        ),
      },
    },
  }),
};

const service: Shape = {
  name: "Service",
  apiVersion: "v1",
  kind: "Service",
  path: (namespace) => `/api/v1/namespaces/${namespace}/services`,
  body: (dice) => ({
    metadata: metadata(dice),
    spec: {
      clusterIP: "None",
      ...dice.members({
        selector: () => dice.members({ app: () => dice.pick(["a", "b"]), tier: () => "x" }),
        publishNotReadyAddresses: () => dice.chance(0.5),
      }),
      ports: dice.some([80, 81, 82]).map((port) => ({
        port,
        name: `p${port}`,
        ...dice.members({ protocol: () => "TCP", targetPort: () => dice.pick([port, "web"]) }),
      })),
    },
  }),
};

const networkPolicy: Shape = {
  name: "NetworkPolicy",
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  path: (namespace) => `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`,
  body: (dice) => ({
    metadata: metadata(dice),
    spec: {
      // Nothing empty in here: this kind's generation counts nil and empty as different, which JSON cannot tell.
      podSelector: dice.members({
        matchLabels: () => ({ a: "1", ...dice.members({ b: () => dice.pick(["1", "2"]) }) }),
      }),
      ...dice.members({
        policyTypes: () => dice.pick([["Ingress"], ["Ingress", "Egress"]]),
        ingress: () => [{}, ...dice.some([{ ports: [{ port: 80 }] }, {}])],
      }),
    },
  }),
};

export const thingGroup = "contract.holdfast.dev";

const thing: Shape = {
  name: "Thing",
  apiVersion: `${thingGroup}/v1`,
  kind: "Thing",
  path: (namespace) => `/apis/${thingGroup}/v1/namespaces/${namespace}/things`,
  body: (dice) => ({
    metadata: metadata(dice),
    ...dice.members(
      {
        spec: () =>
          dice.members(
            {
              text: () => dice.pick(["a", "b", ""]),
              count: () => dice.pick([0, 1, 2]),
              map: () => dice.members({ a: () => "1", b: () => dice.pick(["1", "2"]) }),
              atomicMap: () => dice.members({ a: () => "1", b: () => dice.pick(["1", "2"]) }),
              set: () => dice.some(["x", "y", "z"]),
              atomicList: () => dice.some(["x", "y", "z"]),
              items: () =>
                dice.some(["one", "two", "three"]).map((name) => ({
                  name,
                  ...dice.members({
                    value: () => dice.pick(["1", "2"]),
                    tags: () => dice.some(["p", "q"]),
                  }),
                })),
              ports: () =>
                dice.some([1, 2]).map((port) => ({
                  port,
                  ...dice.members({
                    protocol: () => dice.pick(["TCP", "UDP"]),
                    note: () => dice.pick(["m", "n"]),
                  }),
                })),
              nested: () =>
                dice.members({
                  deep: () => dice.members({ a: () => dice.pick([1, 2]), b: () => 1 }),
                }),
              free: () =>
                dice.members({
                  any: () => dice.pick(["text", 1, true]),
                  list: () => dice.some([1, 2, 3]),
                  map: () => dice.members({ a: () => 1, b: () => dice.members({ c: () => 1 }) }),
                }),
            },
            0.5,
          ),
        status: () => ({ phase: dice.pick(["a", "b"]) }),
      },
      0.8,
    ),
  }),
};

export const shapes: readonly Shape[] = [configMap, podTemplate, service, networkPolicy, thing];

const text = { type: "string" };
const map = { type: "object", additionalProperties: text };

/** A kind with every sort of list and map that server-side apply knows. */
export const thingDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `things.${thingGroup}` },
  spec: {
    group: thingGroup,
    scope: "Namespaced",
    names: {
      plural: "things",
      singular: "thing",
      kind: "Thing",
      listKind: "ThingList",
      shortNames: ["th"],
    },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.count" },
        },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  text,
                  count: { type: "integer", minimum: 0 },
                  replicas: { type: "integer" },
                  size: { type: "string", default: "small" },
                  map,
                  atomicMap: { ...map, "x-kubernetes-map-type": "atomic" },
                  set: { type: "array", items: text, "x-kubernetes-list-type": "set" },
                  atomicList: { type: "array", items: text },
                  items: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    items: {
                      type: "object",
                      required: ["name"],
                      properties: {
                        name: text,
                        value: text,
                        tags: { type: "array", items: text, "x-kubernetes-list-type": "set" },
                      },
                    },
                  },
                  ports: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["port", "protocol"],
                    items: {
                      type: "object",
                      required: ["port"],
                      properties: {
                        port: { type: "integer" },
                        protocol: { ...text, default: "TCP" },
                        note: text,
                      },
                    },
                  },
                  nested: {
                    type: "object",
                    properties: {
                      deep: {
                        type: "object",
                        properties: { a: { type: "integer" }, b: { type: "integer" } },
                      },
                    },
                  },
                  free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                },
              },
              status: { type: "object", properties: { phase: text, count: { type: "integer" } } },
            },
          },
        },
      },
    ],
  },
};

/** Defines Things and waits until they are served. Fine if they are already. */
export async function defineThings(server: {
  send(method: string, path: string, sent?: { body: unknown }): Promise<{ code: number }>;
}): Promise<void> {
  await server.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
    body: thingDefinition,
  });
  for (let tries = 0; tries < 100; tries += 1) {
    const { code } = await server.send("GET", `/apis/${thingGroup}/v1/things`);
    if (code === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Things are not served");
}
