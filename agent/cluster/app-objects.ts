import { jsonEqual } from "../model/json.ts";
import { documentApiVersion } from "../model/names.ts";
import { apiVersionVersion, groupOf, type KubeObject } from "../model/object.ts";
import type { Clock, Random } from "../schedule/clock.ts";
import type { Lister, Owner, Reader, Watcher, Writer } from "./client.ts";
import { ApiError, isConflict } from "./errors.ts";
import { followKind } from "./watch.ts";

/** The App objects in the agent's namespace: what is told to people, and where they ask for something (P-85). */
export interface AppObjects {
  read(app: string, signal: AbortSignal): Promise<KubeObject | undefined>;
  /** Makes the stored object equal in labels, spec and status: nothing, one PUT or two. Gives back what is stored. */
  write(object: KubeObject, signal: AbortSignal): Promise<KubeObject>;
  list(signal: AbortSignal): Promise<readonly KubeObject[]>;
  remove(app: string, signal: AbortSignal): Promise<void>;
  /** Tells every App object that is there, changes or goes, until aborted. */
  follow(listener: AppListener, signal: AbortSignal): Promise<void>;
}

export interface AppListener {
  changed(object: KubeObject): void;
  /** Somebody deleted it; what it told stays true (P-70). */
  deleted?(app: string): void;
}

export interface AppObjectsOptions {
  readonly client: Reader & Owner & Lister & Watcher & Pick<Writer, "delete">;
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
}

const appKind = {
  group: groupOf(documentApiVersion),
  version: apiVersionVersion(documentApiVersion),
  kind: "App",
};

export function createAppObjects(options: AppObjectsOptions): AppObjects {
  const { client, namespace, clock, random } = options;
  const refOf = (name: string) => ({ ...appKind, namespace, name });
  const selection = { ...appKind, namespace };
  /** As last seen, so that a status that did not move costs no request (P8). */
  const known = new Map<string, KubeObject>();
  const keep = (object: KubeObject) => {
    known.set(object.metadata.name, object);
    return object;
  };
  return {
    read: (app, signal) => client.get(refOf(app), signal),
    write: async (object, signal) => {
      const { name } = object.metadata;
      const current = known.get(name) ?? (await client.get(refOf(name), signal));
      known.delete(name);
      try {
        return keep(await writeOver(client, { object, current }, signal));
      } catch (error) {
        // A request came in between, or the object went: what is ours is written again, the rest is kept.
        if (!isConflict(error) && !isGone(error)) throw error;
        const again = await client.get(refOf(name), signal);
        return keep(await writeOver(client, { object, current: again }, signal));
      }
    },
    list: async (signal) => {
      const all: KubeObject[] = [];
      for await (const { items } of client.list(selection, signal)) all.push(...items);
      return all;
    },
    remove: async (app, signal) => {
      known.delete(app);
      const found = await client.get(refOf(app), signal);
      const { uid, resourceVersion } = found?.metadata ?? {};
      if (uid === undefined || resourceVersion === undefined) return;
      const over = { uid, resourceVersion };
      await client.delete(refOf(app), over, { propagation: "Background" }, signal);
    },
    follow: (listener, signal) => {
      const seen = (object: KubeObject) => {
        if (known.has(object.metadata.name)) known.set(object.metadata.name, object);
        listener.changed(object);
      };
      const sink = {
        listed: (objects: readonly KubeObject[]) => {
          known.clear();
          for (const object of objects) listener.changed(object);
        },
        changed: seen,
        deleted: ({ metadata }: KubeObject) => {
          known.delete(metadata.name);
          listener.deleted?.(metadata.name);
        },
      };
      return followKind({ client, clock, random }, { selection, sink }, signal);
    },
  };
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.failure.status === 404;
}

async function writeOver(
  client: Owner,
  { object, current }: { readonly object: KubeObject; readonly current: KubeObject | undefined },
  signal: AbortSignal,
): Promise<KubeObject> {
  const stored = await writeSpec(client, { object, current }, signal);
  const status = object.status;
  if (status === undefined || jsonEqual(stored.status, status)) return stored;
  return client.replace({ ...stored, status }, "status", signal);
}

function writeSpec(
  client: Owner,
  { object, current }: { readonly object: KubeObject; readonly current: KubeObject | undefined },
  signal: AbortSignal,
): Promise<KubeObject> | KubeObject {
  const { apiVersion, kind, spec } = object;
  const { name, namespace = "", labels } = object.metadata;
  if (current === undefined) {
    const metadata = { name, namespace, ...(labels !== undefined && { labels }) };
    return client.create({ apiVersion, kind, metadata, spec }, signal);
  }
  const merged = { ...current.metadata.labels, ...labels };
  const same = jsonEqual(current.spec, spec) && jsonEqual(merged, current.metadata.labels ?? {});
  if (same) return current;
  const { managedFields: _fields, ...metadata } = current.metadata;
  return client.replace(
    { ...current, spec, metadata: { ...metadata, labels: merged } },
    undefined,
    signal,
  );
}
