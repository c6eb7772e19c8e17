import { gunzipSync, gzipSync } from "node:zlib";
import { isJsonObject } from "../model/json.ts";
import { keptAtAnnotation, keptRenderLabel, keptRenderName } from "../model/names.ts";
import { type KubeObject, versionOf } from "../model/object.ts";
import { ReconcileError } from "../model/reason.ts";
import { type Clock, isoTime } from "../schedule/clock.ts";
import type { Lister, Owner, Reader, Writer } from "./client.ts";
import type { Sealer } from "./seal.ts";
import { store } from "./stored.ts";

/**
 * The last healthy renders of units that may go back: Secrets `holdfast-kept-<app>-<digest>-r<n>`, found by content,
 * sealed as a whole with a key made of the install key. They need no Git, and no agent that remembers.
 */
export interface RenderStore {
  /** The same render is written once. Throws ReconcileError `InventoryTooLarge` when it cannot be kept. */
  keep(render: KeptText, signal: AbortSignal): Promise<void>;
  /** Undefined: it is not there as a whole, or was sealed with a key that is gone. */
  read(wanted: Wanted, signal: AbortSignal): Promise<string | undefined>;
  /** Deletes what is kept of an app, but for these digests. */
  retain(app: string, digests: readonly string[], signal: AbortSignal): Promise<void>;
}

export interface Wanted {
  readonly app: string;
  readonly digest: string;
}

export interface KeptText extends Wanted {
  readonly text: string;
}

export interface RenderStoreOptions {
  readonly client: Reader & Owner & Lister & Pick<Writer, "delete">;
  readonly namespace: string;
  readonly clock: Pick<Clock, "now">;
  readonly sealer: Sealer;
}

/** A Secret holds 1 MiB; the rest is for metadata. */
const partBytes = 900 * 1024;
const maxParts = 8;
/** A small text must not become all of memory. */
const largestBytes = 256 * 2 ** 20;
const dataKey = "render.sealed";
const digestAnnotation = "holdfast.dev/render";
const partsAnnotation = "holdfast.dev/render-parts";

export function createRenderStore(options: RenderStoreOptions): RenderStore {
  const { client, sealer } = options;
  return {
    keep: async (render, signal) => {
      const known = await stored(options, render.app, signal);
      if (openedFrom(known, render, sealer) !== undefined) return;
      const parts = partsOf(render, sealer);
      for (const [n, bytes] of parts.entries()) {
        const object = secretOf(options, { render, n, bytes, count: parts.length });
        const there = known.find(({ metadata }) => metadata.name === object.metadata.name);
        await store(client, { object, over: there?.metadata.resourceVersion }, signal);
      }
    },
    read: async (wanted, signal) =>
      openedFrom(await stored(options, wanted.app, signal), wanted, sealer),
    retain: async (app, digests, signal) => {
      for (const secret of await stored(options, app, signal)) {
        if (digests.includes(annotationOf(secret, digestAnnotation))) continue;
        const { name, namespace = "" } = secret.metadata;
        const at = { group: "", version: "v1", kind: "Secret", namespace, name };
        await client.delete(at, versionOf(secret), { propagation: "Background" }, signal);
      }
    },
  };
}

async function stored(
  { client, namespace }: RenderStoreOptions,
  app: string,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const found: KubeObject[] = [];
  const labelSelector = `${keptRenderLabel}=${app}`;
  const selection = { group: "", kind: "Secret", namespace, labelSelector };
  for await (const { items } of client.list(selection, signal)) found.push(...items);
  return found;
}

function annotationOf({ metadata }: KubeObject, name: string): string {
  return metadata.annotations?.[name] ?? "";
}

function about({ app, digest }: Wanted): string {
  return `render ${app} ${digest}`;
}

function partsOf(render: KeptText, sealer: Sealer): readonly Buffer[] {
  const packed = gzipSync(render.text).toString("base64");
  const bytes = Buffer.from(sealer.seal(packed, about(render)), "base64");
  const count = Math.ceil(bytes.length / partBytes);
  if (count > maxParts) {
    const size = `${Math.ceil(bytes.length / 2 ** 20)} MiB`;
    throw new ReconcileError("InventoryTooLarge", `its render takes ${size}, too much to be kept`);
  }
  return Array.from({ length: count }, (_none, n) =>
    bytes.subarray(n * partBytes, (n + 1) * partBytes),
  );
}

interface Part {
  readonly render: Wanted;
  readonly n: number;
  readonly count: number;
  readonly bytes: Buffer;
}

function secretOf(
  { namespace, clock }: RenderStoreOptions,
  { render: { app, digest }, n, count, bytes }: Part,
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: keptRenderName(app, digest, n),
      namespace,
      labels: { [keptRenderLabel]: app },
      annotations: {
        [digestAnnotation]: digest,
        [partsAnnotation]: String(count),
        [keptAtAnnotation]: isoTime(clock.now()),
      },
    },
    type: "holdfast.dev/kept-render",
    data: { [dataKey]: bytes.toString("base64") },
  };
}

/** The parts in their order; one that is missing shows when the seal is broken. */
function whole(secrets: readonly KubeObject[]): Buffer | undefined {
  const [first] = secrets;
  if (first === undefined) return undefined;
  const count = Number(annotationOf(first, partsAnnotation));
  if (secrets.length !== count) return undefined;
  const inOrder = [...secrets].sort(byName);
  return Buffer.concat(inOrder.map(({ data }) => bytesIn(data)));
}

/** Eight parts have one digit. */
function byName(a: KubeObject, b: KubeObject): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

function bytesIn(data: unknown): Buffer {
  const text = isJsonObject(data) ? data[dataKey] : undefined;
  return Buffer.from(typeof text === "string" ? text : "", "base64");
}

function openedFrom(
  secrets: readonly KubeObject[],
  wanted: Wanted,
  sealer: Sealer,
): string | undefined {
  const own = secrets.filter((secret) => annotationOf(secret, digestAnnotation) === wanted.digest);
  const bytes = whole(own);
  const packed = bytes && sealer.open(bytes.toString("base64"), about(wanted));
  if (packed === undefined) return undefined;
  return gunzipSync(Buffer.from(packed, "base64"), { maxOutputLength: largestBytes }).toString();
}
