import { join } from "node:path";
import { isJsonObject } from "../../agent/model/json.ts";
import { type Rule, rightsIn, rulesOf } from "../../agent/model/rule.ts";
import { ownRules } from "../../agent/plan/own-rights.ts";
import type { Api } from "../faults/api.ts";
import type { TestCluster } from "./control-plane.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { agentNamespace } from "./site.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const subject = { kind: "ServiceAccount", name: "holdfast", namespace: agentNamespace };

/** The agent's ServiceAccount, as the chart makes it: its own Role, and nothing else. The same cluster, reached with its token. */
export async function asServiceAccount(
  api: Api,
  cluster: TestCluster,
  folder: string,
): Promise<TestCluster> {
  const accounts = `/api/v1/namespaces/${agentNamespace}/serviceaccounts`;
  await api.ask("POST", accounts, { body: { metadata: { name: "holdfast" } } });
  await grant(api, "own", ownRules(agentNamespace));
  const spec = { expirationSeconds: 7200 };
  const { body } = await api.ask("POST", `${accounts}/holdfast/token`, { body: { spec } });
  const status = isJsonObject(body) && isJsonObject(body.status) ? body.status : {};
  const agentToken = String(status.token);
  const agentKubeconfig = join(folder, "service-account.kubeconfig");
  const { name, url, ca } = cluster;
  await writeKubeconfig(agentKubeconfig, { name, url, ca, token: agentToken });
  return { ...cluster, agentToken, agentKubeconfig };
}

/** Roles of this name with exactly these rules, bound to the account; in namespaces without rules they are left as they were. */
export async function grant(api: Api, name: string, rules: readonly Rule[]): Promise<void> {
  for (const [namespace, own] of Map.groupBy(rules, (rule) => rule.namespace)) {
    const kind = namespace === undefined ? "ClusterRole" : "Role";
    const base = namespace === undefined ? rbac : `${rbac}/namespaces/${namespace}`;
    const metadata = { name: `test-${name}` };
    const plain = rulesOf(own.flatMap(rightsIn)).map(({ namespace: _where, ...rule }) => rule);
    await put(api, `${base}/${kind.toLowerCase()}s`, { metadata, rules: plain });
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind, name: metadata.name };
    const binding = { metadata, roleRef, subjects: [subject] };
    await put(api, `${base}/${kind.toLowerCase()}bindings`, binding);
  }
}

interface Named {
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
}

async function put(api: Api, path: string, body: Named): Promise<void> {
  const made = await api.ask("POST", path, { body });
  const { status } =
    made.status === 409 ? await api.ask("PUT", `${path}/${body.metadata.name}`, { body }) : made;
  if (status >= 300) throw new Error(`${path} answered ${status}`);
}
