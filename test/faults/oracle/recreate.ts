import { isJsonObject, jsonEqual } from "../../../agent/model/json.ts";
import { annotations } from "../../../agent/model/names.ts";
import { type KubeObject, refId } from "../../../agent/model/object.ts";
import type { ApiWrite, History } from "./model.ts";

const immutable = /immutable|(may not|cannot) (be )?(chang|updat|modif)|updates? to .* forbidden/i;

interface Declared {
  readonly app: string;
  readonly write: ApiWrite;
  readonly declared: KubeObject;
}

/**
 * Why a DELETE of something declared is no recreate either (I3): Git allows it on the object, the server had refused
 * the change because a field cannot be changed, and a StatefulSet leaves what it owns behind.
 */
export function wrongRecreate(
  history: History,
  { app, write, declared }: Declared,
): readonly string[] {
  const wrong: string[] = [];
  if (declared.metadata.annotations?.[annotations.recreate] !== "enabled")
    wrong.push(`(d) ${app} declares it, and Git does not let it be made anew`);
  const refusal = history.refusals.find(
    (one) =>
      refId(one.ref) === refId(write.ref) &&
      one.seenAt <= write.seenAt &&
      immutable.test(one.message),
  );
  if (refusal === undefined) wrong.push(`(d) ${app} declares it, and no change of it was refused`);
  const { body } = write;
  const policy = isJsonObject(body) ? body.propagationPolicy : undefined;
  if (write.ref.kind === "StatefulSet" && policy !== "Orphan")
    wrong.push("(d) a StatefulSet is made anew together with its pods");
  return wrong;
}

/** Why a created object is not one that `restore` brought back (I4): it must be a copy of what the agent had deleted. */
export function wrongRestore(
  history: History,
  { ref, body, revision = 0, seenAt }: ApiWrite,
): string | undefined {
  const isDeleted = history.requests.some(
    (one) => one.verb === "delete" && one.seenAt <= seenAt && refId(one.ref) === refId(ref),
  );
  if (!isDeleted) return "it was created, and no such object had been deleted";
  const states = history.events.filter(
    (event) => event.revision < revision && refId(event.ref) === refId(ref),
  );
  const isCopy = states.some(({ object }) => object !== undefined && isSame(object, body));
  return isCopy ? undefined : "it was created, and is no copy of what had been deleted";
}

function isSame(before: KubeObject, body: unknown): boolean {
  if (!isJsonObject(body)) return false;
  return ["data", "spec", "rules", "roleRef", "subjects", "type"].every((field) =>
    jsonEqual(plain(before[field]), plain(body[field])),
  );
}

function plain(value: unknown): unknown {
  return value ?? null;
}
