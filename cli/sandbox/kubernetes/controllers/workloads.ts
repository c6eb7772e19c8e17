import { type Cluster, keyOf, targetOf } from "../cluster.ts";
import { cloneJson, type Json, listAt, mapAt, textAt, valueAt } from "../json.ts";
import { updateObject } from "../write/update.ts";
import { ownOptions, system } from "./system.ts";

type StatusOf = (object: Json, now: string) => Json | undefined;

/** Kinds that get a status of their own accord, by resource; undefined: nothing to say yet. */
const statuses: Readonly<Record<string, StatusOf>> = {
  "apps/deployments": (object, now) => {
    const replicas = replicasOf(object);
    return {
      ...observed(object),
      replicas,
      updatedReplicas: replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
      conditions: [
        condition("Available", {
          now,
          reason: "MinimumReplicasAvailable",
          message: "Deployment has minimum availability.",
        }),
        condition("Progressing", {
          now,
          reason: "NewReplicaSetAvailable",
          message: "The new ReplicaSet has successfully progressed.",
        }),
      ],
    };
  },
  "apps/statefulsets": (object) => {
    const replicas = replicasOf(object);
    const revision = `${textAt(object, "metadata", "name")}-${mapAt(object, "metadata").generation}`;
    return {
      ...observed(object),
      replicas,
      readyReplicas: replicas,
      currentReplicas: replicas,
      updatedReplicas: replicas,
      availableReplicas: replicas,
      currentRevision: revision,
      updateRevision: revision,
      collisionCount: 0,
    };
  },
  "apps/daemonsets": (object) => ({
    ...observed(object),
    currentNumberScheduled: 1,
    desiredNumberScheduled: 1,
    numberAvailable: 1,
    numberMisscheduled: 0,
    numberReady: 1,
    updatedNumberScheduled: 1,
  }),
  "apps/replicasets": (object) => {
    const replicas = replicasOf(object);
    return {
      ...observed(object),
      replicas,
      fullyLabeledReplicas: replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
    };
  },
  "batch/jobs": (object, now) => {
    if (valueAt(object, "spec", "suspend") === true) return undefined;
    const completions = Number(valueAt(object, "spec", "completions") ?? 1);
    return {
      startTime: now,
      completionTime: now,
      succeeded: completions,
      ready: 0,
      terminating: 0,
      uncountedTerminatedPods: {},
      conditions: [
        {
          ...condition("SuccessCriteriaMet", {
            now,
            reason: "CompletionsReached",
            message: "Reached expected number of succeeded pods",
          }),
          lastProbeTime: now,
        },
        {
          ...condition("Complete", {
            now,
            reason: "CompletionsReached",
            message: "Reached expected number of succeeded pods",
          }),
          lastProbeTime: now,
        },
      ],
    };
  },
  "/persistentvolumeclaims": (object) => ({
    phase: "Bound",
    accessModes: listAt(object, "spec", "accessModes"),
    capacity: mapAt(object, "spec", "resources", "requests"),
  }),
  "/pods": (object, now) => ({
    ...mapAt(object, "status"),
    ...observed(object),
    phase: "Running",
    startTime: now,
    conditions: [
      "PodReadyToStartContainers",
      "Initialized",
      "Ready",
      "ContainersReady",
      "PodScheduled",
    ].map((type) => ({
      type,
      status: "True",
      lastTransitionTime: now,
    })),
  }),
  "networking.k8s.io/ingresses": () => undefined,
};

function replicasOf(object: Json): number {
  return Number(valueAt(object, "spec", "replicas") ?? 1);
}

function observed(object: Json): Json {
  return { observedGeneration: mapAt(object, "metadata").generation };
}

function condition(
  type: string,
  { now, reason, message }: { now: string; reason: string; message: string },
): Json {
  return { type, status: "True", lastUpdateTime: now, lastTransitionTime: now, reason, message };
}

/** True when the sandbox plays the controller of this resource. */
export function isPlayed(resource: string): boolean {
  return Object.hasOwn(statuses, resource);
}

/** Makes a workload ready, as its controller and the kubelet would; does nothing when it is already, or gone. */
export function settleWorkload(cluster: Cluster, id: string, key: string): void {
  const live = cluster.store.get(id, key);
  const resource = cluster.registry.byId(id);
  if (live === undefined || resource === undefined || !isDue(live)) return;
  const status = statuses[id]?.(live, cluster.now());
  if (status === undefined) return;
  const next = { ...cloneJson(live), status: carryTimes(live, status) };
  const target = { ...targetOf(cluster, resource, key), subresource: "status" };
  updateObject(target, { live, next }, ownOptions(system.controllers));
}

/** Not settled since its last change. */
function isDue(object: Json): boolean {
  if (mapAt(object, "metadata").deletionTimestamp !== undefined) return false;
  const { generation } = mapAt(object, "metadata");
  const status = mapAt(object, "status");
  if (status.observedGeneration !== undefined) return status.observedGeneration !== generation;
  return (
    status.completionTime === undefined && status.phase !== "Bound" && status.phase !== "Running"
  );
}

/** Conditions that stay true keep the time since when. */
function carryTimes(live: Json, status: Json): Json {
  const before = listAt(live, "status", "conditions");
  const conditions = listAt(status, "conditions").map((item) => {
    const same = before.find((old) => textAt(old, "type") === textAt(item, "type"));
    return same === undefined
      ? item
      : { ...mapAt({ item }, "item"), lastTransitionTime: textAt(same, "lastTransitionTime") };
  });
  return conditions.length === 0 ? status : { ...status, conditions };
}

export function eventKey(object: Json): string {
  return keyOf(textAt(object, "metadata", "namespace"), textAt(object, "metadata", "name"));
}
