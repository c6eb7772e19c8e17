import { annotations } from "../../../agent/model/names.ts";
import {
  describeRef,
  type KubeObject,
  type ObjectRef,
  refId,
} from "../../../agent/model/object.ts";
import { guardThatTrips } from "./guard.ts";
import {
  type Acceptance,
  type AcceptedCommit,
  type ApiWrite,
  bearsOwnMark,
  byIdentity,
  commitAt,
  commitIndex,
  declaredAt,
  type History,
  inventoryAt,
  isAgentsOwn,
  isHookOnRecord,
  markOf,
  objectAt,
  type UnitCase,
  type Violation,
} from "./model.ts";
import { wrongRecreate } from "./recreate.ts";
import { refersTo } from "./references.ts";

/** I3 nothing wrongly deleted: each DELETE that the agent sent and the server carried out, against every rule for it. */
export function nothingWronglyDeleted(history: History): readonly Violation[] {
  return history.requests.flatMap((write, index) => {
    if (write.verb !== "delete" && write.verb !== "deletecollection") return [];
    if (isAgentsOwn(history, write.ref)) return [];
    return judge({ history, write, before: history.requests.slice(0, index) }).map(
      (message): Violation => ({
        invariant: "I3",
        revision: write.seenAt,
        ref: write.ref,
        message: `DELETE of ${describeRef(write.ref)}: ${message}`,
      }),
    );
  });
}

interface Deletion {
  readonly history: History;
  readonly write: ApiWrite;
  /** What the agent sent earlier. */
  readonly before: readonly ApiWrite[];
}

function judge(deletion: Deletion): readonly string[] {
  const { write } = deletion;
  if (write.verb === "deletecollection") return ["deletes by selection are never right"];
  const wrong: string[] = [];
  if (write.preconditions.uid === undefined) wrong.push("(a) no uid precondition");
  if (write.preconditions.resourceVersion === undefined)
    wrong.push("(a) no resourceVersion precondition");
  // Refused by its preconditions, or already gone: nothing was deleted.
  if (write.revision === undefined) return wrong;
  return [...wrong, ...judgeCarriedOut(deletion, write.revision)];
}

function judgeCarriedOut(deletion: Deletion, revision: number): readonly string[] {
  const { history, write } = deletion;
  const live = objectAt(history, write.ref, revision - 1);
  if (live === undefined) return ["(c) the revision log knows no such object"];
  const wrong: string[] = [];
  if (!bearsOwnMark(live, write.ref))
    wrong.push("(c) it does not bear a mark with its own identity");
  if ((live.metadata.ownerReferences ?? []).length > 0) wrong.push("(c) a controller owns it");
  if (live.metadata.annotations?.[annotations.prune] === "disabled")
    wrong.push("(g) it is annotated never to be deleted");
  const mark = markOf(live);
  const unit = history.units.find(({ app }) => app === mark?.app);
  if (unit === undefined || mark === undefined)
    return [...wrong, "(c) its mark names no app of this run"];
  const inventory = inventoryAt(history, unit.app, revision);
  // By its deletion policy, or to make room: for that the rules above are all (O-17).
  if (isHookOnRecord(inventory, refId(write.ref))) return wrong;
  const entry = inventory?.entries.get(refId(write.ref));
  if (entry === undefined) wrong.push(`(b) it is not in the inventory of ${unit.app}`);
  if (inventory !== undefined && inventory.installation !== mark.installation)
    wrong.push("(c) its mark names another installation");
  return [...wrong, ...judgeIntent({ ...deletion, unit, revision })];
}

interface Judged extends Deletion {
  readonly unit: UnitCase;
  readonly revision: number;
}

function judgeIntent(judged: Judged): readonly string[] {
  const { history, write, unit, revision } = judged;
  const id = refId(write.ref);
  const own = declaredAt(history, unit, revision);
  const again = own === "broken" ? undefined : own?.get(id);
  if (again !== undefined) return wrongRecreate(history, { app: unit.app, write, declared: again });
  const wrong: string[] = [];
  for (const other of history.units) {
    const declared = declaredAt(history, other, revision);
    if (declared === "broken") {
      if (inventoryAt(history, other.app, revision)?.entries.has(id))
        wrong.push(`(d) ${other.app} does not render, so its whole inventory counts as declared`);
    } else if (declared?.has(id)) wrong.push(`(d) ${other.app} declares it`);
  }
  const commit = commitAt(history, revision);
  if (commit === undefined) return [...wrong, "(e) no commit was accepted yet"];
  const declared = declaredAt(history, unit, revision);
  if (declared === "broken") return [...wrong, "(e) the newest accepted commit does not render"];
  if (declared === undefined) return [...wrong, ...judgeRemoval(judged, commit)];
  if (declared.size > 0) wrong.push(...judgeCompleteness(judged, { commit, declared }));
  wrong.push(...judgeGuard(judged, { commit, declared }));
  return wrong;
}

/** The app itself is gone: only `onRemove: delete`, or a person, lets its objects go. */
function judgeRemoval({ history, unit }: Judged, commit: AcceptedCommit): readonly string[] {
  if (unit.onRemove === "delete" || acceptanceFor(history, unit, commit) !== undefined) return [];
  return [`(e) ${unit.app} is gone and nobody decided that its objects go`];
}

interface Target {
  readonly commit: AcceptedCommit;
  readonly declared: ReadonlyMap<string, KubeObject>;
}

/** (d) nothing that stays refers to it; (e), (f) everything declared was applied before. */
function judgeCompleteness(
  { history, write, revision, before, unit }: Judged,
  { commit, declared }: Target,
): readonly string[] {
  const wrong: string[] = [];
  for (const [id, object] of declared) {
    if (refersTo(object, write.ref))
      wrong.push(`(d) ${object.kind} ${object.metadata.name} refers to it`);
    const ref = refOfId(history, id);
    const live = ref === undefined ? undefined : objectAt(history, ref, revision);
    if (live === undefined || markOf(live)?.app !== unit.app) {
      wrong.push(
        `(e) ${object.kind} ${object.metadata.name} of commit ${commit.id} was not applied yet`,
      );
    }
    const last = before.findLast((one) => one.verb === "apply" && refId(one.ref) === id);
    if (last !== undefined && last.seenAt >= commit.from && last.status >= 400)
      wrong.push(
        `(f) applying ${object.kind} ${object.metadata.name} had failed with ${last.status}`,
      );
  }
  return wrong;
}

function refOfId(history: History, id: string): ObjectRef | undefined {
  return history.events.find((event) => refId(event.ref) === id)?.ref;
}

/** (g) the whole set that this commit lets go, judged as it was when its first object went. */
function judgeGuard(
  { history, unit, revision }: Judged,
  { commit, declared }: Target,
): readonly string[] {
  const first = history.requests.find(
    (one) =>
      one.verb === "delete" &&
      one.revision !== undefined &&
      one.revision >= commit.from &&
      !isAgentsOwn(history, one.ref) &&
      inventoryAt(history, unit.app, one.revision)?.entries.has(refId(one.ref)) === true,
  );
  const start = (first?.revision ?? revision) - 1;
  const entries = [...(inventoryAt(history, unit.app, start)?.entries.values() ?? [])];
  const live = new Map<string, KubeObject>();
  for (const { ref } of entries) {
    const object = objectAt(history, ref, start);
    if (object !== undefined) live.set(refId(ref), object);
  }
  const tracked = entries.map(({ ref }) => ref);
  const refs = tracked.filter((ref) => !declared.has(refId(ref)) && live.has(refId(ref)));
  const trips = guardThatTrips({ refs, live, tracked, declared: declared.size });
  if (trips === undefined) return [];
  const acceptance = acceptanceFor(history, unit, commit);
  if (acceptance !== undefined && covers({ unit, acceptance, refs })) return [];
  return [`(g) nobody accepted it: ${trips}`];
}

/** It lets go what its own commit does not declare either, up to its number (P-52). */
function covers({
  unit,
  acceptance,
  refs,
}: {
  readonly unit: UnitCase;
  readonly acceptance: Acceptance;
  readonly refs: readonly ObjectRef[];
}): boolean {
  const there = unit.declared.get(acceptance.commit);
  if (there === "broken" || refs.length > acceptance.max) return false;
  const declared = byIdentity(there ?? []);
  return refs.every((ref) => !declared.has(refId(ref)));
}

/** An acceptance reaches the commits that contain it: all later ones of this history. */
function acceptanceFor(
  history: History,
  unit: UnitCase,
  commit: AcceptedCommit,
): Acceptance | undefined {
  const at = commitIndex(history, commit.id);
  return history.acceptances.find((one) => {
    const index = commitIndex(history, one.commit);
    return one.app === unit.app && index !== -1 && index <= at;
  });
}
