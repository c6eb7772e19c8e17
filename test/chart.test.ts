import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parseSettings, settingsList } from "../agent/config/settings.ts";
import { isJsonObject, type JsonObject } from "../agent/model/json.ts";
import { parseYaml } from "../agent/render/yaml.ts";
import { appCrd } from "../agent/status/app-crd.ts";
import { leavesOf, type SchemaNode } from "../charts/schema-node.ts";
import { chartSettings } from "../charts/settings-values.ts";
import { valuesSchema } from "../charts/values-schema.ts";
import { crdText, readmeText, schemaText, settingsText, valuesText } from "../charts/write.ts";
import { chart, chartCases, helm, lint, renderFile, template, valuesFile } from "./helm.ts";

function text(path: string): string {
  return readFileSync(join(chart, path), "utf8");
}

function documents(yaml: string, file = "test"): readonly JsonObject[] {
  const parsed = parseYaml(yaml, { file });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value.map(({ value }) => value).filter(isJsonObject);
}

function valuesOf(name: string): JsonObject {
  return documents(readFileSync(valuesFile(name), "utf8"), name)[0]!;
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (isJsonObject(inner) ? inner[key] : undefined),
    value,
  );
}

const schema: SchemaNode = JSON.parse(text("values.schema.json"));
const leaves = leavesOf(schema).filter(({ path }) => path[0] !== "global");
const values = documents(text("values.yaml"))[0]!;

describe("what is generated of the chart", () => {
  it("is as the agent's settings and kinds are now (else run: npm run generate:chart)", () => {
    const now = valuesSchema();
    expect(text("values.yaml")).toBe(valuesText(now));
    expect(text("values.schema.json")).toBe(schemaText(now));
    expect(text("templates/_settings.tpl")).toBe(settingsText());
    expect(text("templates/crd.yaml")).toBe(crdText());
    expect(text("README.md")).toBe(readmeText(text("README.md"), now));
  });

  it("has every setting of the agent, with its default, or gives it from something else", () => {
    const known = new Map(leaves.map(({ path, node }) => [path.join("."), node]));
    for (const { path, default: preset } of settingsList) {
      const key = path.join(".");
      if (chartSettings.includes(key)) expect(known.has(key), key).toBe(false);
      else expect(known.get(key)?.default, key).toEqual(preset ?? "");
    }
  });

  it("names the same keys with the same defaults in schema, values and README", () => {
    const written = leaves.map(({ path }) => [path.join("."), at(values, path)]);
    expect(written).toEqual(leaves.map(({ path, node }) => [path.join("."), node.default]));
    const rows = text("README.md").matchAll(/^\| `([A-Za-z.]+)` \| `/gm);
    expect([...rows].map(([, key]) => key)).toEqual(leaves.map(({ path }) => path.join(".")));
  });

  it("explains every key", () => {
    const lines = text("values.yaml").split("\n");
    const keys = lines.flatMap((line, index) => (/^ *[A-Za-z]+:/.test(line) ? [index] : []));
    expect(keys.length).toBeGreaterThan(leaves.length);
    const silent = keys.filter((index) => !/^ *# -- \S/.test(lines[index - 1] ?? ""));
    expect(silent.map((index) => lines[index])).toEqual([]);
  });

  it("refuses what it does not know, at every depth", () => {
    const groups = (node: SchemaNode): readonly SchemaNode[] =>
      node.properties === undefined
        ? []
        : [node, ...Object.values(node.properties).flatMap((inner) => groups(inner))];
    const open = groups(schema).filter(
      ({ additionalProperties }) => additionalProperties !== false,
    );
    expect(open).toEqual([]);
  });
});

describe("values.schema.json", () => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(text("values.schema.json")));

  it.each(chartCases)("takes ci/%s-values.yaml", (name) => {
    expect([validate(valuesOf(name)), validate.errors]).toEqual([true, null]);
  });

  it.each([
    { metrics: { prot: 9090 } },
    { metrics: { port: 80 } },
    { source: { url: "https://token@git.example.com/acme/fleet" } },
    { source: { interval: "often" } },
    { rbac: { mode: "admin" } },
    { rbac: { rules: [{ apiGroups: [""], resources: ["pods"] }] } },
  ])("refuses %j", (wrong) => {
    expect(validate(wrong)).toBe(false);
  });
});

const why = "helm is neither in HOLDFAST_TEST_BIN, nor in PATH, nor built by test/e2e/build.ts";

describe.skipIf(helm === undefined)(`templates (skipped where ${why})`, () => {
  describe.each(chartCases)("with ci/%s-values.yaml", (name) => {
    it("pass helm's lint", async () => {
      expect(await lint(name)).toContain("0 chart(s) failed");
    });

    it("render what is committed (else run: npm run generate:renders, and read the difference)", async () => {
      const rendered = await template(name);
      expect(rendered).toBe(readFileSync(renderFile(name), "utf8"));
      expect(await template(name)).toBe(rendered);
    });
  });

  it.each([
    [["cluster.name="], "cluster.name is missing"],
    [["source.url="], "source.url is missing"],
    [["image.repository="], "image.repository is missing"],
    [["statusRecords.carrier=git"], "needs statusRecords.git.url"],
    [["statusRecords.carrier=kubernetes"], "needs statusRecords.kubernetes.kubeconfigSecret"],
    [["lease.duration=42s"], "must be less than lease.duration"],
    [
      ["lease.renewDeadline=0.5m", "lease.writeTimeout=15000ms"],
      "must be less than lease.duration",
    ],
    [["rbac.mode=scoped"], "holdfast rbac --values prints them"],
    [["rbac.mode=impersonate"], "needs rbac.serviceAccounts"],
    [["replicas=2", "cache.persistentVolumeClaim=cache"], "exclude cache.persistentVolumeClaim"],
    [["metrics.prometheusRule.enabled=true", "metrics.prometheusRule.disabled={Nobody}"], "Nobody"],
    [["metrics.prot=1"], "not allowed"],
  ])("fail with %j, and say what to do", async (set, says) => {
    const flags = set.flatMap((one) => ["--set", one]);
    await expect(template("default", ...flags)).rejects.toThrow(says);
  });

  it("take a lease that leaves room", async () => {
    expect(await template("default", "--set", "lease.duration=42001ms")).toContain("42001ms");
  });
});

/** Objects of a committed render. */
function objects(name: string): readonly JsonObject[] {
  return documents(readFileSync(renderFile(name), "utf8"), `${name}.yaml`);
}

function find(name: string, kind: string): readonly JsonObject[] {
  return objects(name).filter((object) => object["kind"] === kind);
}

function pod(name: string): JsonObject {
  return at(find(name, "Deployment")[0], ["spec", "template", "spec"]) as JsonObject;
}

function container(name: string): JsonObject {
  return (pod(name)["containers"] as JsonObject[])[0]!;
}

describe.each(chartCases)("the committed render %s", (name) => {
  it("is YAML as the agent reads it, each object once", () => {
    const ids = objects(name).map(({ kind, metadata }) => {
      const { name: own, namespace = "" } = metadata as { name: string; namespace?: string };
      return `${kind} ${namespace}/${own}`;
    });
    expect(ids.length).toBeGreaterThan(5);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("keeps to pod security restricted, with a read-only root", () => {
    expect(pod(name)).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        seccompProfile: { type: "RuntimeDefault" },
      },
    });
    expect(container(name)["securityContext"]).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  it("gives the agent settings that the agent takes, and no others", () => {
    const given = container(name)["env"] as { name: string; value: string }[];
    const own = given.filter((one) => one.name.startsWith("HOLDFAST_"));
    const variables = settingsList.map(({ variable }) => variable);
    expect(own.filter((one) => !variables.includes(one.name))).toEqual([]);
    const env = Object.fromEntries(own.map((one) => [one.name, one.value]));
    const parsed = parseSettings({ flags: {}, env });
    expect(parsed).toMatchObject({ ok: true });
    if (!parsed.ok) return;
    const { namespace, store, enforce, cluster } = parsed.value;
    expect(namespace).toBe("holdfast-system");
    expect(cluster.name).toBe("prod-eu");
    const mounts = container(name)["volumeMounts"] as { mountPath: string }[];
    expect(mounts.map(({ mountPath }) => mountPath)).toEqual(
      expect.arrayContaining(["/tmp", store.path]),
    );
    const written = valuesOf(name)["enforce"] !== false && name !== "read-only";
    expect(enforce).toBe(written);
  });

  it("installs the agent's own kind, never deleted with the release", () => {
    const [crd] = find(name, "CustomResourceDefinition");
    expect(crd).toMatchObject({
      metadata: { name: appCrd.metadata.name, annotations: { "helm.sh/resource-policy": "keep" } },
    });
    expect(crd?.["spec"]).toEqual(appCrd["spec"]);
  });

  it("makes no Secret and no hook", () => {
    expect(find(name, "Secret")).toEqual([]);
    expect(readFileSync(renderFile(name), "utf8")).not.toContain("helm.sh/hook");
  });
});

describe("rights", () => {
  const kinds = ["Role", "ClusterRole"];
  const rulesOf = (name: string) =>
    objects(name)
      .filter((object) => kinds.includes(String(object["kind"])))
      .flatMap((object) => object["rules"] as JsonObject[]);

  it.each(["scoped", "impersonate"])("of mode %s hold no wildcard", (name) => {
    expect(JSON.stringify(rulesOf(name))).not.toContain("*");
    expect(JSON.stringify(find(name, "ClusterRoleBinding"))).not.toContain("cluster-admin");
  });

  it("of mode scoped are what was given, where it was given", () => {
    const given = (valuesOf("scoped")["rbac"] as { rules: JsonObject[] }).rules;
    const [role] = find("scoped", "Role").filter(
      (one) => at(one, ["metadata", "name"]) === "holdfast-apps",
    );
    expect(at(role, ["metadata", "namespace"])).toBe("shop");
    const inShop = given.filter((one) => one["namespace"] === "shop");
    expect(role?.["rules"]).toEqual(inShop.map(({ namespace: _place, ...rule }) => rule));
    const [everywhere] = find("scoped", "ClusterRole").filter(
      (one) => at(one, ["metadata", "name"]) === "holdfast",
    );
    expect(everywhere?.["rules"]).toEqual(given.filter((one) => one["namespace"] === undefined));
  });

  it("of mode read-only read and nothing else, and no Secrets unless asked for", () => {
    const [role] = find("read-only", "ClusterRole").filter(
      (one) => at(one, ["metadata", "name"]) === "holdfast",
    );
    const rules = role?.["rules"] as { verbs: string[]; resources: string[] }[];
    expect(new Set(rules.flatMap(({ verbs }) => verbs))).toEqual(new Set(["get", "list", "watch"]));
    expect(rules.flatMap(({ resources }) => resources)).not.toContain("secrets");
  });

  it("of mode impersonate name the accounts", () => {
    const rules = rulesOf("impersonate").filter(({ verbs }) =>
      String(verbs).includes("impersonate"),
    );
    expect(rules).toEqual([
      {
        apiGroups: [""],
        resources: ["serviceaccounts"],
        resourceNames: ["shop-deployer"],
        verbs: ["impersonate"],
      },
    ]);
  });
});

describe("a change of mode", () => {
  it("changes the role of no binding, which the API server would refuse", () => {
    const roles = new Map<string, string>();
    const bindings = chartCases.flatMap((name) => [
      ...find(name, "ClusterRoleBinding"),
      ...find(name, "RoleBinding"),
    ]);
    for (const { kind, metadata, roleRef } of bindings) {
      const { name, namespace } = metadata as JsonObject;
      const id = `${kind} ${namespace ?? ""}/${name}`;
      const role = JSON.stringify(roleRef);
      expect(roles.get(id) ?? role, id).toBe(role);
      roles.set(id, role);
    }
    expect(roles.size).toBeGreaterThan(3);
  });
});

describe("the render of everything", () => {
  it("changes alerts by name, and links them", () => {
    const [rule] = find("everything", "PrometheusRule");
    const groups = at(rule, ["spec", "groups"]) as { rules: JsonObject[] }[];
    const alerts = groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined);
    const shipped = [...text("rules/holdfast.rules.yaml").matchAll(/- alert: (\w+)/g)];
    expect(alerts.length).toBe(shipped.length - 1);
    expect(alerts.map(({ alert }) => alert)).not.toContain("HoldfastPruneBlocked");
    const held = alerts.find(({ alert }) => alert === "HoldfastHeld");
    expect(held).toMatchObject({
      for: "1h",
      labels: { severity: "info" },
      annotations: {
        runbook_url: "https://docs.example.com/alerts/HoldfastHeld",
        dashboard_url:
          "https://grafana.example.com/d/holdfast-fleet?var-cluster={{ $labels.cluster }}",
      },
    });
  });

  it("opens only the ports of what the values name", () => {
    const [policy] = find("everything", "NetworkPolicy");
    const egress = at(policy, ["spec", "egress"]) as { ports?: { port: number }[] }[];
    const ports = egress.flatMap(({ ports: open = [] }) => open.map(({ port }) => port));
    expect(ports).toEqual([53, 53, 443, 6443, 8443]);
  });

  it("carries the dashboard byte for byte", () => {
    const [map] = find("everything", "ConfigMap");
    const data = map?.["data"] as Record<string, string>;
    expect(data["holdfast-fleet.json"]).toBe(text("dashboards/holdfast-fleet.json"));
  });

  it("has a budget only where there is more than one replica", () => {
    expect(find("ha", "PodDisruptionBudget").length).toBe(1);
    expect(find("default", "PodDisruptionBudget")).toEqual([]);
  });
});
