import { jsonEqual } from "../../../../agent/model/json.ts";
import { type About, type Cause, invalid } from "../http/fault.ts";
import { isMap, type Json, listAt, mapAt, textAt, valueAt } from "../json.ts";
import { schemaCauses } from "./crd-object.ts";
import { podCauses } from "./pod-validation.ts";
import { qualified, type Served } from "./resource.ts";

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const free = new Set(["rbac.authorization.k8s.io"]);

/** Throws the 422 that the server would answer; the checks that people meet most, not all of them. */
export function validateObject(about: About, served: Served, object: Json): void {
  const causes = objectCauses(about, served, object);
  if (causes.length > 0) throw invalid(about, causes);
}

function objectCauses(about: About, served: Served, object: Json): Cause[] {
  const causes = [...nameCauses(about, object), ...annotationCauses(object)];
  if (served.resource.builtin) causes.push(...(checks[qualified(served.resource)]?.(object) ?? []));
  else causes.push(...schemaCauses(served.version.openApi, object));
  return causes;
}

function* nameCauses({ group }: About, object: Json): Generator<Cause> {
  const name = textAt(object, "metadata", "name");
  if (free.has(group) || (name.length <= 253 && subdomain.test(name))) return;
  yield {
    reason: "FieldValueInvalid",
    message: `Invalid value: ${JSON.stringify(name)}: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    field: "metadata.name",
  };
}

const annotationBytes = 256 * 1024;

function annotationCauses(object: Json): readonly Cause[] {
  const all = Object.entries(mapAt(object, "metadata", "annotations"));
  const bytes = all.reduce((sum, pair) => sum + Buffer.byteLength(pair.join("")), 0);
  if (bytes <= annotationBytes) return [];
  const message = `Too long: may not be more than ${annotationBytes} bytes`;
  return [{ reason: "FieldValueTooLong", message, field: "metadata.annotations" }];
}

type Check = (object: Json) => Cause[];

const checks: Readonly<Record<string, Check>> = {
  "deployments.apps": workload,
  "statefulsets.apps": workload,
  "daemonsets.apps": workload,
  "replicasets.apps": workload,
  pods: (object) => podCauses(object, ["spec"]),
  podtemplates: (object) => podCauses(object, ["template", "spec"]),
  replicationcontrollers: (object) => podCauses(object, ["spec", "template", "spec"]),
  "jobs.batch": (object) => podCauses(object, ["spec", "template", "spec"]),
  "cronjobs.batch": (object) =>
    podCauses(object, ["spec", "jobTemplate", "spec", "template", "spec"]),
  services: serviceCauses,
  secrets: (object) =>
    Object.entries(mapAt(object, "data"))
      .filter(([, value]) => typeof value !== "string")
      .map(([key]) => ({
        reason: "FieldValueInvalid",
        message: "Invalid value",
        field: `data[${key}]`,
      })),
};

function workload(object: Json): Cause[] {
  const causes: Cause[] = [];
  const selector = mapAt(object, "spec", "selector", "matchLabels");
  const labels = mapAt(object, "spec", "template", "metadata", "labels");
  if (!isMap(valueAt(object, "spec", "selector"))) {
    causes.push({
      reason: "FieldValueRequired",
      message: "Required value",
      field: "spec.selector",
    });
  }
  if (Object.entries(selector).some(([key, value]) => labels[key] !== value)) {
    const shown = JSON.stringify(labels);
    causes.push({
      reason: "FieldValueInvalid",
      message: `Invalid value: ${shown}: \`selector\` does not match template \`labels\``,
      field: "spec.template.metadata.labels",
    });
  }
  return [...causes, ...podCauses(object, ["spec", "template", "spec"])];
}

/** The sandbox has one address family, as most clusters. */
function serviceCauses(object: Json): Cause[] {
  const { ipFamilyPolicy, selector } = mapAt(object, "spec");
  if (ipFamilyPolicy !== "RequireDualStack" || !isMap(selector)) return [];
  const message =
    'Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services';
  return [{ reason: "FieldValueInvalid", message, field: "spec.ipFamilyPolicy" }];
}

function identityCauses(live: Json, next: Json): Cause[] {
  return ["uid", "name", "namespace"].flatMap((field) => {
    const after = textAt(next, "metadata", field);
    if (textAt(live, "metadata", field) === after) return [];
    const cause = immutable(`metadata.${field}`, JSON.stringify(after));
    // The server checks the uid twice.
    return field === "uid" ? [cause, cause] : [cause];
  });
}

function fixedCauses(served: Served, live: Json, next: Json): Cause[] {
  return (fixed[qualified(served.resource)] ?? [])
    .filter((path) => !jsonEqual(valueAt(live, ...path), valueAt(next, ...path)))
    .map((path) => immutable(path.join("."), JSON.stringify(valueAt(next, ...path))));
}

/** What may not change: identity, selectors, role references, what is declared immutable. */
export function validateUpdate(
  about: About,
  served: Served,
  { live, next }: { live: Json; next: Json },
): void {
  const causes = [...identityCauses(live, next), ...fixedCauses(served, live, next)];
  if (qualified(served.resource) === "statefulsets.apps") causes.push(...setCauses(live, next));
  if (served.resource.kind === "CustomResourceDefinition") causes.push(...storedCauses(live, next));
  if (live.immutable === true) causes.push(...frozen(live, next));
  causes.push(...finalizerCauses(live, next), ...objectCauses(about, served, next));
  if (causes.length > 0) throw invalid(about, causes);
}

const fixed: Readonly<Record<string, readonly string[][]>> = {
  "deployments.apps": [["spec", "selector"]],
  "daemonsets.apps": [["spec", "selector"]],
  "replicasets.apps": [["spec", "selector"]],
  "jobs.batch": [
    ["spec", "template"],
    ["spec", "selector"],
    ["spec", "completions"],
  ],
  "rolebindings.rbac.authorization.k8s.io": [["roleRef"]],
  "clusterrolebindings.rbac.authorization.k8s.io": [["roleRef"]],
  "customresourcedefinitions.apiextensions.k8s.io": [
    ["spec", "scope"],
    ["spec", "group"],
    ["spec", "names", "kind"],
  ],
  "storageclasses.storage.k8s.io": [["provisioner"], ["parameters"]],
};

/** What is stored in a version is only read as long as the version is there. */
function storedCauses(live: Json, next: Json): Cause[] {
  const names = listAt(next, "spec", "versions").map((version) => textAt(version, "name"));
  return listAt(live, "status", "storedVersions").flatMap((stored, index) => {
    const name = String(stored);
    if (names.includes(name)) return [];
    const message = `Invalid value: ${JSON.stringify(name)}: missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    return [{ reason: "FieldValueInvalid", message, field: `status.storedVersions[${index}]` }];
  });
}

const changeableOfSets = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
];

/** A StatefulSet names what may change, not what may not. */
function setCauses(live: Json, next: Json): Cause[] {
  const fixedPart = (object: Json) =>
    Object.fromEntries(
      Object.entries(mapAt(object, "spec")).filter(([key]) => !changeableOfSets.includes(key)),
    );
  if (jsonEqual(fixedPart(live), fixedPart(next))) return [];
  const names = changeableOfSets.map((name) => `'${name}'`);
  const list = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  const message = `Forbidden: updates to statefulset spec for fields other than ${list} are forbidden`;
  return [{ reason: "FieldValueForbidden", message, field: "spec" }];
}

function immutable(field: string, shown: string): Cause {
  return {
    reason: "FieldValueInvalid",
    message: `Invalid value: ${shown}: field is immutable`,
    field,
  };
}

/** What is being deleted may only lose finalizers. */
function finalizerCauses(live: Json, next: Json): Cause[] {
  if (mapAt(live, "metadata").deletionTimestamp === undefined) return [];
  const before = listAt(live, "metadata", "finalizers");
  const added = listAt(next, "metadata", "finalizers").filter((name) => !before.includes(name));
  if (added.length === 0) return [];
  const shown = added.map((name) => JSON.stringify(name)).join(", ");
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${shown}}`;
  return [{ reason: "FieldValueForbidden", message, field: "metadata.finalizers" }];
}

function frozen(live: Json, next: Json): Cause[] {
  const causes: Cause[] = [];
  for (const field of ["data", "binaryData"]) {
    if (jsonEqual(live[field] ?? {}, next[field] ?? {})) continue;
    causes.push({
      reason: "FieldValueForbidden",
      message: "Forbidden: field is immutable when `immutable` is set",
      field,
    });
  }
  if (next.immutable !== true) {
    const message = "Forbidden: field is immutable when `immutable` is set";
    causes.push({ reason: "FieldValueForbidden", message, field: "immutable" });
  }
  return causes;
}
