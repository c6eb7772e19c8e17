import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import {
  conditionIs,
  conditionOf,
  degraded,
  healthy,
  listAt,
  progressing,
  textAt,
  words,
} from "./read.ts";

/** GitOps Promoter: every environment runs the same dry commit, and nothing waits between them. */
export function assessPromotionStrategy(object: KubeObject): Health | undefined {
  const unready = notReady(object);
  if (unready !== undefined) return unready;
  const environments = listAt(object, "status", "environments");
  if (environments.length === 0) return degraded("no environments");
  return environments.map(assessEnvironment).find((found) => found !== undefined) ?? healthy();
}

/** Its commit status sums up the Argo CD applications that it selects. */
export function assessCommitStatus(object: KubeObject): Health | undefined {
  const unready = notReady(object);
  if (unready !== undefined) return unready;
  const applications = listAt(object, "status", "applicationsSelected");
  if (applications.length === 0) return degraded("no applications selected");
  const phases = applications.map((application) => textAt(application, "phase"));
  if (phases.includes("failure")) return degraded("an application failed");
  return phases.includes("pending") ? progressing("an application is pending") : healthy();
}

function notReady(object: KubeObject): Health | undefined {
  const failed = conditionIs(object, "Ready", "False");
  if (failed !== undefined) return degraded(words(failed));
  const ready = conditionOf(object, "Ready");
  return ready?.status === "True" ? undefined : progressing("not reconciled yet");
}

function assessEnvironment(environment: unknown): Health | undefined {
  const active = textAt(environment, "active", "dry", "sha");
  const proposed = textAt(environment, "proposed", "dry", "sha");
  if (active === "" || proposed === "") return progressing("not hydrated yet");
  const phases = ["active", "proposed"]
    .flatMap((side) => listAt(environment, side, "commitStatuses"))
    .map((status) => textAt(status, "phase"));
  const name = textAt(environment, "branch");
  if (phases.includes("pending")) return progressing(`${name}: a check is pending`);
  if (phases.includes("failure")) return degraded(`${name}: a check failed`);
  return active === proposed ? undefined : progressing(`${name}: a promotion is under way`);
}
