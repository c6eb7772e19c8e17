import { nearest } from "../config/nearest.ts";
import { waveAnnotation, waveText } from "../model/hook.ts";
import { isJsonObject } from "../model/json.ts";
import {
  annotations,
  documentApiVersion,
  installationLabel,
  installKeyName,
  inventoryName,
  leaseName,
  ownerAnnotation,
  partOfLabel,
  stateName,
} from "../model/names.ts";
import { groupOf, type KubeObject } from "../model/object.ts";
import { valuesAt } from "./edit.ts";
import { podTemplatePath } from "./pod-spec.ts";
import { containerPaths } from "./shape.ts";

/** Something in an object that a person has to change. */
export interface ObjectFault {
  readonly pointer: string;
  readonly message: string;
}

const serverFields = [
  "ownerReferences",
  "uid",
  "resourceVersion",
  "generation",
  "managedFields",
  "selfLink",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
];

/** A-3, A-12, NEG-53: what may not stand in Git, in an object as it was written. */
export function refusedFields(object: KubeObject, agentNamespace: string): readonly ObjectFault[] {
  return [
    ...namelessFault(object),
    ...serverFieldFaults(object),
    ...markFaults(object),
    ...annotationFaults(object),
    ...orderFaults(object),
    ...ownObjectFaults(object, agentNamespace),
  ];
}

function namelessFault({ metadata }: KubeObject): readonly ObjectFault[] {
  if (metadata.name !== "") return [];
  const message = "generateName without name would make a new object in every pass; give it a name";
  return [{ pointer: "/metadata/generateName", message }];
}

function serverFieldFaults({ metadata }: KubeObject): readonly ObjectFault[] {
  return serverFields
    .filter((name) => !isNothing(metadata[name]))
    .map((name) => ({
      pointer: `/metadata/${name}`,
      message: `metadata.${name} is set by the API server and cannot stand in Git`,
    }));
}

function isNothing(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === "" ||
    (Array.isArray(value) && value.length === 0)
  );
}

function markFaults({ metadata }: KubeObject): readonly ObjectFault[] {
  const reserved = [
    ...Object.keys(metadata.labels ?? {})
      .filter((key) => key === installationLabel || key === partOfLabel)
      .map((key) => ["labels", key] as const),
    ...Object.keys(metadata.annotations ?? {})
      .filter((key) => key === ownerAnnotation)
      .map((key) => ["annotations", key] as const),
  ];
  return reserved.map(([where, key]) => ({
    pointer: `/metadata/${where}/${key.replaceAll("/", "~1")}`,
    message: `${key} is how Holdfast marks what it made; it cannot stand in Git`,
  }));
}

const annotationValues: Readonly<Record<string, readonly string[]>> = {
  [annotations.prune]: ["disabled"],
  [annotations.reconcile]: ["disabled"],
  [annotations.createOnly]: ["enabled"],
  [annotations.recreate]: ["enabled"],
  [annotations.hook]: ["pre", "post", "failure"],
};
const ours = Object.values(annotations);

/** A protection with a slip of the pen must not be a protection that is silently missing. */
function annotationFaults({ metadata }: KubeObject): readonly ObjectFault[] {
  return Object.entries(metadata.annotations ?? {}).flatMap(([key, value]) => {
    if (!key.startsWith("holdfast.dev/") || key === ownerAnnotation) return [];
    const message = annotationFault(key, value);
    const pointer = `/metadata/annotations/${key.replaceAll("/", "~1")}`;
    return message === undefined ? [] : [{ pointer, message }];
  });
}

function annotationFault(key: string, value: string): string | undefined {
  if (!ours.some((known) => known === key)) {
    const meant = nearest(key, ours);
    return `unknown annotation ${key}${meant === undefined ? "" : `; did you mean ${meant}?`}`;
  }
  const allowed = annotationValues[key];
  if (allowed !== undefined && !allowed.includes(value)) {
    return `${key} can be ${allowed.join(", ")}; it is "${value}"`;
  }
  return undefined;
}

/** O-11, whoever's annotation it is; and no word of a deletion policy is overlooked. */
function orderFaults(object: KubeObject): readonly ObjectFault[] {
  const wave = waveAnnotation(object);
  const policy = object.metadata.annotations?.[annotations.hookDeletePolicy];
  const words = policy?.split(",").map((word) => word.trim()) ?? [];
  const unknown = words.filter((word) => !deletionPolicies.includes(word));
  const faults = [
    ...(wave === undefined || waveText.test(wave.value)
      ? []
      : [{ key: wave.key, message: `must be an integer in quotes; it is "${wave.value}"` }]),
    ...unknown.map((word) => ({
      key: annotations.hookDeletePolicy,
      message: `can be ${deletionPolicies.join(", ")}; it is "${word}"`,
    })),
  ];
  return faults.map(({ key, message }) => ({
    pointer: `/metadata/annotations/${key.replaceAll("/", "~1")}`,
    message: `${key} ${message}`,
  }));
}

const deletionPolicies = ["before-hook-creation", "hook-succeeded", "hook-failed"];

const ownKinds = ["ConfigMap", "Secret", "Lease"];

/** A-12: what Holdfast keeps for itself is never a member of an app. */
function ownObjectFaults(object: KubeObject, agentNamespace: string): readonly ObjectFault[] {
  const { kind, apiVersion, metadata } = object;
  if (apiVersion === documentApiVersion || groupOf(apiVersion) === "holdfast.dev") {
    const message = `a ${kind} is a document of Holdfast, not an object to deploy; it belongs into the fleet's folders`;
    return [{ pointer: "/kind", message }];
  }
  if (metadata.namespace !== agentNamespace || !ownKinds.includes(kind)) return [];
  const own = [leaseName, stateName, installKeyName];
  const prefixes = [inventoryName(""), "holdfast-kept-"];
  const isOwn =
    own.includes(metadata.name) || prefixes.some((start) => metadata.name.startsWith(start));
  return isOwn
    ? [
        {
          pointer: "/metadata/name",
          message: `${metadata.name} is where Holdfast keeps its own state`,
        },
      ]
    : [];
}

interface KeyedList {
  readonly path: readonly string[];
  readonly keys: readonly string[];
}

/** A-73, N-12: server-side apply answers such lists with a 500, so they are found here. */
export function duplicateKeys(object: KubeObject): readonly ObjectFault[] {
  return keyedLists(object).flatMap(({ path, keys }) =>
    valuesAt(object, path).flatMap(({ value, pointer }) => twins(value, pointer, keys)),
  );
}

function keyedLists(object: KubeObject): readonly KeyedList[] {
  const template = podTemplatePath(object);
  const lists: KeyedList[] = [];
  if (object.kind === "Service" && object.apiVersion === "v1") {
    lists.push({ path: ["spec", "ports"], keys: ["port", "protocol"] });
  }
  if (template === undefined) return lists;
  const spec = [...template, "spec"];
  lists.push({ path: [...spec, "containers"], keys: ["name"] });
  lists.push({ path: [...spec, "initContainers"], keys: ["name"] });
  lists.push({ path: [...spec, "volumes"], keys: ["name"] });
  for (const container of containerPaths(object)) {
    lists.push({ path: [...container, "env"], keys: ["name"] });
    lists.push({ path: [...container, "ports"], keys: ["containerPort", "protocol"] });
    lists.push({ path: [...container, "volumeMounts"], keys: ["mountPath"] });
  }
  return lists;
}

function twins(value: unknown, pointer: string, keys: readonly string[]): readonly ObjectFault[] {
  if (!Array.isArray(value)) return [];
  const seen = new Map<string, number>();
  const faults: ObjectFault[] = [];
  for (const [index, item] of value.entries()) {
    const parts = keys.map((key) => (isJsonObject(item) ? item[key] : undefined));
    if (parts.some(isNothing)) continue;
    const key = parts.map(String).join("/");
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else
      faults.push({
        pointer: `${pointer}/${index}`,
        message: twinMessage({ keys, parts, first, index }),
      });
  }
  return faults;
}

function twinMessage(twin: {
  readonly keys: readonly string[];
  readonly parts: readonly unknown[];
  readonly first: number;
  readonly index: number;
}): string {
  const shown = twin.keys.map((name, at) => `${name} ${String(twin.parts[at])}`).join(", ");
  return `items ${twin.first + 1} and ${twin.index + 1} of this list have the same ${shown}`;
}
