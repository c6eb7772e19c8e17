import type { Json } from "../json.ts";

export interface StoredEvent {
  readonly revision: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly resource: string;
  readonly object: Json;
  /** What it was before, so that a selector knows who enters and leaves. */
  readonly previous: Json | undefined;
}

export type Listener = (event: StoredEvent) => void;

export interface Snapshot {
  readonly revision: number;
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, Json>>;
}

/** Objects by resource and `namespace/name`, and the log that watches are served from. Stored objects are never changed. */
export class Store {
  #revision = 1;
  #compacted = 0;
  #objects = new Map<string, Map<string, Json>>();
  #log: StoredEvent[] = [];
  readonly #listeners = new Set<Listener>();
  readonly #logLimit: number;

  constructor(logLimit: number) {
    this.#logLimit = logLimit;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Watches and lists from before this revision are refused. */
  get compacted(): number {
    return this.#compacted;
  }

  get(resource: string, key: string): Json | undefined {
    return this.#objects.get(resource)?.get(key);
  }

  /** In key order, as the server lists. */
  list(resource: string): [string, Json][] {
    const found = [...(this.#objects.get(resource) ?? [])];
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  resources(): string[] {
    return [...this.#objects.keys()];
  }

  /** Stores under the next revision, which `finish` puts into the object. */
  put(resource: string, key: string, finish: (revision: string) => Json): Json {
    const objects = this.#objects.get(resource) ?? new Map<string, Json>();
    this.#objects.set(resource, objects);
    const previous = objects.get(key);
    this.#revision += 1;
    const object = finish(String(this.#revision));
    objects.set(key, object);
    this.#record(previous === undefined ? "ADDED" : "MODIFIED", { resource, object, previous });
    return object;
  }

  /** Removes under the next revision; the last state carries it. */
  remove(resource: string, key: string, finish: (revision: string) => Json): Json {
    const previous = this.#objects.get(resource)?.get(key);
    this.#objects.get(resource)?.delete(key);
    this.#revision += 1;
    const object = finish(String(this.#revision));
    this.#record("DELETED", { resource, object, previous });
    return object;
  }

  #record(type: StoredEvent["type"], event: Omit<StoredEvent, "type" | "revision">): void {
    const stored = { ...event, type, revision: this.#revision };
    this.#log.push(stored);
    if (this.#log.length > this.#logLimit) {
      // Half at a time, so that old revisions expire but memory stays bounded.
      this.compact(this.#log[Math.floor(this.#log.length / 2)]?.revision ?? this.#revision);
    }
    for (const listener of [...this.#listeners]) listener(stored);
  }

  /** Forgets the log up to a revision, as etcd's compaction does. */
  compact(revision: number): void {
    this.#compacted = Math.max(this.#compacted, Math.min(revision, this.#revision));
    this.#log = this.#log.filter((event) => event.revision > this.#compacted);
  }

  since(revision: number): StoredEvent[] {
    return this.#log.filter((event) => event.revision > revision);
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  snapshot(): Snapshot {
    return {
      revision: this.#revision,
      objects: new Map([...this.#objects].map(([key, objects]) => [key, new Map(objects)])),
    };
  }

  /** Back to a snapshot, revision and all, as an etcd restored from backup. */
  restore({ revision, objects }: Snapshot): void {
    this.#objects = new Map([...objects].map(([key, inner]) => [key, new Map(inner)]));
    this.#revision = revision;
    this.#compacted = revision;
    this.#log = [];
  }
}
