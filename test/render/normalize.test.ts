import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applySetId } from "../../agent/cluster/installation.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { type NormalizeContext, normalize } from "../../agent/render/normalize.ts";
import { renderPlain } from "../../agent/render/plain.ts";
import { hasher } from "../fleet/fleet-files.ts";
import { unitOf } from "./unit-of.ts";

const clusterKinds = [
  "Namespace",
  "ClusterRole",
  "CustomResourceDefinition",
  "APIService",
  "ValidatingWebhookConfiguration",
];

function context(more: Partial<NormalizeContext> = {}): NormalizeContext {
  return {
    unit: unitOf(),
    installation: "abcdefghij",
    agentNamespace: "holdfast-system",
    hasher,
    scopeOf: ({ kind }) => {
      if (clusterKinds.includes(kind)) return "cluster";
      return kind === "Foo" || kind === "Bar" ? undefined : "namespaced";
    },
    ...more,
  };
}

function run(text: string, more: Partial<NormalizeContext> = {}) {
  const rendered = renderPlain(
    unitOf(),
    new Map([["apps/shop/a.yaml", new TextEncoder().encode(text)]]),
  );
  if (!rendered.ok) throw new Error(JSON.stringify(rendered.problems));
  return normalize(rendered.value, context(more));
}

function only(text: string): KubeObject {
  const { desired, problems } = run(text);
  expect(problems).toEqual([]);
  expect(desired).toHaveLength(1);
  return desired[0]?.object as KubeObject;
}

const configMap = (name: string, rest = ""): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n${rest}\n`;
const pod = (spec: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: ${spec}\n`;

describe("the mark (P-2)", () => {
  it("is put on top-level metadata, with the labels", () => {
    const { metadata } = only(configMap("a"));
    expect(metadata).toEqual({
      name: "a",
      namespace: "shop",
      labels: {
        "holdfast.dev/installation": "abcdefghij",
        "applyset.kubernetes.io/part-of": applySetId("shop", "holdfast-system"),
      },
      annotations: { "holdfast.dev/owner": "abcdefghij/shop//ConfigMap/shop/a" },
    });
  });

  it("keeps the labels that are there", () => {
    const { metadata } = only(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, labels: { x: z } }",
    );
    expect(metadata.labels).toMatchObject({ x: "z", "holdfast.dev/installation": "abcdefghij" });
  });
});

describe("namespace and scope (§0.3)", () => {
  it("fills in the app's namespace, and drops it where there is none", () => {
    const { desired, warnings } = run(
      "apiVersion: v1\nkind: Namespace\nmetadata: { name: ns, namespace: x }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: other }\n",
    );
    expect(desired.map(({ id }) => id)).toEqual(["_ns__Namespace", "other_a__ConfigMap"]);
    expect(warnings).toMatchObject([{ message: expect.stringContaining('"x" is left out') }]);
  });

  it("asks a CRD of the same render when discovery does not know, else takes it as namespaced", () => {
    const crd =
      "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: foos.x.org }\nspec: { group: x.org, scope: Cluster, names: { kind: Foo } }\n";
    const { desired } = run(
      `apiVersion: x.org/v1\nkind: Foo\nmetadata: { name: f }\n---\n${crd}---\napiVersion: x.org/v1\nkind: Bar\nmetadata: { name: b }\n`,
    );
    expect(desired.map(({ ref }) => ref.namespace)).toEqual(["", "", "shop"]);
  });
});

describe("duplicates (R10)", () => {
  it("equal ones are one, also by two versions of the group", () => {
    const foo = (version: string, at: string): string =>
      `apiVersion: apps/${version}\nkind: Deployment\nmetadata: { name: d${at} }\n`;
    expect(run(`${foo("v1", "")}---\n${foo("v1beta1", ", namespace: shop")}`).desired).toHaveLength(
      1,
    );
  });

  it("different ones name both places", () => {
    const { problems } = run(
      `${configMap("a", "data: { k: one }")}---\n${configMap("a", "data: { k: two }")}`,
    );
    expect(problems).toMatchObject([
      {
        reason: "ObjectInvalid",
        file: "apps/shop/a.yaml",
        line: 6,
        message: expect.stringContaining("apps/shop/a.yaml:1"),
      },
    ]);
  });
});

describe("what cannot stand in Git (A-3)", () => {
  it.each([
    ["metadata: { name: a, uid: x }", "uid"],
    ["metadata: { name: a, resourceVersion: '1' }", "resourceVersion"],
    ["metadata: { name: a, ownerReferences: [{}] }", "ownerReferences"],
    ["metadata: { name: a, managedFields: [{}] }", "managedFields"],
    ["metadata: { name: a, generation: 1 }", "generation"],
    ["metadata: { name: a, deletionTimestamp: '2026-01-01T00:00:00Z' }", "deletionTimestamp"],
    ["metadata: { name: a, annotations: { holdfast.dev/owner: x } }", "owner"],
    ["metadata: { name: a, labels: { holdfast.dev/installation: x } }", "installation"],
    ["metadata: { name: a, labels: { applyset.kubernetes.io/part-of: x } }", "part-of"],
    ["metadata: { name: a, annotations: { holdfast.dev/prnue: disabled } }", "holdfast.dev/prune"],
    ["metadata: { name: a, annotations: { holdfast.dev/prune: 'false' } }", "disabled"],
    ["metadata: { name: a, annotations: { holdfast.dev/wave: '1.5' } }", "integer"], // O-11
    ["metadata: { name: a, annotations: { argocd.argoproj.io/sync-wave: first } }", "integer"],
    ["metadata: { name: a, annotations: { holdfast.dev/hook: before } }", "pre, post, failure"],
    [
      "metadata: { name: a, annotations: { holdfast.dev/hook-delete-policy: hook-suceeded } }",
      "hook-succeeded",
    ],
    ["metadata: { name: a, annotations: { holdfast.dev/hook-run: x } }", "unknown annotation"],
    ["metadata: { generateName: a- }", "generateName"],
    ["metadata: { name: holdfast-state, namespace: holdfast-system }", "own state"],
    ["metadata: { name: holdfast-inventory-x, namespace: holdfast-system }", "own state"], // A-12,
  ])("%s", (metadata, message) => {
    const { problems } = run(`apiVersion: v1\nkind: ConfigMap\n${metadata}\n`);
    expect(problems).toMatchObject([
      { reason: "ObjectInvalid", line: 3, message: expect.stringContaining(message) },
    ]);
  });

  it("nor documents of Holdfast", () => {
    expect(
      run("apiVersion: holdfast.dev/v1alpha1\nkind: App\nmetadata: { name: a }").problems,
    ).toHaveLength(1);
  });

  it("empty ones mean nothing", () => {
    const object = only(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, creationTimestamp: null, uid: '', ownerReferences: [] }\nstatus: {}",
    );
    expect(object.metadata).not.toHaveProperty("creationTimestamp");
    expect(object).not.toHaveProperty("status");
  });

  it("a hook without name gets one that is stable for the change (A-86)", () => {
    const text = (data: string): string =>
      `apiVersion: batch/v1\nkind: Job\nmetadata: { generateName: migrate-, annotations: { helm.sh/hook: pre-install } }\nspec: { a: ${data} }\n`;
    const name = (data: string) => run(text(data)).hooks[0]?.ref.name;
    expect(name("1")).toMatch(/^migrate-[0-9a-f]{8}$/);
    expect(name("1")).toBe(name("1"));
    expect(name("1")).not.toBe(name("2"));
  });
});

describe("what would differ for ever (§2.1)", () => {
  it("N-1: ports without protocol", () => {
    const object = only(
      pod(
        "{ containers: [{ name: c, ports: [{ containerPort: 1 }, { containerPort: 2, protocol: UDP }] }] }",
      ),
    );
    expect(object["spec"]).toEqual({
      containers: [
        {
          name: "c",
          ports: [
            { containerPort: 1, protocol: "TCP" },
            { containerPort: 2, protocol: "UDP" },
          ],
        },
      ],
    });
    const service = only(
      "apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: 80 }] }",
    );
    expect(service["spec"]).toEqual({ ports: [{ port: 80, protocol: "TCP" }] });
  });

  it("N-1 leaves kinds alone that only look alike", () => {
    const object = only(
      "apiVersion: x.org/v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: 80 }] }",
    );
    expect(object["spec"]).toEqual({ ports: [{ port: 80 }] });
  });

  it("N-2, A-80, A-81, A-82: stringData becomes data and wins", () => {
    const object = only(`apiVersion: v1
kind: Secret
metadata: { name: s }
data: { a: "b2xk", b: "bG9u\\nZw==", c: null }
stringData: { a: new, d: "\\u00e9", e: 5, f: null }`);
    expect(object).not.toHaveProperty("stringData");
    expect(object["data"]).toEqual({ a: "bmV3", b: "bG9uZw==", c: "", d: "w6k=", e: 5, f: "" });
    expect(
      only("apiVersion: v1\nkind: Secret\nmetadata: { name: s }\ndata: null\n"),
    ).not.toHaveProperty("data");
  });

  it("N-3, N-4: creationTimestamp in templates, status", () => {
    const { desired, warnings } = run(`apiVersion: apps/v1
kind: Deployment
metadata: { name: d, creationTimestamp: null }
spec: { template: { metadata: { creationTimestamp: null, labels: { a: b } }, spec: { containers: [] } } }
status: { replicas: 3 }`);
    expect(desired[0]?.object["spec"]).toEqual({
      template: { metadata: { labels: { a: "b" } }, spec: { containers: [] } },
    });
    expect(warnings).toMatchObject([{ message: expect.stringContaining("status") }]);
  });

  it("N-6: numbers as quantities", () => {
    const object = only(
      pod(
        "{ containers: [{ name: c, resources: { limits: { cpu: 1, memory: 64Mi }, requests: { cpu: 0.5 } } }] }",
      ),
    );
    expect(object["spec"]).toEqual({
      containers: [
        {
          name: "c",
          resources: { limits: { cpu: "1", memory: "64Mi" }, requests: { cpu: "0.5" } },
        },
      ],
    });
  });

  it("N-7: rules of an aggregated role", () => {
    const role = (rest: string): KubeObject =>
      only(
        `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: r }\nrules: []\n${rest}`,
      );
    expect(role("aggregationRule: { clusterRoleSelectors: [] }")).not.toHaveProperty("rules");
    expect(role("")).toHaveProperty("rules");
  });

  it("N-9, A-103: a bundle that is no certificate goes, a real one stays", () => {
    const real = Buffer.from(
      "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n",
    ).toString("base64");
    const hook = (bundle: string): KubeObject =>
      only(
        `apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: { name: w }\nwebhooks: [{ name: a, clientConfig: { caBundle: ${bundle} } }]`,
      );
    for (const bundle of ["Cg==", '""', "null", "bm90IGEgY2VydA=="]) {
      expect(hook(bundle)["webhooks"]).toEqual([{ name: "a", clientConfig: {} }]);
    }
    expect(hook(real)["webhooks"]).toEqual([{ name: "a", clientConfig: { caBundle: real } }]);
  });

  it("N-11: metrics that are empty or stand there twice", () => {
    const hpa = (metrics: string): unknown =>
      only(
        `apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: h }\nspec: { metrics: ${metrics} }`,
      )["spec"];
    expect(hpa("[]")).toEqual({});
    expect(hpa("[{ type: Resource }, { type: Resource }, {}]")).toEqual({
      metrics: [{ type: "Resource" }],
    });
  });
});

it("N-21: Endpoints of a Service with a selector are told of; without one they are ours alone", () => {
  const endpoints = "apiVersion: v1\nkind: Endpoints\nmetadata: { name: s }\n---\n";
  const service = (selector: string, name = "s") =>
    `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { selector: ${selector} }\n`;
  const told = (text: string) => run(text).warnings.map(({ ref, message }) => [ref?.kind, message]);
  expect(told(endpoints + service("{ a: b }"))).toEqual([
    ["Endpoints", expect.stringContaining("selector")],
  ]);
  expect(told(endpoints + service("{}"))).toEqual([]);
  expect(told(endpoints + service("{ a: b }", "other"))).toEqual([]);
});

describe("local checks (A-73, N-12)", () => {
  it.each([
    [
      "two variables of one name",
      pod("{ containers: [{ name: c, env: [{ name: A }, { name: B }, { name: A }] }] }"),
      "items 1 and 3",
    ],
    [
      "two ports of one number, after the protocol is there",
      pod(
        "{ containers: [{ name: c, ports: [{ containerPort: 1 }, { containerPort: 1, protocol: TCP }] }] }",
      ),
      "containerPort 1, protocol TCP",
    ],
    ["two containers", pod("{ containers: [{ name: c }, { name: c }] }"), "name c"],
    ["two volumes", pod("{ volumes: [{ name: v }, { name: v }], containers: [] }"), "name v"],
    [
      "two service ports",
      "apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: 1 }, { port: 1 }] }",
      "port 1",
    ],
  ])("%s", (_what, text, message) => {
    expect(run(text).problems).toMatchObject([
      { reason: "ObjectInvalid", line: 4, message: expect.stringContaining(message) },
    ]);
  });

  it("one number with two protocols is fine", () => {
    expect(
      run(
        pod(
          "{ containers: [{ name: c, ports: [{ containerPort: 1 }, { containerPort: 1, protocol: UDP }] }] }",
        ),
      ).problems,
    ).toEqual([]);
  });
});

describe("sizes (A-130, R20)", () => {
  it("an object that is too large fails alone", () => {
    const { desired, unsendable, problems } = run(
      `${configMap("big", `data: { k: ${"x".repeat(1_600_000)} }`)}---\n${configMap("small")}`,
    );
    expect(desired.map(({ ref }) => ref.name)).toEqual(["small"]);
    expect(unsendable).toMatchObject([
      { desired: { ref: { name: "big" } }, problem: { reason: "ObjectInvalid", line: 1 } },
    ]);
    expect(problems).toEqual([]);
  });

  it("so do annotations beyond 256 KiB", () => {
    const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, annotations: { k: ${"x".repeat(270_000)} } }`;
    expect(run(text).unsendable[0]?.problem.message).toContain("annotations");
  });
});

describe("digests", () => {
  it("of Secrets are keyed (NEG-32)", () => {
    const text = "apiVersion: v1\nkind: Secret\nmetadata: { name: s }\ndata: { a: MTIzNA== }";
    const [secret] = run(text).desired;
    const otherKey = run(text, {
      hasher: { ...hasher, keyed: (data) => hasher.keyed(`other${data}`) },
    }).desired[0];
    expect(secret?.digest).not.toBe(otherKey?.digest);
  });

  it("do not depend on key order, file order or splitting into files", () => {
    const objects = ["a", "b", "c", "d"].map((name) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: { x: "1", z: "2" },
    }));
    const expected = run(objects.map((object) => JSON.stringify(object)).join("\n---\n")).digest;
    fc.assert(
      fc.property(
        fc.shuffledSubarray(objects, { minLength: objects.length }),
        fc.boolean(),
        (shuffled, reverse) => {
          const texts = shuffled.map((object) =>
            JSON.stringify(reverse ? Object.fromEntries(Object.entries(object).reverse()) : object),
          );
          const files = new Map(
            texts.map((text, index) => [`apps/shop/${index}.json`, new TextEncoder().encode(text)]),
          );
          const rendered = renderPlain(unitOf(), files);
          expect(rendered.ok && normalize(rendered.value, context()).digest).toBe(expected);
        },
      ),
    );
  });

  it("change with any value", () => {
    expect(run(configMap("a", "data: { k: one }")).digest).not.toBe(
      run(configMap("a", "data: { k: two }")).digest,
    );
    expect(run("").digest).toBe(run("# nothing").digest);
  });

  it("normalising what was normalised changes nothing but the mark", () => {
    const object = only(
      pod(
        "{ containers: [{ name: c, ports: [{ containerPort: 1 }], resources: { limits: { cpu: 1 } } }] }",
      ),
    );
    const { labels: _labels, annotations: _annotations, ...metadata } = object.metadata;
    expect(only(JSON.stringify({ ...object, metadata }))).toEqual(object);
  });
});
