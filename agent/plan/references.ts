import { isJsonObject, type JsonObject } from "../model/json.ts";
import { type KubeObject, type ObjectRef, refOf } from "../model/object.ts";
import { isResourceOf } from "./blocked.ts";

/** What other objects may depend on by name (P-86). */
const referable = new Set(["ConfigMap", "Secret", "ServiceAccount"]);

/** Keys below which a pod template names an object, and of which kind. */
const namedBy: Readonly<Record<string, { readonly kind: string; readonly field: string }>> = {
  configMap: { kind: "ConfigMap", field: "name" },
  configMapRef: { kind: "ConfigMap", field: "name" },
  configMapKeyRef: { kind: "ConfigMap", field: "name" },
  secret: { kind: "Secret", field: "secretName" },
  secretRef: { kind: "Secret", field: "name" },
  secretKeyRef: { kind: "Secret", field: "name" },
  tls: { kind: "Secret", field: "secretName" },
};

/** Who among `objects` still needs `ref`: the first one found. CRDs are needed by their resources, classes by name. */
export function referrerOf(ref: ObjectRef, objects: readonly KubeObject[]): ObjectRef | undefined {
  const found = objects.find((object) => refersTo(object, ref));
  return found === undefined ? undefined : refOf(found);
}

function refersTo(object: KubeObject, ref: ObjectRef): boolean {
  if (ref.kind === "CustomResourceDefinition") return isResourceOf(refOf(object), ref.name);
  if (ref.kind.endsWith("Class")) return namesClass(object, ref);
  if (!referable.has(ref.kind) || (object.metadata.namespace ?? "") !== ref.namespace) return false;
  return namesIn(object).has(`${ref.kind}/${ref.name}`);
}

function namesClass(object: KubeObject, { kind, name }: ObjectRef): boolean {
  const field = `${kind.charAt(0).toLowerCase()}${kind.slice(1)}Name`;
  return fieldsOf(object).some(([key, value]) => key === field && value === name);
}

function namesIn(object: KubeObject): Set<string> {
  const names = new Set<string>();
  for (const [key, value] of fieldsOf(object)) {
    if (key === "serviceAccountName" && typeof value === "string")
      names.add(`ServiceAccount/${value}`);
    for (const name of namedUnder(key, value)) names.add(name);
  }
  return names;
}

function namedUnder(key: string, value: unknown): string[] {
  if (key === "imagePullSecrets" && Array.isArray(value)) {
    return value.filter(isJsonObject).map((item) => `Secret/${String(item["name"])}`);
  }
  const named = Object.hasOwn(namedBy, key) ? namedBy[key] : undefined;
  if (named === undefined) return [];
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.filter(isJsonObject).flatMap((item) => nameOf(item, named));
}

/** A projected volume's `secret` source says `name` where a plain one says `secretName`. */
function nameOf(
  item: JsonObject,
  { kind, field }: { readonly kind: string; readonly field: string },
): string[] {
  const name = item[field] ?? item["name"];
  return typeof name === "string" ? [`${kind}/${name}`] : [];
}

/** Every key and value below an object, depth first. */
function fieldsOf(value: unknown): [string, unknown][] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => [
    [key, child] as [string, unknown],
    ...fieldsOf(child),
  ]);
}
