import type { Owner } from "../cluster/client.ts";
import type { Emit } from "../model/event.ts";
import type { KubeObject } from "../model/object.ts";
import type { Clock } from "../schedule/clock.ts";
import { createNoteTaker, type Note } from "./event-notes.ts";
import { eventObject } from "./event-object.ts";

export interface EventWriterSettings {
  readonly client: Pick<Owner, "create">;
  /** Of the App objects: Events stand beside them. */
  readonly namespace: string;
  readonly cluster: string;
  readonly clock: Clock;
  /** Which agent: the pod's name. */
  readonly instance: string;
  /** UID of the App object, so that `kubectl describe` finds its Events; may be unknown. */
  readonly uidOf?: (app: string) => string | undefined;
  readonly redact?: (text: string) => string;
  /** Longest queue; what comes on top is dropped. Default 200. */
  readonly limit?: number;
}

export interface EventWriter {
  readonly emit: Emit;
  /** Resolves when everything accepted so far was sent or given up. */
  settled(): Promise<void>;
  /** Dropped because the queue was full or the API server refused. */
  dropped(): number;
  /** Ends the request under way and takes nothing more. */
  stop(): void;
}

const hourMs = 3_600_000;
/** So many keys are kept for the once-an-hour rule; above it the oldest go. */
const keptKeys = 5_000;

/** Transitions → Kubernetes Events of the App objects (observability §4). Never waits and never throws into a pass. */
export function createEventWriter(settings: EventWriterSettings): EventWriter {
  const { client, clock, redact = (text: string) => text, limit = 200, uidOf } = settings;
  const takeNotes = createNoteTaker();
  const lastAt = new Map<string, number>();
  const abort = new AbortController();
  const queue: KubeObject[] = [];
  let dropped = 0;
  let serial = 0;
  let sending: Promise<void> | undefined;

  /** The same app, reason and object at most once an hour. */
  function isDue(note: Note): boolean {
    const now = clock.monotonic();
    const before = lastAt.get(note.key);
    if (before !== undefined && now - before < hourMs) return false;
    lastAt.delete(note.key);
    lastAt.set(note.key, now);
    for (const key of lastAt.keys()) {
      if (lastAt.size <= keptKeys) break;
      lastAt.delete(key);
    }
    return true;
  }

  async function send(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      try {
        await client.create(next, abort.signal);
      } catch {
        // An Event is news, not state: the status says the same and stays.
        dropped += 1;
      }
    }
    sending = undefined;
  }

  function offer(note: Note): void {
    if (abort.signal.aborted || !isDue(note)) return;
    if (queue.length >= limit) {
      dropped += 1;
      return;
    }
    serial += 1;
    const uid = uidOf?.(note.app);
    const at = { now: clock.now(), serial, redact, ...(uid === undefined ? {} : { uid }) };
    queue.push(eventObject(note, settings, at));
    sending ??= send();
  }

  return {
    emit(event) {
      try {
        for (const note of takeNotes(event)) offer(note);
      } catch {
        // Emit must never throw.
        dropped += 1;
      }
    },
    async settled() {
      await sending;
    },
    dropped: () => dropped,
    stop() {
      abort.abort();
      dropped += queue.length;
      queue.length = 0;
    },
  };
}
