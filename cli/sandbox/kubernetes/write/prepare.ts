import type { Target } from "../cluster.ts";
import { ensureMap, isMap, type Json, listAt, mapAt } from "../json.ts";
import { goForm } from "../kinds/go-form.ts";
import { qualified, type Resource, type ResourceVersion } from "../kinds/resource.ts";

const phases: Readonly<Record<string, string>> = {
  namespaces: "Active",
  pods: "Pending",
  persistentvolumes: "Pending",
  persistentvolumeclaims: "Pending",
};

/** Status of a new object: the server drops what was sent. Undefined: there is none yet. */
export function initialStatus(resource: Resource, version: ResourceVersion): unknown {
  if (!resource.builtin) return undefined;
  const phase = phases[qualified(resource)];
  const empty = mapAt(goForm(version.schema, {}), "status");
  const status = phase === undefined ? empty : { ...empty, phase };
  return qualified(resource) === "pods" ? { ...status, qosClass: "BestEffort" } : status;
}

/** What the server itself decides about a new object. Changes `object`. */
export function allocate(target: Target, object: Json): void {
  switch (qualified(target.served.resource)) {
    case "services":
      allocateAddresses(target, ensureMap(object, "spec"));
      return;
    case "namespaces":
      ensureMap(object, "spec").finalizers ??= ["kubernetes"];
      return;
    case "persistentvolumeclaims":
      ensureFinalizer(object, "kubernetes.io/pvc-protection");
      return;
    case "persistentvolumes":
      ensureFinalizer(object, "kubernetes.io/pv-protection");
      return;
    case "jobs.batch":
      labelJob(object);
      return;
    default:
  }
}

function ensureFinalizer(object: Json, finalizer: string): void {
  const metadata = ensureMap(object, "metadata");
  const finalizers = listAt(metadata, "finalizers");
  if (!finalizers.includes(finalizer)) metadata.finalizers = [...finalizers, finalizer];
}

function allocateAddresses({ cluster }: Target, spec: Json): void {
  if (spec.type === "ExternalName") return;
  if (spec.clusterIP === undefined || spec.clusterIP === "") {
    cluster.clusterIps.next += 1;
    const { next } = cluster.clusterIps;
    spec.clusterIP = `10.96.${Math.floor(next / 250)}.${(next % 250) + 1}`;
  }
  spec.clusterIPs ??= [spec.clusterIP];
  // Nobody selects its endpoints, so they may be of any family.
  const isFree = spec.clusterIP === "None" && Object.keys(mapAt(spec, "selector")).length === 0;
  spec.ipFamilies ??= isFree ? ["IPv4", "IPv6"] : ["IPv4"];
  spec.ipFamilyPolicy ??= isFree ? "RequireDualStack" : "SingleStack";
  if (spec.type === "NodePort" || spec.type === "LoadBalancer") allocatePorts(cluster, spec);
}

function allocatePorts(cluster: Target["cluster"], spec: Json): void {
  for (const port of listAt(spec, "ports")) {
    if (!isMap(port) || typeof port.nodePort === "number") continue;
    cluster.clusterIps.next += 1;
    port.nodePort = 30_000 + (cluster.clusterIps.next % 2768);
  }
}

/** What was allocated stays when an update leaves it out. Changes `next`. */
export function keepAddresses(live: Json, next: Json): void {
  const before = mapAt(live, "spec");
  const after = ensureMap(next, "spec");
  if (before.type === "ExternalName" || after.type === "ExternalName") return;
  if (after.clusterIP === undefined || after.clusterIP === "") after.clusterIP = before.clusterIP;
  if (after.clusterIP === before.clusterIP) after.clusterIPs ??= before.clusterIPs;
  after.ipFamilies ??= before.ipFamilies;
  after.ipFamilyPolicy ??= before.ipFamilyPolicy;
  for (const key of Object.keys(after)) if (after[key] === undefined) delete after[key];
}

/** A Job selects its pods by its own UID, unless told otherwise. */
function labelJob(object: Json): void {
  const spec = ensureMap(object, "spec");
  if (spec.manualSelector === true) return;
  const { uid, name } = mapAt(object, "metadata");
  const labels = ensureMap(ensureMap(ensureMap(spec, "template"), "metadata"), "labels");
  labels["batch.kubernetes.io/controller-uid"] ??= uid;
  labels["batch.kubernetes.io/job-name"] ??= name;
  labels["controller-uid"] ??= uid;
  labels["job-name"] ??= name;
  spec.selector ??= { matchLabels: { "batch.kubernetes.io/controller-uid": uid } };
}
