import { isJsonObject, writeJson } from "../model/json.ts";
import { type KubeObject, type Version, versionOf } from "../model/object.ts";
import { type FoundRecord, type RecordCarrier, RecordError } from "../status/carrier.ts";
import { recordLimit, type StatusRecord } from "../status/record.ts";
import { recordKind } from "../status/record-crd.ts";
import type { Lister, Patcher, Reader } from "./client.ts";
import { isConflict } from "./errors.ts";

/** How long changes are gathered before they are told (observability §3). */
const gatherMs = 15_000;

type RecordsClient = Reader & Lister & Patcher & { close(): Promise<void> };

export interface ClusterRecordsOptions {
  /** Of the records cluster; made when first needed, so that an agent starts without it. */
  readonly client: () => Promise<RecordsClient>;
  readonly namespace: string;
  /** Whose record is published; absent for a reader. */
  readonly cluster?: string;
}

/** Status records as `ClusterRecord` objects of a records cluster: a get at the start, one JSON patch each time. */
export function createClusterRecords(options: ClusterRecordsOptions): RecordCarrier {
  const { namespace, cluster: own = "" } = options;
  const refOf = (name: string) => ({ ...recordKind, namespace, name });
  let connected: Promise<RecordsClient> | undefined;
  /** As we left it. */
  let version: Version | undefined;

  function client(): Promise<RecordsClient> {
    connected ??= options.client().catch((error: unknown) => {
      connected = undefined;
      throw error;
    });
    return connected;
  }

  async function present(signal: AbortSignal): Promise<Version> {
    const object = await (await client()).get(refOf(own), signal);
    if (object !== undefined) return versionOf(object);
    throw new RecordError(
      `there is no ClusterRecord ${own} in namespace ${namespace} of the records cluster: holdfast clusters add ${own} --records makes it`,
    );
  }

  async function publish(record: StatusRecord, signal: AbortSignal): Promise<void> {
    const over = version ?? (await present(signal));
    version = undefined;
    const operations = [{ op: "add" as const, path: "/record", value: record }];
    const cluster = await client();
    try {
      version = versionOf((await cluster.patch(refOf(own), operations, over, signal)).object);
    } catch (error) {
      // Somebody touched the object since: its record is ours all the same.
      if (!isConflict(error)) throw error;
      const again = await cluster.patch(refOf(own), operations, await present(signal), signal);
      version = versionOf(again.object);
    }
  }

  async function read(
    cluster: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly FoundRecord[]> {
    const from = await client();
    if (cluster !== undefined) {
      const object = await from.get(refOf(cluster), signal);
      return object === undefined ? [] : foundIn(object);
    }
    const found: FoundRecord[] = [];
    for await (const { items } of from.list({ ...recordKind, namespace }, signal)) {
      found.push(...items.flatMap(foundIn));
    }
    return found;
  }

  return {
    turn: ({ clusters, nowMs }) =>
      clusters.includes(own) ? { atMs: nowMs + gatherMs, roundMs: gatherMs } : undefined,
    publish,
    read,
    close: async () => (await connected?.catch(() => undefined))?.close(),
  };
}

/** An object that `clusters add` made and no agent has filled yet says nothing. */
function foundIn({ metadata, record }: KubeObject): readonly FoundRecord[] {
  if (record === undefined) return [];
  const text = isJsonObject(record) ? writeJson(record) : undefined;
  const isFit = text !== undefined && text.length <= recordLimit;
  return [{ cluster: metadata.name, text: isFit ? text : undefined }];
}
