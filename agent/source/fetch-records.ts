import { listServerRefs } from "isomorphic-git";
import type { FoundRecord } from "../status/carrier.ts";
import { recordLimit } from "../status/record.ts";
import { asSourceError, hasFault, invalid, SourceError } from "./errors.ts";
import type { RecordsHost } from "./git-records.ts";
import { defaultLimits } from "./limits.ts";
import { parseCommit, parseTree } from "./objects.ts";
import type { GitObject } from "./pack.ts";
import { readPack } from "./pack-check.ts";
import { delim, flush, linesOf, packet, readPackets } from "./pkt-line.ts";
import { once, recordFile, recordRef, recordRefs, wholeOf } from "./push-record.ts";

interface Known {
  readonly id: string;
  readonly found: FoundRecord;
}

interface Wish {
  /** Undefined: all. */
  readonly cluster: string | undefined;
  /** By cluster, as fetched before; is kept up to date. */
  readonly known: Map<string, Known>;
}

/** What a record, its tree and its commit may weigh in a pack. */
const wireBytes = recordLimit + 16 * 1024;
const maxRecords = 1000;

/** Lists the refs, and brings in one request what changed since. One that is too large or no record is told as such. */
export async function fetchRecords(
  host: RecordsHost,
  { cluster, known }: Wish,
  signal: AbortSignal,
): Promise<readonly FoundRecord[]> {
  const tips = await listTips(host, cluster, signal);
  const changed = [...tips].filter(([name, id]) => known.get(name)?.id !== id);
  for (const found of await bring(host, changed, signal)) {
    known.set(found.cluster, { id: tips.get(found.cluster) ?? "", found });
  }
  for (const name of [...known.keys()]) {
    if (cluster === undefined && !tips.has(name)) known.delete(name);
  }
  return [...tips.keys()].flatMap((name) => known.get(name)?.found ?? []);
}

async function listTips(
  host: RecordsHost,
  cluster: string | undefined,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const { url } = host.address;
  const prefix = cluster === undefined ? recordRefs : recordRef(cluster);
  const http = await host.client(defaultLimits.advertisementBytes, signal);
  const refs = await asked(host, signal, () =>
    listServerRefs({ http, url, prefix, protocolVersion: 2 }),
  );
  const tips = refs
    .filter(({ ref }) => (cluster === undefined ? ref.startsWith(recordRefs) : ref === prefix))
    .map(({ ref, oid }): [string, string] => [ref.slice(recordRefs.length), oid])
    .filter(([name, id]) => /^[a-z0-9][a-z0-9.-]*$/.test(name) && /^[0-9a-f]{40}$/.test(id));
  if (tips.length > maxRecords) throw invalid(`${url} has ${tips.length} records.`, "limit");
  return new Map(tips);
}

type Tip = readonly [name: string, id: string];

/** All at once; where one of them spoils the answer, each by itself, so that it spoils nobody else's (NEG-67). */
async function bring(
  host: RecordsHost,
  tips: readonly Tip[],
  signal: AbortSignal,
): Promise<readonly FoundRecord[]> {
  if (tips.length === 0) return [];
  try {
    return await bringTogether(host, tips, signal);
  } catch (error) {
    if (!hasFault(error, "limit")) throw error;
  }
  if (tips.length === 1) return tips.map(([cluster]) => ({ cluster, text: undefined }));
  const found: FoundRecord[] = [];
  for (const tip of tips) found.push(...(await bring(host, [tip], signal)));
  return found;
}

async function bringTogether(
  host: RecordsHost,
  tips: readonly Tip[],
  signal: AbortSignal,
): Promise<readonly FoundRecord[]> {
  const { url } = host.address;
  const http = await host.client(
    Math.min(tips.length * wireBytes, defaultLimits.packBytes),
    signal,
  );
  const pack = await asked(host, signal, async () => {
    const answer = await http.request({
      url: `${url}/git-upload-pack`,
      method: "POST",
      headers: {
        "content-type": "application/x-git-upload-pack-request",
        accept: "application/x-git-upload-pack-result",
        "git-protocol": "version=2",
      },
      body: once(fetchCommand(tips.map(([, id]) => id))),
    });
    return packOf(await wholeOf(answer.body), url);
  });
  const objects = objectsOf(pack, tips.length);
  return tips.map(([cluster, id]) => ({ cluster, text: textOf(objects, id) }));
}

/** What is above the limits or no pack is somebody's record, not the host's fault. */
function objectsOf(pack: Buffer, records: number): ReadonlyMap<string, GitObject> {
  const objects = 3 * records;
  const totalBytes = records * wireBytes;
  const limits = { ...defaultLimits.pack, objects, objectBytes: wireBytes, totalBytes };
  try {
    return new Map([...readPack(pack, { limits })].map((one) => [one.id, one]));
  } catch (error) {
    if (error instanceof SourceError) throw invalid(error.message, "limit");
    throw error;
  }
}

function fetchCommand(ids: readonly string[]): Buffer {
  const wants = [...new Set(ids)].map((id) => packet(`want ${id}`));
  const options = [packet("ofs-delta"), packet("no-progress")];
  return Buffer.concat([
    packet("command=fetch"),
    delim,
    ...options,
    ...wants,
    packet("done"),
    flush,
  ]);
}

/** The pack section of a protocol 2 answer, out of its side band. */
function packOf(answer: Buffer, url: string): Buffer {
  const { packets } = readPackets(answer);
  const start = packets.findIndex(
    (one) => Buffer.isBuffer(one) && linesOf([one])[0] === "packfile",
  );
  if (start === -1) throw invalid(`${url} answered without a pack.`);
  const parts: Buffer[] = [];
  for (const part of packets.slice(start + 1)) {
    if (!Buffer.isBuffer(part)) break;
    if (part[0] === 3) throw invalid(`${url} broke off.`);
    if (part[0] === 1) parts.push(part.subarray(1));
  }
  return Buffer.concat(parts);
}

/** The one file of the commit; undefined where it is something else. */
function textOf(objects: ReadonlyMap<string, GitObject>, id: string): string | undefined {
  const content = (wanted: string | undefined, type: GitObject["type"]) => {
    const object = wanted === undefined ? undefined : objects.get(wanted);
    if (object?.type !== type) throw invalid(`The record ${id} is no ${type}.`);
    return object.content;
  };
  try {
    const { tree } = parseCommit(id, content(id, "commit"));
    const file = parseTree(content(tree, "tree"), "").find(({ name }) => name === recordFile);
    return new TextDecoder().decode(content(file?.id, "blob"));
  } catch (error) {
    if (error instanceof SourceError) return undefined;
    throw error;
  }
}

async function asked<T>(
  { address }: RecordsHost,
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw asSourceError(error, address.url);
  }
}
