import { documentApiVersion } from "../model/names.ts";
import type { KubeObject, ObjectRef } from "../model/object.ts";
import type { Note } from "./event-notes.ts";

interface Where {
  readonly namespace: string;
  readonly cluster: string;
  readonly instance: string;
}

interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Tells two Events of one millisecond apart. */
  readonly serial: number;
  readonly redact: (text: string) => string;
  readonly uid?: string;
}

/** The API server takes at most 1 KiB. */
const longestNote = 1024;

/** One `events.k8s.io/v1` Event, regarding the App; the note starts with the short commit and ends with the next step. */
export function eventObject(note: Note, where: Where, moment: Moment): KubeObject {
  const { namespace, cluster, instance } = where;
  const stamp = `${moment.now.toString(16)}${(moment.serial % 4096).toString(16).padStart(3, "0")}`;
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: {
      name: `${note.app.slice(0, 220).replace(/[-.]+$/, "")}.${stamp}`,
      namespace,
      annotations: {
        "holdfast.dev/cluster": cluster,
        ...(note.commit === undefined ? {} : { "holdfast.dev/commit": note.commit }),
        ...(note.change === undefined ? {} : { "holdfast.dev/change": note.change }),
      },
    },
    eventTime: new Date(moment.now).toISOString().replace("Z", "000Z"),
    type: note.type,
    reason: note.reason,
    action: note.action,
    note: noteText(note, moment.redact),
    reportingController: "holdfast.dev/agent",
    reportingInstance: instance.slice(0, 128),
    regarding: {
      apiVersion: documentApiVersion,
      kind: "App",
      namespace,
      name: note.app,
      ...(moment.uid === undefined ? {} : { uid: moment.uid }),
    },
    ...(note.related === undefined ? {} : { related: relatedRef(note.related) }),
  };
}

/** A ref knows no version, and a wrong one would be worse than none; the core group has only one. */
function relatedRef({ group, kind, namespace, name }: ObjectRef): Readonly<Record<string, string>> {
  return {
    ...(group === "" ? { apiVersion: "v1" } : {}),
    kind,
    name,
    ...(namespace === "" ? {} : { namespace }),
  };
}

/** Words in the middle give way when it is too long: commit and next step stay. */
function noteText({ commit, message, next }: Note, redact: (text: string) => string): string {
  const head = commit === undefined ? "" : `${commit.slice(0, 7)}: `;
  const tail = next === "" || message.endsWith(next) ? "" : ` ${next}`;
  const room = longestNote - bytes(redact(head)) - bytes(redact(tail));
  return redact(head) + cutBytes(redact(message), room) + redact(tail);
}

function bytes(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

function cutBytes(text: string, room: number): string {
  if (bytes(text) <= room) return text;
  const cut = Buffer.from(text, "utf8")
    .subarray(0, room - 4)
    .toString("utf8");
  return `${cut.replace(/\ufffd+$/, "")}…`;
}
