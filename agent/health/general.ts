import type { Health } from "../model/health.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { KubeObject } from "../model/object.ts";
import { assessConditions, hasSummary, worst } from "./conditions.ts";
import {
  at,
  conditionsOf,
  currentConditions,
  degraded,
  healthy,
  listAt,
  numberAt,
  progressing,
  suspended,
  textAt,
} from "./read.ts";
import { isGood, isPaused, speaksOfFailure, speaksOfWork } from "./vocabulary.ts";
import { noStatus } from "./words.ts";

/** Any kind that no table names (semantics §5.1 (5)): what most controllers mean by what they write. */
export function assessGeneral(object: KubeObject): Health {
  const { status } = object;
  if (!isJsonObject(status) || !saysAnything(status)) return progressing(noStatus);
  if (isStopped(object)) return suspended("suspended");
  return spoken(object) ?? assessStale(object) ?? assessHints(object, status) ?? healthy();
}

/** Controllers may write empty fields before they know anything. */
function saysAnything(status: JsonObject): boolean {
  return Object.values(status).some((value) => value !== null && value !== "");
}

/** Where no condition sums the object up, its phase has a say too. */
function spoken(object: KubeObject): Health | undefined {
  const conditions = conditionsOf(object);
  const found = assessConditions(conditions);
  if (found !== undefined && hasSummary(conditions)) return found;
  const summary = assessSummary(object);
  return worst([found, summary].filter((verdict) => verdict !== undefined));
}

function isStopped(object: KubeObject): boolean {
  return at(object, "spec", "suspend") === true || at(object, "spec", "paused") === true;
}

/** Conditions are there, and all of them speak of an older generation. */
function assessStale(object: KubeObject): Health | undefined {
  const isStale =
    listAt(object, "status", "conditions").length > 0 && conditionsOf(object).length === 0;
  return isStale ? progressing("its conditions are about an older version") : undefined;
}

const summaryFields = ["phase", "state", "status", "health"] as const;

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
  if (speaksOfFailure(word) || word.toLowerCase() === "unavailable") return degraded(word);
  if (isPaused(word)) return suspended(word);
  return speaksOfWork(word) ? progressing(word) : undefined;
}

/** What is left when neither conditions nor a phase speak: errors, flags, counts, and conditions deeper inside. */
function assessHints(object: KubeObject, status: JsonObject): Health | undefined {
  return (
    errorText(status) ??
    assessNested(object, status) ??
    assessFlags(status) ??
    assessNamedStates(status) ??
    assessCounts(object) ??
    assessSilence(status)
  );
}

const errorFields = ["error", "errMsg", "errorMessage", "failureMessage", "failureReason"] as const;

function errorText(status: JsonObject): Health | undefined {
  for (const field of errorFields) {
    const text = textAt(status, field) || textAt(status, field, "message");
    if (text !== "") return degraded(text);
  }
  return undefined;
}

/** Gateway API and others keep conditions per parent, ancestor or router. */
function assessNested(object: KubeObject, status: JsonObject): Health | undefined {
  const verdicts = Object.values(status)
    .filter((value): value is readonly unknown[] => Array.isArray(value))
    .flat()
    .map((item) => listAt(item, "conditions"))
    .map((list) => assessConditions(currentConditions(list, object.metadata.generation)))
    .filter((found) => found !== undefined);
  return worst(verdicts);
}

function assessFlags(status: JsonObject): Health | undefined {
  if (at(status, "healthy") === false) return degraded("unhealthy");
  const isWaiting = at(status, "ready") === false || at(status, "readyToUse") === false;
  return isWaiting ? progressing("not ready yet") : undefined;
}

/** `updateStatus`, `currentState`, `clusterPhase`. */
function assessNamedStates(status: JsonObject): Health | undefined {
  const verdicts = Object.entries(status)
    .filter(([key]) => /(Status|State|Phase|Health)$/.test(key))
    .map(([, value]) => (typeof value === "string" ? assessWord(value) : undefined))
    .filter((found) => found !== undefined);
  return worst(verdicts);
}

function assessCounts(object: KubeObject): Health | undefined {
  const ready = numberAt(object, "status", "readyReplicas");
  const wanted = numberAt(object, "spec", "replicas") ?? numberAt(object, "status", "replicas");
  if (ready === undefined || wanted === undefined || ready >= wanted) return undefined;
  return progressing(`${ready} of ${wanted} replicas ready`);
}

/** Conditions are meant to be there, and none of this generation is. */
function assessSilence(status: JsonObject): Health | undefined {
  const { conditions } = status;
  if (!Array.isArray(conditions)) return undefined;
  if (conditions.length === 0) return progressing("no conditions yet");
  return undefined;
}
