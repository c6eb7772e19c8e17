import { isJsonObject, jsonEqual } from "../model/json.ts";
import { keptAtAnnotation, keptLabel, keptName } from "../model/names.ts";
import { describeRef, type KubeObject, refId, versionOf } from "../model/object.ts";
import { ReconcileError } from "../model/reason.ts";
import { type Clock, isoTime } from "../schedule/clock.ts";
import type { Lister, Owner, Reader, Writer } from "./client.ts";
import {
  decodeRecord,
  encodeRecord,
  type KeptObject,
  type KeptRecord,
  keepObject,
  openObject,
  recordCapBytes,
} from "./kept-format.ts";
import type { Sealer } from "./seal.ts";
import { store } from "./stored.ts";

/** Copies of what was deleted: ten records for each app, thirty days (P-83, semantics §12). */
export interface KeptStore {
  /** Saves every object; throws when one could not be: then none of them may be deleted. */
  keep(dropped: Dropped, signal: AbortSignal): Promise<void>;
  /** Newest first. */
  list(app: string, signal: AbortSignal): Promise<readonly KeptRecord[]>;
  /** Undefined: it was a Secret, sealed with a key that is gone. */
  open(object: KeptObject): KubeObject | undefined;
  /** What is too old, of all apps. */
  expire(signal: AbortSignal): Promise<void>;
}

export interface Dropped {
  readonly app: string;
  /** The commit that no longer declares them. */
  readonly commit: string;
  readonly objects: readonly KubeObject[];
}

export interface KeptStoreOptions {
  readonly client: Reader & Owner & Lister & Pick<Writer, "delete">;
  readonly namespace: string;
  readonly clock: Pick<Clock, "now">;
  readonly sealer: Sealer;
}

export const keptRecords = 10;
export const keptMs = 30 * 24 * 3_600_000;
const dataKey = "kept.json.gz";

/** Secrets `holdfast-kept-<app>-<n>` (P-84). */
export function createKeptStore(options: KeptStoreOptions): KeptStore {
  const { client, clock, namespace, sealer } = options;
  return {
    keep: async ({ app, commit, objects }, signal) => {
      if (objects.length === 0) return;
      const at = isoTime(clock.now());
      const kept = objects.map((live) => keepObject(live, sealer));
      const fresh = { app, commit, at, objects: kept };
      for (const put of placed(await places(options, app, signal), fresh)) {
        await write(options, put, signal);
      }
    },
    list: async (app, signal) => {
      const found = (await places(options, app, signal)).filter(isFilled);
      return found
        .sort(byAge)
        .map(({ record }) => record)
        .reverse();
    },
    open: (object) => openObject(object, sealer),
    expire: async (signal) => {
      const old: KubeObject[] = [];
      for await (const { items } of client.list(selection(namespace), signal)) {
        old.push(...items.filter((secret) => isExpired(secret, clock.now())));
      }
      for (const secret of old) {
        const at = {
          group: "",
          version: "v1",
          kind: "Secret",
          namespace,
          name: secret.metadata.name,
        };
        await client.delete(at, versionOf(secret), { propagation: "Background" }, signal);
      }
    },
  };
}

/** One of the ten; without a record it is free, or holds what cannot be read. */
interface Place {
  readonly n: number;
  readonly resourceVersion?: string;
  readonly record?: KeptRecord;
}

interface Filled extends Place {
  readonly record: KeptRecord;
}

function isFilled(place: Place): place is Filled {
  return place.record !== undefined;
}

function selection(namespace: string, app?: string) {
  const labelSelector = app === undefined ? keptLabel : `${keptLabel}=${app}`;
  return { group: "", kind: "Secret", namespace, labelSelector, metadataOnly: app === undefined };
}

function isExpired({ metadata: { annotations } }: KubeObject, nowMs: number): boolean {
  return nowMs - Date.parse(annotations?.[keptAtAnnotation] ?? "") > keptMs;
}

async function places(
  { client, namespace }: KeptStoreOptions,
  app: string,
  signal: AbortSignal,
): Promise<readonly Place[]> {
  const found = new Map<string, Place>();
  for await (const { items } of client.list(selection(namespace, app), signal)) {
    for (const { data, metadata } of items) {
      const { name, resourceVersion } = metadata;
      const record = recordIn(data);
      found.set(name, {
        n: -1,
        ...(resourceVersion !== undefined && { resourceVersion }),
        ...(record?.app === app && { record }),
      });
    }
  }
  const numbers = Array.from({ length: keptRecords }, (_none, n) => n);
  return numbers.map((n) => ({ ...found.get(keptName(app, n)), n }));
}

function recordIn(data: unknown): KeptRecord | undefined {
  const text = isJsonObject(data) ? data[dataKey] : undefined;
  return typeof text === "string" ? decodeRecord(Buffer.from(text, "base64")) : undefined;
}

/** Where to write: beside what the same commit dropped before, else in a free place, else over the oldest. */
function placed(all: readonly Place[], fresh: KeptRecord): readonly Filled[] {
  for (const place of all.filter(isFilled)) {
    if (place.record.commit !== fresh.commit) continue;
    const record = merged(place.record, fresh);
    if (!fits(record)) continue;
    return jsonEqual(record.objects, place.record.objects) ? [] : [{ ...place, record }];
  }
  const free = all.filter(({ record }) => record?.commit !== fresh.commit).sort(byAge);
  const parts = split(fresh);
  if (parts.length > free.length) {
    throw new ReconcileError(
      "ApiError",
      `${fresh.objects.length} copies are more than ${keptRecords} Secrets can hold`,
    );
  }
  return free.slice(0, parts.length).flatMap((place, index) => {
    const record = parts[index];
    return record === undefined ? [] : [{ ...place, record }];
  });
}

function byAge(a: Place, b: Place): number {
  const [left, right] = [a.record?.at ?? "", b.record?.at ?? ""];
  return left < right ? -1 : Number(left > right);
}

/** The newer copy of an object counts. */
function merged(record: KeptRecord, fresh: KeptRecord): KeptRecord {
  const ids = new Set(fresh.objects.map(({ ref }) => refId(ref)));
  const others = record.objects.filter(({ ref }) => !ids.has(refId(ref)));
  return { ...record, objects: [...others, ...fresh.objects] };
}

function fits(record: KeptRecord): boolean {
  return encodeRecord(record).length <= recordCapBytes;
}

function split(record: KeptRecord): readonly KeptRecord[] {
  if (fits(record)) return [record];
  const half = Math.ceil(record.objects.length / 2);
  const [first] = record.objects;
  if (first === undefined || half === record.objects.length) return [alone(record, first)];
  return [record.objects.slice(0, half), record.objects.slice(half)].flatMap((objects) =>
    split({ ...record, objects }),
  );
}

/** A Secret may be left out (P-83); all else is not deleted unless there is a copy. */
function alone(record: KeptRecord, only: KeptObject | undefined): KeptRecord {
  if (only?.sealed !== undefined) return { ...record, objects: [{ ...only, sealed: "" }] };
  const what = only === undefined ? "it" : describeRef(only.ref);
  throw new ReconcileError("ApiError", `${what} is too large for a copy: delete it by hand`);
}

async function write(
  { client, namespace }: KeptStoreOptions,
  { n, resourceVersion, record }: Filled,
  signal: AbortSignal,
): Promise<void> {
  const { app, at, commit } = record;
  const object: KubeObject = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: keptName(app, n),
      namespace,
      labels: { [keptLabel]: app },
      annotations: { [keptAtAnnotation]: at, "holdfast.dev/dropped-by": commit },
    },
    type: "holdfast.dev/kept",
    data: { [dataKey]: Buffer.from(encodeRecord(record)).toString("base64") },
  };
  await store(client, { object, over: resourceVersion }, signal);
}
