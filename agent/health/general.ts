import type { Health } from "../model/health.ts";
import { isJsonObject } from "../model/json.ts";
import type { KubeObject } from "../model/object.ts";
import { assessConditions } from "./conditions.ts";
import { at, conditionsOf, degraded, healthy, progressing, suspended, textAt } from "./read.ts";
import { isGood, isPaused, speaksOfFailure, speaksOfWork } from "./vocabulary.ts";
import { noStatus } from "./words.ts";

const summaryFields = ["phase", "state", "status", "health"] as const;

/** Any kind that no table names (semantics §5.1 (5)): what most controllers mean by what they write. */
export function assessGeneral(object: KubeObject): Health {
  const status = object.status;
  if (!isJsonObject(status) || Object.keys(status).length === 0) return progressing(noStatus);
  if (isStopped(object)) return suspended("suspended");
  return assessConditions(conditionsOf(object)) ?? assessSummary(object) ?? healthy();
}

function isStopped(object: KubeObject): boolean {
  return at(object, "spec", "suspend") === true || at(object, "spec", "paused") === true;
}

/** `status.phase` and its likes. */
export function assessSummary(object: KubeObject): Health | undefined {
  for (const field of summaryFields) {
    const found = assessWord(textAt(object, "status", field));
    if (found === undefined) continue;
    return { ...found, message: textAt(object, "status", "message") || found.message };
  }
  return undefined;
}

/** One word that sums an object up; undefined for none that we know. */
export function assessWord(word: string): Health | undefined {
  if (word === "") return undefined;
  if (isGood(word)) return healthy();
  if (speaksOfFailure(word)) return degraded(word);
  if (isPaused(word)) return suspended(word);
  return speaksOfWork(word) ? progressing(word) : undefined;
}
