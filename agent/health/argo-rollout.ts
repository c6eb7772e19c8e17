import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import { assessWord } from "./general.ts";
import {
  at,
  conditionIs,
  conditionOf,
  degraded,
  healthy,
  listAt,
  numberAt,
  progressing,
  suspended,
  textAt,
  words,
} from "./read.ts";

/** Argo Rollouts: failures, pauses, then what its controller says, then the counts (semantics §5.2). */
export function assessRollout(object: KubeObject): Health {
  return (
    failure(object) ??
    pause(object) ??
    behindWorkload(object) ??
    told(object) ??
    waiting(object) ??
    healthy()
  );
}

const broken: ReadonlySet<string> = new Set(["RolloutAborted", "ProgressDeadlineExceeded"]);

function failure(object: KubeObject): Health | undefined {
  const invalid = conditionIs(object, "InvalidSpec", "True");
  if (invalid !== undefined) return degraded(words(invalid));
  const progress = conditionOf(object, "Progressing");
  return progress !== undefined && broken.has(progress.reason)
    ? degraded(words(progress))
    : undefined;
}

function pause(object: KubeObject): Health | undefined {
  const pauses = listAt(object, "status", "pauseConditions");
  const isPaused =
    at(object, "spec", "paused") === true ||
    at(object, "status", "controllerPause") === true ||
    pauses.length > 0;
  return isPaused ? suspended(textAt(pauses[0], "reason") || "paused") : undefined;
}

/** A rollout may take its template from a Deployment, which has a generation of its own. */
function behindWorkload({ metadata, status }: KubeObject): Health | undefined {
  const wanted = metadata.annotations?.["rollout.argoproj.io/workload-generation"];
  const observed = textAt(status, "workloadObservedGeneration");
  const isBehind = wanted !== undefined && observed !== "" && wanted !== observed;
  return isBehind ? progressing("its workload has changed") : undefined;
}

function told(object: KubeObject): Health | undefined {
  const found = assessWord(textAt(object, "status", "phase"));
  return found && { ...found, message: textAt(object, "status", "message") || found.message };
}

/** Controllers before 1.0 wrote no phase. */
function waiting(object: KubeObject): Health | undefined {
  const wanted = numberAt(object, "spec", "replicas") ?? 1;
  const count = (name: string) => numberAt(object, "status", name) ?? 0;
  if (count("updatedReplicas") < wanted) return progressing("more replicas need to be updated");
  if (count("availableReplicas") < wanted) return progressing("updated replicas are not available");
  if (count("replicas") > count("updatedReplicas")) return progressing("old replicas not gone yet");
  return unserved(object);
}

function unserved(object: KubeObject): Health | undefined {
  const { status } = object;
  const isBlueGreen = at(object, "spec", "strategy", "blueGreen") !== undefined;
  const current = textAt(status, "currentPodHash");
  const active = textAt(status, "blueGreen", "activeSelector") || textAt(status, "activeSelector");
  if (isBlueGreen && active !== current) return progressing("the new version is not active yet");
  const stable = textAt(status, "stableRS") || textAt(status, "canary", "stableRS");
  if (!isBlueGreen && stable !== current) return progressing("the new version is not stable yet");
  return undefined;
}
