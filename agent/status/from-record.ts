import { reasons } from "../model/reason.ts";
import type { Revision, UnitStatus } from "../model/status.ts";
import type { StatusRecord, UnitRecord } from "./record.ts";

/** The units of a record as statuses: what a record leaves out is empty, and messages are those of the reasons. */
export function unitsOfRecord(record: StatusRecord): readonly UnitStatus[] {
  return Object.entries(record.units).map(([app, unit]) => unitStatus(record, app, unit));
}

function unitStatus(record: StatusRecord, app: string, unit: UnitRecord): UnitStatus {
  const { state, stage, reason, since, comparedAt, change, commits, digest, counts } = unit;
  const { attempted, applied, live, desired } = commits;
  return {
    app,
    cluster: record.cluster,
    namespace: "",
    path: "",
    renderer: "plain",
    state,
    stage,
    reason,
    message: state === "Synced" ? "" : reasons[reason].summary,
    since,
    ...(comparedAt === undefined ? {} : { comparedAt }),
    ...(desired === undefined ? {} : { desired }),
    ...(change === undefined ? {} : { changeId: change }),
    ...(digest === undefined ? {} : { digest }),
    revisions: {
      ...(attempted === undefined ? {} : { attempted: revision(record, attempted) }),
      ...(applied === undefined ? {} : { applied: revision(record, applied) }),
      ...(live === undefined ? {} : { live: revision(record, live) }),
    },
    objects: counts,
    problems: [],
    drift: [],
    history: unit.history.map((entry) => ({ ...entry, digest: "" })),
    handled: {},
    conditions: [],
  };
}

/** A record has no times of its commits: known by then. */
function revision({ publishedAt }: StatusRecord, commit: string): Revision {
  return { commit, committedAt: publishedAt, at: publishedAt };
}
