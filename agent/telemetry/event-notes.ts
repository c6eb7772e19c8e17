import type { AgentEvent } from "../model/event.ts";
import { describeRef, type ObjectRef, refId } from "../model/object.ts";
import { reasons } from "../model/reason.ts";
import { needsAttention } from "../model/state.ts";
import type { UnitStatus } from "../model/status.ts";
import { isPruned } from "./pruned.ts";
import { rolledBackNote } from "./rollback-note.ts";

/** What one Event says, before it is an object. */
export interface Note {
  readonly app: string;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  /** The stage. */
  readonly action: string;
  readonly message: string;
  readonly next: string;
  readonly commit?: string;
  readonly change?: string;
  readonly related?: ObjectRef;
  /** The same app, reason and object. */
  readonly key: string;
}

type Of<T extends AgentEvent["type"]> = Extract<AgentEvent, { type: T }>;
type Gathered = "DriftHealed" | "Pruned" | "Adopted";

const namedObjects = 5;

/** Events of the agent → notes, on transitions only. What happens to many objects of a pass is one note at its end. */
export function createNoteTaker(): (event: AgentEvent) => readonly Note[] {
  const gathered = new Map<string, ObjectRef[]>();
  return (event) => {
    switch (event.type) {
      case "status":
        return statusNotes(event);
      case "change":
        gather(gathered, event);
        return [];
      case "pass-ended":
        return passNotes(gathered, event);
      case "restored":
        return restoredNotes(event);
      case "rolled-back":
        return [rolledBackNote(event)];
      case "warning":
        return warningNotes(event);
      default:
        return [];
    }
  };
}

function gather(gathered: Map<string, ObjectRef[]>, { app, result }: Of<"change">): void {
  const { change, outcome } = result;
  const kind = gatheredAs(result);
  if (kind === undefined || outcome === "failed") return;
  const key = `${app} ${kind}`;
  gathered.set(key, [...(gathered.get(key) ?? []), change.ref]);
}

function gatheredAs(result: Of<"change">["result"]): Gathered | undefined {
  const { change, outcome } = result;
  if (isPruned(result)) return "Pruned";
  if (outcome === "adopted") return "Adopted";
  const isHealed = outcome === "created" || outcome === "configured" || outcome === "recreated";
  return isHealed && "cause" in change && change.cause === "drift" ? "DriftHealed" : undefined;
}

const gatheredWords = {
  Pruned: "deleted, because Git no longer declares",
  Adopted: "took over",
  DriftHealed: "set back to what Git declares:",
} as const satisfies Record<Gathered, string>;

function passNotes(
  gathered: Map<string, ObjectRef[]>,
  { app, commit }: Of<"pass-ended">,
): readonly Note[] {
  return (["Pruned", "Adopted", "DriftHealed"] as const).flatMap((reason) => {
    const refs = gathered.get(`${app} ${reason}`);
    gathered.delete(`${app} ${reason}`);
    const [first] = refs ?? [];
    if (refs === undefined || first === undefined) return [];
    const names = refs.slice(0, namedObjects).map(describeRef).join(", ");
    return {
      app,
      type: "Normal",
      reason,
      action: "applied",
      message: `${gatheredWords[reason]} ${names}${moreThan(refs)}.`,
      next: "Nothing to do.",
      ...(commit === undefined ? {} : { commit }),
      ...(refs.length === 1 ? { related: first } : {}),
      key: `${app} ${reason} ${refs.map(refId).sort().join(" ")}`,
    } as const;
  });
}

function restoredNotes({ app, objects }: Of<"restored">): readonly Note[] {
  const said = objects.map(
    ({ ref, why }) => `${describeRef(ref)}${why === undefined ? "" : ` not: ${why}`}`,
  );
  const message = `brought back ${said.slice(0, namedObjects).join(", ")}${moreThan(said)}.`;
  const isWhole = objects.every(({ why }) => why === undefined);
  const type = isWhole ? "Normal" : "Warning";
  const next = "Declare it in Git, or delete it: nobody owns what was brought back.";
  return [
    {
      app,
      type,
      reason: "Restored",
      action: "applied",
      message,
      next,
      key: `${app} Restored ${message}`,
    },
  ];
}

function moreThan(all: readonly unknown[]): string {
  return all.length > namedObjects ? ` and ${all.length - namedObjects} more` : "";
}

function statusNotes({ before, after }: Of<"status">): readonly Note[] {
  const notes = [
    troubleNote(before, after),
    deployedNote(before, after),
    recoveredNote(before, after),
    ...suspendNotes(before, after),
    acceptedNote(before, after),
    ...supersededNotes(before, after),
  ];
  return notes.filter((note) => note !== undefined);
}

function note(
  after: UnitStatus,
  words: Pick<Note, "type" | "reason" | "message"> & {
    readonly next?: string;
    readonly commit?: string;
  },
): Note {
  const { app, stage, reason, changeId } = after;
  const commit = words.commit ?? after.desired ?? after.revisions.fetched?.commit;
  return {
    app,
    action: stage,
    type: words.type,
    reason: words.reason,
    message: words.message,
    next: words.next ?? reasons[reason].next,
    ...(commit === undefined ? {} : { commit }),
    ...(changeId === undefined ? {} : { change: changeId }),
    key: `${app} ${words.reason} ${commit ?? ""}`,
  };
}

function troubleNote(before: UnitStatus | undefined, after: UnitStatus): Note | undefined {
  if (!needsAttention(after.state)) return undefined;
  if (before?.state === after.state && before.reason === after.reason) return undefined;
  const trouble = note(after, { type: "Warning", reason: after.reason, message: after.message });
  const related = after.problems[0]?.ref;
  const key = `${after.app} ${after.reason} ${related === undefined ? "" : refId(related)}`;
  return related === undefined ? { ...trouble, key } : { ...trouble, related, key };
}

function deployedNote(before: UnitStatus | undefined, after: UnitStatus): Note | undefined {
  const live = after.revisions.live?.commit;
  if (before === undefined || live === undefined || live === before.revisions.live?.commit) {
    return undefined;
  }
  const isRollback = after.history.some(
    ({ commit, kind }) => commit === live && kind === "rollback",
  );
  const reason = isRollback ? "Reverted" : "Deployed";
  return note(after, { type: "Normal", reason, message: "is live here.", commit: live });
}

function recoveredNote(before: UnitStatus | undefined, after: UnitStatus): Note | undefined {
  if (before === undefined || !needsAttention(before.state)) return undefined;
  if (needsAttention(after.state) || after.state === "Progressing") return undefined;
  const message = `was ${before.state} (${before.reason}), is ${after.state}.`;
  return note(after, { type: "Normal", reason: "Recovered", message });
}

function suspendNotes(before: UnitStatus | undefined, after: UnitStatus): readonly Note[] {
  const { suspend } = after;
  if (suspend !== undefined && before?.suspend === undefined) {
    const message = `suspended by ${suspend.by} until ${suspend.until}: ${suspend.reason}.`;
    return [note(after, { type: "Normal", reason: "Suspended", message })];
  }
  if (suspend !== undefined || before?.suspend === undefined) return [];
  return [note(after, { type: "Normal", reason: "Resumed", message: "goes on." })];
}

function acceptedNote(before: UnitStatus | undefined, after: UnitStatus): Note | undefined {
  const { accept } = after.handled;
  if (before === undefined || accept === undefined || accept === before.handled.accept) {
    return undefined;
  }
  return note(after, {
    type: "Normal",
    reason: "Accepted",
    message: "what was shown is let through.",
  });
}

function supersededNotes(before: UnitStatus | undefined, after: UnitStatus): readonly Note[] {
  const known = before?.history ?? [];
  if (before === undefined) return [];
  return after.history
    .filter(({ result }) => result === "superseded")
    .filter(
      ({ commit }) => !known.some((old) => old.commit === commit && old.result === "superseded"),
    )
    .map(({ commit }) =>
      note(after, {
        type: "Normal",
        reason: "Superseded",
        message: "skipped: a newer one came.",
        commit,
      }),
    );
}

function warningNotes({ app, reason, message }: Of<"warning">): readonly Note[] {
  if (app === undefined) return [];
  const next = {
    FilesIgnored: "Check the names of the files.",
    Deprecated: "Move to the version named.",
    NonDeterministic: "Make the render depend on Git alone.",
    RenderNotKept: "A failure of the next change cannot be rolled back here; revert in Git.",
    HookSkipped: "Run it by hand, or make it an ordinary Job.",
  }[reason];
  return [
    {
      app,
      type: "Warning",
      reason,
      action: "rendered",
      message,
      next,
      key: `${app} ${reason} ${message}`,
    },
  ];
}
