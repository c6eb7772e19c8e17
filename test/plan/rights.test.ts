import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { refOf } from "../../agent/model/object.ts";
import {
  isGranted,
  type Right,
  type Rule,
  rightsIn,
  ruleLine,
  rulesOf,
} from "../../agent/model/rule.ts";
import { missing, type NeedContext, needsOf, surplus } from "../../agent/plan/rights.ts";
import { parseYaml } from "../../agent/render/yaml.ts";

const plurals: Readonly<Record<string, string>> = {
  ConfigMap: "configmaps",
  Deployment: "deployments",
  Namespace: "namespaces",
  Role: "roles",
  RoleBinding: "rolebindings",
  ClusterRole: "clusterroles",
};

const context: NeedContext = {
  unit: { namespace: "shop", mode: "enforce", prune: { enabled: true, maxShare: 0.2 } },
  pluralOf: ({ kind }) => plurals[kind],
};

function object(kind: string, name: string, more: object = {}): KubeObject {
  const group = kind.includes("Role") ? "rbac.authorization.k8s.io/v1" : "v1";
  const apiVersion = kind === "Deployment" ? "apps/v1" : group;
  const namespace = ["Namespace", "ClusterRole"].includes(kind) ? {} : { namespace: "shop" };
  return { apiVersion, kind, metadata: { name, ...namespace }, ...more };
}

function needs(objects: readonly KubeObject[], over: Partial<NeedContext["unit"]> = {}) {
  const declared = objects.map((one) => ({ object: one, ref: refOf(one) }));
  return needsOf(declared, { ...context, unit: { ...context.unit, ...over } });
}

function lines(objects: readonly KubeObject[], over: Partial<NeedContext["unit"]> = {}) {
  return rulesOf(needs(objects, over).map(({ right }) => right)).map(ruleLine);
}

const app = [object("ConfigMap", "a"), object("ConfigMap", "b"), object("Deployment", "web")];

describe("what a unit needs", () => {
  it("is what the agent sends, by name where a name can limit it, and no wildcard", () => {
    expect(lines(app)).toEqual([
      '{ namespace: shop, apiGroups: [""], resources: [configmaps], resourceNames: [a, b], verbs: [get, create, patch, delete] }',
      '{ namespace: shop, apiGroups: [""], resources: [configmaps], verbs: [list, watch] }',
      '{ namespace: shop, apiGroups: [""], resources: [namespaces], resourceNames: [shop], verbs: [get] }',
      '{ namespace: shop, apiGroups: [""], resources: [pods], verbs: [list] }',
      "{ namespace: shop, apiGroups: [apps], resources: [deployments], resourceNames: [web], verbs: [get, create, patch, delete] }",
      "{ namespace: shop, apiGroups: [apps], resources: [deployments], verbs: [list, watch] }",
    ]);
  });

  it("has no delete where pruning is off, but for what may be recreated (P-46, A-62)", () => {
    const prune = { enabled: false, maxShare: 0.2 };
    expect(lines(app, { prune }).join("\n")).not.toContain("delete");
    const recreated = object("ConfigMap", "c", {
      metadata: {
        name: "c",
        namespace: "shop",
        annotations: { "holdfast.dev/recreate": "enabled" },
      },
    });
    const [first] = lines([recreated], { prune });
    expect(first).toContain("resourceNames: [c], verbs: [get, create, patch, delete]");
  });

  it("has delete for a hook, which makes room for its successor (O-17)", () => {
    const hook = object("ConfigMap", "h", {
      metadata: { name: "h", namespace: "shop", annotations: { "holdfast.dev/hook": "pre" } },
    });
    const [first] = lines([hook], { prune: { enabled: false, maxShare: 0.2 } });
    expect(first).toContain("resourceNames: [h], verbs: [get, create, patch, delete]");
  });

  it("only reads what is observed, or not reconciled", () => {
    const words = lines(app, { mode: "observe" }).join("\n");
    expect(words).not.toMatch(/create|patch|delete/);
  });

  it("does not name what a content hash names anew with each change (N-28)", () => {
    const [first] = lines([object("ConfigMap", "web-7k6f5tc48b")]);
    expect(first).toBe(
      '{ namespace: shop, apiGroups: [""], resources: [configmaps], verbs: [get, list, watch, create, patch, delete] }',
    );
  });

  it("does not ask for its namespace when it declares it", () => {
    const all = lines([object("Namespace", "shop"), ...app]);
    expect(all.filter((line) => line.includes("namespaces"))).toEqual([
      '{ apiGroups: [""], resources: [namespaces], resourceNames: [shop], verbs: [get, create, patch, delete] }',
      '{ apiGroups: [""], resources: [namespaces], verbs: [list, watch] }',
    ]);
  });

  it("has escalate or bind only while the agent lacks what is handed out", () => {
    const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];
    const role = object("Role", "reader", { rules });
    const binding = object("RoleBinding", "readers", {
      roleRef: { kind: "Role", name: "reader" },
    });
    const all = needs([role, binding]);
    const plain = rulesOf(all.filter(({ use }) => use !== "grant").map(({ right }) => right));
    const verbs = (have: readonly Rule[]) =>
      missing(all, have).map(
        ({ right: { verb, resource, name } }) => `${verb} ${resource} ${name}`,
      );
    expect(verbs(plain)).toEqual(["escalate roles reader", "bind roles reader"]);
    expect(verbs([...plain, { namespace: "shop", ...rules[0]! }])).toEqual([]);
    expect(verbs([...plain, { namespace: "else", ...rules[0]! }])).toHaveLength(2);
  });
});

describe("what only somebody with all rights may hand out", () => {
  it.each([
    ["a role that collects others", { aggregationRule: {}, rules: [] }],
    ["a role about URLs", { rules: [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }] }],
  ])("%s", (_what, more) => {
    const all = needs([object("ClusterRole", "wide", more)]);
    const verbs = (have: readonly Rule[]) =>
      missing(all, have)
        .filter(({ use }) => use === "grant")
        .map(({ right: { verb } }) => verb);
    expect(verbs([])).toEqual(["escalate"]);
    expect(verbs([{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }])).toEqual([]);
  });

  it("is not known of a role that is declared elsewhere", () => {
    const roleRef = { kind: "ClusterRole", name: "view" };
    const grants = needs([object("RoleBinding", "viewers", { roleRef })]).filter(
      ({ use }) => use === "grant",
    );
    expect(grants).toMatchObject([
      { right: { verb: "bind", resource: "clusterroles", name: "view" } },
    ]);
    expect(grants[0]).not.toHaveProperty("unless");
  });
});

const word = fc.constantFrom("a", "b", "c");
const right: fc.Arbitrary<Right> = fc.record({
  verb: fc.constantFrom("get", "list", "watch", "create", "patch", "delete"),
  group: fc.constantFrom("", "apps"),
  resource: fc.constantFrom("configmaps", "secrets", "deployments"),
  namespace: fc.constantFrom("", "shop", "bar"),
  name: fc.oneof(fc.constant(""), word),
});
const key = (one: Right) => JSON.stringify(one);

/** The rights that remain when one verb of one rule goes. */
function without(rules: readonly Rule[], at: number, verb: string): readonly Rule[] {
  return rules.map((rule, index) =>
    index === at ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) } : rule,
  );
}

describe("rules", () => {
  it("grant what they were made of, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(right), right, (some, other) => {
        const rules = rulesOf(some);
        for (const one of some) expect(isGranted(one, rules)).toBe(true);
        const isMeant = some.some(
          ({ verb, group, resource, namespace, name }) =>
            verb === other.verb &&
            group === other.group &&
            resource === other.resource &&
            ["", other.namespace].includes(namespace) &&
            ["", other.name].includes(name),
        );
        expect(isGranted(other, rules)).toBe(isMeant);
      }),
    );
  });

  it("lose something with every single verb that is dropped (security §8)", () => {
    fc.assert(
      fc.property(fc.array(right, { minLength: 1 }), (some) => {
        // Cluster-wide rights cover those of a namespace: only one kind of place at a time.
        const placed = some.map((one) => ({ ...one, namespace: "shop" }));
        const rules = rulesOf(placed);
        const asked = placed.map((one) => ({ right: one, use: "act" as const }));
        expect(missing(asked, rules)).toEqual([]);
        for (const [at, rule] of rules.entries()) {
          for (const verb of rule.verbs) {
            expect(missing(asked, without(rules, at, verb))).not.toEqual([]);
          }
        }
      }),
    );
  });

  it("of an app lose something with every verb, and have nothing left over", () => {
    const all = needs(app);
    const rules = rulesOf(all.map(({ right: each }) => each));
    expect(surplus(rules.flatMap(rightsIn), all)).toEqual([]);
    for (const [at, rule] of rules.entries()) {
      for (const verb of rule.verbs) {
        const lost = missing(all, without(rules, at, verb));
        expect(lost.every(({ right: each }) => each.verb === verb)).toBe(true);
        expect(lost.length, `${verb} of ${ruleLine(rule)}`).toBeGreaterThan(0);
      }
    }
    const more = {
      verb: "deletecollection",
      group: "",
      resource: "pods",
      namespace: "shop",
      name: "",
    };
    expect(surplus([more], all).map(key)).toEqual([key(more)]);
  });

  it("read wildcards and subresources as the API server does", () => {
    const asked = {
      verb: "update",
      group: "apps",
      resource: "deployments/scale",
      namespace: "shop",
      name: "x",
    };
    const grants = (rule: Partial<Rule>) =>
      isGranted(asked, [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"], ...rule }]);
    expect(grants({})).toBe(true);
    expect(grants({ resources: ["*/scale"] })).toBe(true);
    expect(grants({ resources: ["deployments"] })).toBe(false);
    expect(grants({ resourceNames: ["y"] })).toBe(false);
    expect(grants({ namespace: "else" })).toBe(false);
    expect(
      isGranted({ ...asked, namespace: "" }, [
        { namespace: "shop", apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
      ]),
    ).toBe(false);
  });

  it("are YAML that reads as it was meant, whatever the names", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom("on", "1e3", "system:a", "null")),
          { minLength: 1 },
        ),
        (names) => {
          fc.pre(names.every((name) => /^[\x20-\x7e]+$/.test(name)));
          const rule = {
            apiGroups: [""],
            resources: ["roles"],
            resourceNames: names,
            verbs: ["get"],
          };
          const parsed = parseYaml(ruleLine(rule), { file: "x" });
          expect(parsed.ok && parsed.value[0]?.value).toEqual(rule);
        },
      ),
    );
  });
});
