import type { HookPhase, HookRun } from "../model/hook.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import { parseRefId } from "../model/object.ts";

const phases = ["pre", "post", "failure"] as const;
const states = ["intent", "running", "succeeded", "failed"] as const;

/** By phase and identity, as they stand in the inventory: one hook may run in several phases. */
export function hooksJson(hooks: ReadonlyMap<string, HookRun>): JsonObject {
  return Object.fromEntries([...hooks].map(([key, run]) => [key, runJson(run)]));
}

/** The key says phase and identity. */
function runJson({ ref: _ref, phase: _phase, ...rest }: HookRun): JsonObject {
  return { ...rest };
}

/** Undefined when any of it cannot be read: a run that is forgotten would be run twice. */
export function hooksOf(value: unknown): ReadonlyMap<string, HookRun> | undefined {
  if (!isJsonObject(value)) return undefined;
  const runs = Object.entries(value).map(([key, run]) => [key, runOf(key, run)] as const);
  const read = runs.flatMap(([key, run]) => (run === undefined ? [] : [[key, run] as const]));
  return read.length === runs.length ? new Map(read) : undefined;
}

function runOf(key: string, value: unknown): HookRun | undefined {
  const [word = "", id = ""] = key.split(" ");
  const phase: HookPhase | undefined = phases.find((each) => each === word);
  const ref = parseRefId(id);
  if (phase === undefined || ref === undefined || !isJsonObject(value)) return undefined;
  const { version, digest, since, uid, attempt, why, deleted } = value;
  const state = states.find((each) => each === value.state);
  if (typeof version !== "string" || typeof digest !== "string" || typeof since !== "string")
    return undefined;
  if (state === undefined) return undefined;
  return {
    ...{ ref, phase, version, digest, state, since },
    ...(typeof uid === "string" && { uid }),
    ...(typeof attempt === "number" && { attempt }),
    ...(typeof why === "string" && { why }),
    ...(deleted === true && { deleted }),
  };
}
