import { isJsonObject, type JsonObject } from "../model/json.ts";
import { groupOf, type KubeObject, refOf } from "../model/object.ts";
import type { Right } from "../model/rule.ts";
import type { Need } from "./rights.ts";

const group = "rbac.authorization.k8s.io";
const plurals: Readonly<Record<string, string>> = { Role: "roles", ClusterRole: "clusterroles" };

/** Whether it hands out rights by itself. */
export function isRole({ apiVersion, kind }: KubeObject): boolean {
  return groupOf(apiVersion) === group && kind in plurals;
}

/**
 * Who hands out what he does not have needs `escalate` on the role, or `bind` on the role that is referred to: the API
 * server's rule against escalation. `roles`: those that the app itself declares.
 */
export function grantOf(object: KubeObject, roles: readonly KubeObject[]): readonly Need[] {
  if (groupOf(object.apiVersion) !== group) return [];
  const { namespace, name, kind } = refOf(object);
  if (isRole(object)) {
    const right = { verb: "escalate", group, resource: plurals[kind] ?? "", namespace, name };
    return [{ right, use: "grant", unless: handedOut(object, namespace) }];
  }
  const referred = isJsonObject(object.roleRef) ? object.roleRef : {};
  const role = roles.find((one) => isReferred(one, referred, namespace));
  const right = {
    verb: "bind",
    group,
    resource: plurals[String(referred.kind)] ?? "",
    namespace,
    name: String(referred.name),
  };
  const unless = role === undefined ? {} : { unless: handedOut(role, namespace) };
  return [{ right, use: "grant", ...unless }];
}

function isReferred(role: KubeObject, referred: JsonObject, namespace: string): boolean {
  const { kind, metadata } = role;
  const isThere = kind === "ClusterRole" || metadata.namespace === namespace;
  return isThere && kind === referred.kind && metadata.name === referred.name;
}

const everything: Right = { verb: "*", group: "*", resource: "*", namespace: "", name: "" };

/** What a role hands out in a place. One that collects others, or is about URLs, counts as everything. */
function handedOut(role: KubeObject, namespace: string): readonly Right[] {
  if (role.aggregationRule !== undefined) return [everything];
  const rules = Array.isArray(role.rules) ? role.rules.filter(isJsonObject) : [];
  return rules.flatMap((rule) =>
    texts(rule.nonResourceURLs).length > 0 ? [everything] : rightsOfRule(rule, namespace),
  );
}

function rightsOfRule(rule: JsonObject, namespace: string): readonly Right[] {
  const names = texts(rule.resourceNames);
  return texts(rule.apiGroups).flatMap((of) =>
    texts(rule.resources).flatMap((resource) =>
      (names.length === 0 ? [""] : names).flatMap((name) =>
        texts(rule.verbs).map((verb) => ({ verb, group: of, resource, namespace, name })),
      ),
    ),
  );
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
