import { isJsonObject } from "../../../agent/model/json.ts";
import { groupOf, type KubeObject, type ObjectRef } from "../../../agent/model/object.ts";

/** Fields of pod templates and bindings that name another object, by the kind they name. */
const named: Readonly<Record<string, { readonly kind: string; readonly field: string }>> = {
  configMap: { kind: "ConfigMap", field: "name" },
  configMapRef: { kind: "ConfigMap", field: "name" },
  configMapKeyRef: { kind: "ConfigMap", field: "name" },
  secret: { kind: "Secret", field: "secretName" },
  secretRef: { kind: "Secret", field: "name" },
  secretKeyRef: { kind: "Secret", field: "name" },
};
const plain: Readonly<Record<string, string>> = {
  serviceAccountName: "ServiceAccount",
  storageClassName: "StorageClass",
  ingressClassName: "IngressClass",
  priorityClassName: "PriorityClass",
};

/** Whether `object` names `target` (P-86): what is referred to may not be pruned. */
export function refersTo(object: KubeObject, target: ObjectRef): boolean {
  if (target.kind === "CustomResourceDefinition") {
    // `<plural>.<group>`
    return groupOf(object.apiVersion) === target.name.slice(target.name.indexOf(".") + 1);
  }
  const namespace = object.metadata.namespace ?? "";
  if (target.namespace !== "" && target.namespace !== namespace) return false;
  return names(object, target);
}

function names(value: unknown, target: ObjectRef): boolean {
  if (Array.isArray(value)) return value.some((item) => names(item, target));
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([key, item]) => {
    if (plain[key] === target.kind && item === target.name) return true;
    const rule = named[key];
    if (rule?.kind === target.kind && isJsonObject(item) && item[rule.field] === target.name)
      return true;
    return names(item, target);
  });
}
