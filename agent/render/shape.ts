import { isJsonObject, jsonEqual } from "../model/json.ts";
import { groupOf, type KubeObject } from "../model/object.ts";
import { editAt, valuesAt } from "./edit.ts";
import { podTemplatePath } from "./pod-spec.ts";
import { normalizeSecret } from "./secret.ts";

export interface Shaped {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/** Takes away what would differ for ever or be refused although it means nothing (semantics §2.1). */
export function shape(object: KubeObject): Shaped {
  const warnings: string[] = [];
  const steps: readonly ((object: KubeObject) => KubeObject)[] = [
    withoutTimestamps,
    (item) => withoutStatus(item, warnings),
    secretData,
    withProtocols,
    withTextQuantities,
    withoutAggregatedRules,
    (item) => withoutEmptyBundles(item, warnings),
    withoutDoubleMetrics,
  ];
  const shaped = steps.reduce((item, step) => step(item), object);
  return { object: shaped, warnings };
}

function drop(): undefined {
  return undefined;
}

/** N-3, A-3: the server sets it; generators write `null`, also into templates. */
function withoutTimestamps(object: KubeObject): KubeObject {
  const own = editAt(object, ["metadata", "creationTimestamp"], drop);
  const template = podTemplatePath(object) ?? [];
  const templates = [template, ["spec", "jobTemplate"], ["spec", "volumeClaimTemplates", "*"]];
  return templates.reduce(
    (item, path) =>
      editAt(item, [...path, "metadata", "creationTimestamp"], (time) => time ?? undefined),
    own,
  );
}

/** N-4: status is the controllers'. */
function withoutStatus(object: KubeObject, warnings: string[]): KubeObject {
  const found = object["status"];
  if (found === undefined) return object;
  if (!isEmpty(found)) warnings.push("status is not applied: it belongs to the controllers");
  return editAt(object, ["status"], drop);
}

function isEmpty(value: unknown): boolean {
  if (isJsonObject(value)) return Object.values(value).every(isEmpty);
  if (Array.isArray(value)) return value.every(isEmpty);
  return value === null || value === "" || value === 0;
}

function secretData(object: KubeObject): KubeObject {
  return object.kind === "Secret" && object.apiVersion === "v1" ? normalizeSecret(object) : object;
}

/** N-1: the protocol is a part of the key, and server-side apply does not fill it in everywhere. */
function withProtocols(object: KubeObject): KubeObject {
  const paths = [
    ...containerPaths(object).map((path) => [...path, "ports", "*"]),
    ...(object.kind === "Service" && object.apiVersion === "v1" ? [["spec", "ports", "*"]] : []),
  ];
  return paths.reduce((item, path) => editAt(item, path, withProtocol), object);
}

function withProtocol(port: unknown): unknown {
  if (!isJsonObject(port)) return port;
  const { protocol } = port;
  return protocol === undefined || protocol === null || protocol === ""
    ? { ...port, protocol: "TCP" }
    : port;
}

/** Paths of containers and init containers of a built-in kind. */
export function containerPaths(object: KubeObject): readonly (readonly string[])[] {
  const template = podTemplatePath(object);
  if (template === undefined) return [];
  return ["containers", "initContainers"].map((name) => [...template, "spec", name, "*"]);
}

/** N-6: a quantity is a string; `cpu: 1` is what people write. */
function withTextQuantities(object: KubeObject): KubeObject {
  const paths = [
    ...containerPaths(object).flatMap((path) => [
      [...path, "resources", "requests", "*"],
      [...path, "resources", "limits", "*"],
    ]),
    ...(object.kind === "LimitRange" ? [["spec", "limits", "*", "*", "*"]] : []),
  ];
  return paths.reduce((item, path) => editAt(item, path, quantity), object);
}

function quantity(value: unknown): unknown {
  return typeof value === "number" || typeof value === "bigint" ? String(value) : value;
}

/** N-7: the rules of an aggregated role are the controller's. */
function withoutAggregatedRules(object: KubeObject): KubeObject {
  const isAggregated = object.kind === "ClusterRole" && isJsonObject(object["aggregationRule"]);
  return isAggregated ? editAt(object, ["rules"], drop) : object;
}

const bundlePaths: Readonly<Record<string, readonly string[]>> = {
  ValidatingWebhookConfiguration: ["webhooks", "*", "clientConfig", "caBundle"],
  MutatingWebhookConfiguration: ["webhooks", "*", "clientConfig", "caBundle"],
  APIService: ["spec", "caBundle"],
  CustomResourceDefinition: ["spec", "conversion", "webhook", "clientConfig", "caBundle"],
};

/** N-9: a bundle that is no certificate is a placeholder for an injector; a real one is ours. */
function withoutEmptyBundles(object: KubeObject, warnings: string[]): KubeObject {
  const path = Object.hasOwn(bundlePaths, object.kind) ? bundlePaths[object.kind] : undefined;
  if (path === undefined) return object;
  for (const { value, pointer } of valuesAt(object, path)) {
    if (isCertificate(value) || value === null || value === "" || value === "Cg==") continue;
    warnings.push(`${pointer.slice(1)} is no certificate and is left out`);
  }
  return editAt(object, path, (bundle) => (isCertificate(bundle) ? bundle : undefined));
}

function isCertificate(value: unknown): boolean {
  if (typeof value !== "string") return false;
  try {
    return atob(value.replace(/\s/g, "")).includes("-----BEGIN CERTIFICATE-----");
  } catch {
    return false;
  }
}

/** N-11: the server drops empty and repeated metrics. */
function withoutDoubleMetrics(object: KubeObject): KubeObject {
  if (object.kind !== "HorizontalPodAutoscaler" || groupOf(object.apiVersion) !== "autoscaling") {
    return object;
  }
  return editAt(object, ["spec", "metrics"], (metrics) => {
    if (!Array.isArray(metrics)) return metrics;
    const once = metrics.filter(
      (metric, index) =>
        !isEmpty(metric) && metrics.findIndex((item) => jsonEqual(item, metric)) === index,
    );
    return once.length === 0 ? undefined : once;
  });
}
