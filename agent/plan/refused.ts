import type { ApiFailure } from "../model/api-failure.ts";
import type { Change } from "../model/change.ts";
import { isJsonObject } from "../model/json.ts";
import { type KubeObject, type ManagedFieldsEntry, versionOf } from "../model/object.ts";
import { isImmutable, isRace, problemOf } from "./classify.ts";
import { leaveDrift } from "./leave.ts";
import type { PlanContext } from "./plan.ts";
import { planRecreate, type Stuck } from "./recreate.ts";

/** What becomes of an update whose dry run the server refused. */
export function judgeRefusal(
  stuck: Stuck,
  failure: ApiFailure,
  context: PlanContext,
): Change | "raced" {
  const { desired, live } = stuck;
  const { ref } = desired;
  if (isRace(failure)) return "raced";
  const repairs = context.unit.mode === "enforce" ? repairedEntries(stuck, failure) : undefined;
  if (repairs !== undefined) {
    const [payload, over] = [desired.object, versionOf(live)];
    const update = {
      action: "update",
      ref,
      desired,
      payload,
      over,
      live,
      cause: "change",
    } as const;
    return { ...update, fields: [], adopts: false, repairs };
  }
  if (!isImmutable(failure)) return { action: "fail", ref, problem: problemOf(failure, desired) };
  const planned = planRecreate(stuck, failure, context);
  if (planned.action !== "recreate") return planned;
  return leaveDrift({ desired, live, fields: [], cause: planned.cause }, context) ?? planned;
}

/** an entry names a version of the kind that has lost a field since, or is gone, and nothing can be applied over it. */
function repairedEntries(
  { desired, live }: Stuck,
  { message }: ApiFailure,
): readonly ManagedFieldsEntry[] | undefined {
  const isLost =
    message.includes("not declared in schema") && !message.includes("typed patch object");
  const isGone = message.includes("convert CR to an invalid group/version");
  const entries = live.metadata.managedFields ?? [];
  const { apiVersion } = desired.object;
  if ((!isLost && !isGone) || entries.every((entry) => entry.apiVersion === apiVersion))
    return undefined;
  return entries.map((entry) => ({ ...entry, apiVersion }));
}

/** nothing can be asked without doing it. Such a webhook is an exception, and read-only agents know no other way. */
export function isDryRunRefused({ message }: ApiFailure): boolean {
  return message.includes("does not support dry run");
}

/** What live would be with every declared field on it: what stands for a prediction that cannot be had. */
export function overlaid(live: KubeObject, payload: KubeObject): KubeObject {
  return mapOver(live, payload) as KubeObject;
}

function over(live: unknown, wanted: unknown): unknown {
  if (isJsonObject(live) && isJsonObject(wanted)) return mapOver(live, wanted);
  if (!Array.isArray(live) || !Array.isArray(wanted) || live.length !== wanted.length)
    return wanted;
  return wanted.map((item, index) => over(live[index], item));
}

function mapOver(live: object, wanted: object): object {
  const own = Object.entries(wanted).map(([key, value]) => [
    key,
    over(Reflect.get(live, key), value),
  ]);
  return { ...live, ...Object.fromEntries(own) };
}
