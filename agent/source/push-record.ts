import { listServerRefs } from "isomorphic-git";
import { RecordError } from "../status/carrier.ts";
import type { StatusRecord } from "../status/record.ts";
import { fullRef } from "./address.ts";
import { asSourceError, invalid } from "./errors.ts";
import type { RecordsHost } from "./git-records.ts";
import { type GitObject, objectId } from "./pack.ts";
import { flush, linesOf, packet, readPackets } from "./pkt-line.ts";
import { writePack } from "./write-pack.ts";

export const recordRefs = "refs/holdfast/status/";
export const recordFile = "record.json";
const none = "0".repeat(40);
const answerBytes = 64 * 1024;

/** The ref of a cluster's record. Throws SourceError for a name that is none. */
export function recordRef(cluster: string): string {
  return fullRef(recordRefs + cluster);
}

interface Published {
  readonly record: StatusRecord;
  readonly atMs: number;
}

/** One commit of one file takes the place of whatever the ref held, unless somebody moves it meanwhile. */
export async function pushRecord(
  host: RecordsHost,
  { record, atMs }: Published,
  signal: AbortSignal,
): Promise<void> {
  const { url } = host.address;
  const ref = recordRef(record.cluster);
  const http = await host.client(answerBytes, signal);
  const objects = objectsOf(record, atMs);
  try {
    const refs = await listServerRefs({
      http,
      url,
      prefix: ref,
      forPush: true,
      protocolVersion: 1,
    });
    const before = refs.find((known) => known.ref === ref)?.oid ?? none;
    const command = packet(`${before} ${objects.commit} ${ref}\0report-status agent=holdfast`);
    const answer = await http.request({
      url: `${url}/git-receive-pack`,
      method: "POST",
      headers: {
        "content-type": "application/x-git-receive-pack-request",
        accept: "application/x-git-receive-pack-result",
      },
      body: once(Buffer.concat([command, flush, writePack(objects.all)])),
    });
    judge(linesOf(readPackets(await wholeOf(answer.body)).packets), ref, url);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof RecordError) throw error;
    throw asSourceError(error, url);
  }
}

/** `unpack ok`, then `ok REF`, or `ng REF` and why in the host's words. */
function judge(lines: readonly string[], ref: string, url: string): void {
  if (lines[0] === "unpack ok" && lines.includes(`ok ${ref}`)) return;
  const refused = lines.find((line) => line.startsWith(`ng ${ref} `));
  if (refused === undefined) throw invalid(`${url} did not say whether it took the record.`);
  const why = refused.slice(`ng ${ref} `.length).slice(0, 200);
  throw new RecordError(`${url} refuses the record: ${why}. Let the credential push to ${ref}.`);
}

function objectsOf(record: StatusRecord, atMs: number) {
  const blob: GitObject = { type: "blob", content: Buffer.from(JSON.stringify(record)) };
  const entry = Buffer.from(`100644 ${recordFile}\0`);
  const tree: GitObject = {
    type: "tree",
    content: Buffer.concat([entry, Buffer.from(objectId(blob), "hex")]),
  };
  const who = `Holdfast <holdfast@${record.cluster}> ${Math.floor(atMs / 1000)} +0000`;
  const message = `Status of ${record.cluster}, ${record.sequence}`;
  const text = `tree ${objectId(tree)}\nauthor ${who}\ncommitter ${who}\n\n${message}\n`;
  const commit: GitObject = { type: "commit", content: Buffer.from(text) };
  return { commit: objectId(commit), all: [commit, tree, blob] };
}

/** A body of one piece. */
export async function* once(bytes: Uint8Array): AsyncIterableIterator<Uint8Array> {
  yield bytes;
}

/** Every byte of an answer; the transport has capped it. */
export async function wholeOf(body: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}
