import { isJsonObject, jsonEqual } from "../../../agent/model/json.ts";
import { ownerAnnotation } from "../../../agent/model/names.ts";

import { describeRef, refId } from "../../../agent/model/object.ts";
import { commonForm } from "./form.ts";
import {
  type ApiWrite,
  byIdentity,
  type History,
  isAgentsOwn,
  type UnitCase,
  type Violation,
} from "./model.ts";
import { wrongRestore } from "./recreate.ts";

/**
 * I4 nothing half-rendered: each applied body is an object of one complete render of an accepted commit, and once a
 * body of a newer commit was sent no body of an older one follows.
 */
export function nothingHalfRendered(history: History): readonly Violation[] {
  const violations: Violation[] = [];
  const reached = new Map<string, number>();
  for (const write of history.requests) {
    if (isAgentsOwn(history, write.ref)) continue;
    if (write.verb === "create") violations.push(...judgeCreated(history, write));
    if (write.verb !== "apply") continue;
    const unit = unitOf(history, write);
    const say = (message: string) =>
      violations.push({
        invariant: "I4",
        revision: write.seenAt,
        ref: write.ref,
        message: `${describeRef(write.ref)}: ${message}`,
      });
    if (unit === undefined) {
      say("the applied body bears the mark of no app of this run");
      continue;
    }
    const from = reached.get(unit.app) ?? 0;
    const matching = matchingCommits(history, unit, write);
    const index = matching.find((candidate) => candidate >= from);
    if (matching.length === 0) say("the applied body is in no render of an accepted commit");
    else if (index === undefined) say("a body of an older commit follows one of a newer commit");
    else reached.set(unit.app, index);
  }
  return violations;
}

/** Members are applied; what is created is the app's bare namespace, or a copy that a person wanted back. */
function judgeCreated(history: History, write: ApiWrite): readonly Violation[] {
  const { ref, revision, seenAt } = write;
  if (revision === undefined || (ref.kind === "Namespace" && ref.group === "")) return [];
  const why = wrongRestore(history, write);
  return why === undefined
    ? []
    : [{ invariant: "I4", revision: seenAt, ref, message: `${describeRef(ref)}: ${why}` }];
}

function unitOf(history: History, { body }: ApiWrite): UnitCase | undefined {
  if (!isJsonObject(body) || !isJsonObject(body.metadata)) return undefined;
  const annotations = body.metadata.annotations;
  const mark = isJsonObject(annotations) ? annotations[ownerAnnotation] : undefined;
  if (typeof mark !== "string") return undefined;
  const app = mark.split("/")[1];
  return history.units.find((unit) => unit.app === app);
}

/** Indexes of the commits visible then whose render holds exactly this body. */
function matchingCommits(history: History, unit: UnitCase, write: ApiWrite): readonly number[] {
  const matching: number[] = [];
  for (const [index, { id, from }] of history.commits.entries()) {
    if (from > write.seenAt) break;
    const declared = unit.declared.get(id);
    if (declared === undefined || declared === "broken") continue;
    const wanted = byIdentity(declared).get(refId(write.ref));
    if (wanted !== undefined && jsonEqual(commonForm(wanted), commonForm(write.body)))
      matching.push(index);
  }
  return matching;
}
