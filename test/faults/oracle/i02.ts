import { describeRef, refId } from "../../../agent/model/object.ts";
import {
  declaredAt,
  type History,
  inventoryAt,
  isAgentsOwn,
  isHookOnRecord,
  LiveState,
  markOf,
  type Violation,
} from "./model.ts";

/** I2 nothing orphaned: at every instant, what we created and still mark is declared, tracked, or going. */
export function nothingOrphaned(history: History): readonly Violation[] {
  const created = createdByAgent(history);
  const found = new Map<string, Violation>();
  const live = new LiveState();
  let next = 0;
  for (const revision of instants(history)) {
    for (; (history.events[next]?.revision ?? Number.POSITIVE_INFINITY) <= revision; next++) {
      const event = history.events[next];
      if (event !== undefined) live.apply(event);
    }
    for (const [id, { ref, object }] of live.objects) {
      const uid = object.metadata.uid ?? "";
      if (!created.has(uid) || isAgentsOwn(history, ref) || found.has(uid)) continue;
      if (object.metadata.deletionTimestamp !== undefined) continue;
      // Without the mark it was let go on record: the release is a write of its own (P-21).
      if (markOf(object) === undefined || isAccountedFor(history, id, revision)) continue;
      found.set(uid, {
        invariant: "I2",
        revision,
        ref,
        message: `${describeRef(ref)} was created by the agent and is now neither declared, in an inventory, nor being deleted`,
      });
    }
  }
  return [...found.values()];
}

/** UIDs of the incarnations whose creating write was the agent's. */
function createdByAgent(history: History): ReadonlySet<string> {
  const writes = new Map(
    history.requests.flatMap(({ revision, ref }) =>
      revision === undefined ? [] : [[revision, refId(ref)]],
    ),
  );
  const seen = new Set<string>();
  const created = new Set<string>();
  for (const { revision, ref, object } of history.events) {
    const uid = object?.metadata.uid;
    if (uid === undefined || seen.has(uid)) continue;
    seen.add(uid);
    if (writes.get(revision) === refId(ref)) created.add(uid);
  }
  return created;
}

/** After every commit of the server's log and every commit of Git; sorted. */
function instants(history: History): readonly number[] {
  const all = [
    ...history.events.map(({ revision }) => revision),
    ...history.inventories.map(({ revision }) => revision),
    ...history.commits.map(({ from }) => from),
  ];
  return [...new Set(all)].sort((a, b) => a - b);
}

function isAccountedFor(history: History, id: string, revision: number): boolean {
  return history.units.some((unit) => {
    const declared = declaredAt(history, unit, revision);
    if (declared !== undefined && declared !== "broken" && declared.has(id)) return true;
    const inventory = inventoryAt(history, unit.app, revision);
    return (inventory?.entries.has(id) ?? false) || isHookOnRecord(inventory, id);
  });
}
