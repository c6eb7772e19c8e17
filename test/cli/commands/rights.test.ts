import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAppObjects } from "../../../agent/cluster/app-objects.ts";
import { connectTo } from "../../../agent/cluster/connection.ts";
import { clusterUid, installationOf } from "../../../agent/cluster/installation.ts";
import { createInventoryStore } from "../../../agent/cluster/inventory.ts";
import {
  createKubernetesClient,
  type KubernetesClient,
} from "../../../agent/cluster/kubernetes.ts";
import { createStateStore } from "../../../agent/cluster/state.ts";
import { isJsonObject, type JsonObject } from "../../../agent/model/json.ts";
import type { KubeObject } from "../../../agent/model/object.ts";
import { rightsIn, rulesOf } from "../../../agent/model/rule.ts";
import { ownRules } from "../../../agent/plan/own-rights.ts";
import { parseYaml } from "../../../agent/render/yaml.ts";
import { appCrd } from "../../../agent/status/app-crd.ts";
import type { ConnectedCluster } from "../../../cli/commands/context.ts";
import type { SandboxCluster } from "../../../cli/sandbox/kubernetes/sandbox.ts";
import { startApiServer } from "../../../cli/sandbox/kubernetes/server.ts";
import { realClock, realRandom } from "../../doubles/ports.ts";
import { changed, fleetTexts } from "../fleet-texts.ts";
import { runWith } from "../host.ts";

const namespace = "holdfast-system";
const never = new AbortController().signal;
const onDev = ["--cluster", "dev"] as const;
const offline = { files: fleetTexts };

function documents(yaml: string): readonly JsonObject[] {
  const parsed = parseYaml(yaml, { file: "test" });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value.map(({ value }) => value).filter(isJsonObject);
}

const reader = `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader }
rules: [ { apiGroups: [""], resources: [pods], verbs: [get] } ]
`;

describe("rbac", () => {
  it("prints what the agent of one cluster needs, rule by rule", async () => {
    const { code, stdout, stderr } = await runWith(offline, "rbac", ...onDev);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^APP +NAMESPACE +GROUP +RESOURCES +NAMES +VERBS\n/);
    expect(stdout).toMatch(/shop +shop +core +secrets +token +get create patch delete\n/);
    expect(stdout).toMatch(/shop +shop +core +configmaps secrets services +\(all\) +list watch\n/);
  });

  it("is about one cluster at a time", async () => {
    const { code, stderr } = await runWith(offline, "rbac");
    expect(code).toBe(2);
    expect(stderr).toContain("rights are those of one cluster, not 2");
  });

  it("gives the chart the same rules, and the namespaces that nobody declares", async () => {
    const { stdout } = await runWith(offline, "rbac", ...onDev, "--values");
    const [values] = documents(stdout);
    const report = await runWith(offline, "rbac", ...onDev, "-o", "json");
    const { apps } = JSON.parse(report.stdout);
    expect(values?.rbac).toEqual({ mode: "scoped", namespaces: ["shop"], rules: apps[0].rules });
    const own = "apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n";
    const declaring = { files: changed({ "apps/shop/namespace.yaml": own }) };
    const { stdout: other } = await runWith(declaring, "rbac", ...onDev, "--values");
    expect(documents(other)[0]?.rbac).not.toHaveProperty("namespaces");
    expect(other).toContain(
      "# shop is declared by shop: make it before, kubectl create namespace shop",
    );
  });

  it("leaves escalate and bind to a person, and names them", async () => {
    const files = changed({ "apps/shop/role.yaml": reader });
    const { code, stdout, stderr } = await runWith({ files }, "rbac", ...onDev, "--values");
    expect(code).toBe(0);
    expect(JSON.stringify(documents(stdout))).not.toContain("escalate");
    expect(stdout).toContain(
      "# - { namespace: shop, apiGroups: [rbac.authorization.k8s.io], resources: [roles], resourceNames: [reader], verbs: [escalate] }",
    );
    expect(stderr).toContain("shop hands out rights that the agent does not have");
  });

  it("says where a plural is a guess", async () => {
    const thing = "apiVersion: acme.io/v1\nkind: Policy\nmetadata: { name: x }\n";
    const files = changed({ "apps/shop/thing.yaml": thing });
    const { stdout, stderr } = await runWith({ files }, "rbac", ...onDev);
    expect(stdout).toContain("policies");
    expect(stderr).toContain("the plural of Policy.acme.io is a guess");
  });
});

describe("what is bound to the agent's account", () => {
  let server: SandboxCluster;
  let client: KubernetesClient;
  let cluster: ConnectedCluster;

  beforeAll(async () => {
    server = await startApiServer();
    client = createKubernetesClient({ connection: connectTo(server), clock: realClock });
    const store = { client, namespace };
    cluster = {
      client: { ...client, close: async () => {} },
      apps: createAppObjects({ ...store, clock: realClock, random: realRandom }),
      state: createStateStore(store),
      inventories: createInventoryStore(store),
      kept: { list: async () => [] },
      uid: (signal) => clusterUid(client, signal),
      installation: async (signal) => installationOf(await clusterUid(client, signal), namespace),
    };
  });

  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  const given = () => ({
    ...offline,
    clock: realClock,
    contexts: ["dev"],
    clusters: { dev: cluster },
  });

  it("may be installed where Kubernetes is new enough and the caller may (check --pre)", async () => {
    const { code, stdout } = await runWith(given(), "check", "--pre", ...onDev);
    expect(stdout).toMatch(/^✔ Kubernetes +v1\.\d+/);
    expect(stdout).toContain("you may install everything that is needed");
    expect(code).toBe(0);
  });

  it("is missing before an installation, and every line has its fix (check)", async () => {
    const { code, stdout } = await runWith(given(), "check", ...onDev);
    expect(code).toBe(1);
    expect(stdout).toContain(`✗ namespace   there is no namespace ${namespace}`);
    expect(stdout).toContain("no role is bound to the service account holdfast-system/holdfast");
    expect(stdout.match(/✗/g)).toHaveLength(stdout.match(/^ {2}fix /gm)?.length ?? 0);
  });

  it("is compared with the apps: nothing missing, nothing surplus with exactly those rules", async () => {
    await client.create(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      never,
    );
    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } }, never);
    await client.create(appCrd, never);
    const { stdout } = await runWith(offline, "rbac", ...onDev, "-o", "yaml");
    for (const object of [...documents(stdout).map(asObject), ...ownRoles()]) {
      await client.create(object, never);
    }
    const same = await runWith(given(), "rbac", "--check", ...onDev);
    expect(same.stdout).toBe(
      "system:serviceaccount:holdfast-system:holdfast may do what it needs: nothing missing, nothing surplus\n",
    );
    expect(same.code).toBe(0);
  });

  it("shows what is missing and what is surplus, by rules that can be pasted", async () => {
    const ref = { group: "rbac.authorization.k8s.io", version: "v1", kind: "Role" };
    const role = await client.get({ ...ref, namespace: "shop", name: "holdfast-shop" }, never);
    const rules = role?.rules;
    if (role === undefined || !Array.isArray(rules)) throw new Error("the role is gone");
    const verbs = (own: readonly string[]) => own.filter((verb) => verb !== "patch");
    const less = rules.map((rule) => ({ ...rule, verbs: verbs(rule.verbs) }));
    const more = { apiGroups: [""], resources: ["pods"], verbs: ["list"] };
    await client.replace({ ...role, rules: [...less, more] }, undefined, never);
    const { code, stdout } = await runWith(given(), "rbac", "--check", ...onDev);
    expect(code).toBe(1);
    expect(stdout).toContain(
      'missing  { namespace: shop, apiGroups: [""], resources: [secrets], resourceNames: [token], verbs: [patch] }\n',
    );
    expect(stdout).toContain(
      'surplus  { namespace: shop, apiGroups: [""], resources: [pods], verbs: [list] }\n',
    );
    const doctor = await runWith(given(), "clusters", "doctor", "dev");
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toContain("✗ rights");
    expect(doctor.stdout).toContain("helm upgrade -f rules.yaml");
    expect(doctor.stdout).toContain("✔ kind App");
    const unwatched = rules.filter((rule) => !rule.verbs.includes("watch"));
    const now = await client.get({ ...ref, namespace: "shop", name: "holdfast-shop" }, never);
    await client.replace(
      { ...role, metadata: now?.metadata ?? role.metadata, rules: unwatched },
      undefined,
      never,
    );
    const again = await runWith(given(), "clusters", "doctor", "dev");
    expect(again.stdout).toContain("✔ rights      nothing missing but to watch configmaps");
  });
});

function asObject({ apiVersion, kind, metadata, ...rest }: JsonObject): KubeObject {
  const { name, namespace: where } = isJsonObject(metadata) ? metadata : {};
  const place = typeof where === "string" ? { namespace: where } : {};
  return {
    ...rest,
    apiVersion: String(apiVersion),
    kind: String(kind),
    metadata: { name: String(name), ...place },
  };
}

/** As the chart makes them. */
function ownRoles(): readonly KubeObject[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const apiGroup = "rbac.authorization.k8s.io";
  const subjects = [{ kind: "ServiceAccount", name: "holdfast", namespace }];
  return [...Map.groupBy(ownRules(namespace), (rule) => rule.namespace)].flatMap(([where, own]) => {
    const kind = where === undefined ? "ClusterRole" : "Role";
    const metadata = { name: "own", ...(where === undefined ? {} : { namespace: where }) };
    const rules = rulesOf(own.flatMap(rightsIn)).map(({ namespace: _where, ...rule }) => rule);
    const roleRef = { apiGroup, kind, name: "own" };
    return [
      { apiVersion, kind, metadata, rules },
      { apiVersion, kind: `${kind}Binding`, metadata, roleRef, subjects },
    ];
  });
}
