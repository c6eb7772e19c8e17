import type { ClusterClient, Selection } from "../../agent/cluster/client.ts";
import { isJsonObject, type JsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import type { Rule } from "../../agent/model/rule.ts";
import type { Account } from "../output/rbac-manifests.ts";

const group = "rbac.authorization.k8s.io";

/** What the roles bound to a service account grant it; what every account of a cluster has from the start is left out. */
export async function boundRules(
  client: Pick<ClusterClient, "list">,
  account: Account,
  signal: AbortSignal,
): Promise<readonly Rule[]> {
  const all = (kind: string) => listAll(client, { group, version: "v1", kind }, signal);
  const [bindings, clusterBindings, roles, clusterRoles] = await Promise.all([
    all("RoleBinding"),
    all("ClusterRoleBinding"),
    all("Role"),
    all("ClusterRole"),
  ]);
  return [...bindings, ...clusterBindings]
    .filter((binding) => !isDefault(binding) && isAbout(binding, account))
    .flatMap((binding) => {
      const { namespace } = binding.metadata;
      const role = [...roles, ...clusterRoles].find((one) => isReferred(one, binding));
      return role === undefined ? [] : rulesOfRole(role, namespace);
    });
}

async function listAll(
  client: Pick<ClusterClient, "list">,
  selection: Selection,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const found: KubeObject[] = [];
  for await (const { items } of client.list(selection, signal)) found.push(...items);
  return found;
}

function isDefault({ metadata }: KubeObject): boolean {
  return metadata.labels?.["kubernetes.io/bootstrapping"] === "rbac-defaults";
}

function isAbout({ subjects }: KubeObject, { namespace, name }: Account): boolean {
  const user = `system:serviceaccount:${namespace}:${name}`;
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
  return objects(subjects).some((subject) => {
    switch (subject.kind) {
      case "ServiceAccount":
        return subject.namespace === namespace && subject.name === name;
      case "User":
        return subject.name === user;
      case "Group":
        return groups.includes(String(subject.name));
      default:
        return false;
    }
  });
}

function isReferred({ kind, metadata }: KubeObject, binding: KubeObject): boolean {
  const referred = isJsonObject(binding.roleRef) ? binding.roleRef : {};
  const isThere = kind === "ClusterRole" || metadata.namespace === binding.metadata.namespace;
  return isThere && referred.kind === kind && referred.name === metadata.name;
}

function rulesOfRole({ rules }: KubeObject, namespace: string | undefined): readonly Rule[] {
  return objects(rules).map((rule) => {
    const { apiGroups, resources, resourceNames, nonResourceURLs, verbs } = rule;
    const names = texts(resourceNames);
    const urls = texts(nonResourceURLs);
    return {
      ...(namespace === undefined ? {} : { namespace }),
      // A URL is no resource, and shows as what it is: it begins with a slash.
      apiGroups: urls.length > 0 ? [""] : texts(apiGroups),
      resources: urls.length > 0 ? urls : texts(resources),
      ...(names.length === 0 ? {} : { resourceNames: names }),
      verbs: texts(verbs),
    };
  });
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
