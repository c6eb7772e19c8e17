import { aboutOf, liveOf, type Target, type WriteOptions } from "../cluster.ts";
import { cloneJson, ensureMap, isMap, type Json, mapAt, textAt, valueAt } from "../json.ts";
import { updateObject } from "../write/update.ts";
import { badRequest, notFound } from "./fault.ts";

function pathsOf(target: Target): { spec: string[]; status: string[] } {
  const scale = target.served.version.subresources.find(({ name }) => name === "scale")?.scale;
  const parts = (path: string | undefined) => (path ?? "").split(".").filter((part) => part !== "");
  return { spec: parts(scale?.spec), status: parts(scale?.status) };
}

/** The Scale of an object. */
export function readScale(target: Target, object: Json): Json {
  const { spec, status } = pathsOf(target);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = mapAt(object, "metadata");
  const labels = Object.entries(mapAt(object, "spec", "selector", "matchLabels"));
  const selector = labels.map(([key, value]) => `${key}=${value}`).join(",");
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: valueAt(object, ...spec) ? { replicas: valueAt(object, ...spec) } : {},
    status: { replicas: valueAt(object, ...status) ?? 0, ...(selector === "" ? {} : { selector }) },
  };
}

/** Writes a Scale; ownership of the replicas is that of the subresource. */
export function writeScale(target: Target, body: unknown, options: WriteOptions): Json {
  const live = liveOf(target);
  if (live === undefined) throw notFound(aboutOf(target));
  const replicas = valueAt(body, "spec", "replicas");
  if (!isMap(body) || typeof replicas !== "number") throw badRequest("spec.replicas is missing");
  const next = cloneJson(live);
  const { spec } = pathsOf(target);
  let parent = next;
  for (const key of spec.slice(0, -1)) parent = ensureMap(parent, key);
  parent[spec.at(-1) ?? "replicas"] = replicas;
  const version = textAt(body, "metadata", "resourceVersion");
  if (version !== "") mapAt(next, "metadata").resourceVersion = version;
  return readScale(target, updateObject(target, { live, next }, options));
}
