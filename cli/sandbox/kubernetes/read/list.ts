import { type Cluster, seenAt, type Target } from "../cluster.ts";
import { badRequest, expired, Fault, internal } from "../http/fault.ts";
import { isMap, type Json } from "../json.ts";
import { apiVersionAt, resourceId } from "../kinds/resource.ts";
import { selectorOf } from "./select.ts";

interface Continue {
  readonly revision: number;
  readonly start: string;
}

/** Pages still open: a list goes on at the revision at which it began. */
export type OpenLists = Map<number, readonly [string, Json][]>;

const openListsKept = 32;

/** LIST: complete, or page by page with `limit` and `continue`. */
export function listObjects(target: Target, query: URLSearchParams, open: OpenLists): Json {
  const { cluster, served, namespace } = target;
  const id = resourceId(served.resource);
  const token = readToken(query.get("continue"));
  const limit = Number(query.get("limit") ?? 0);
  checkVersion(cluster, query);
  const revision = token?.revision ?? cluster.store.revision;
  const selects = selectorOf(query, namespace);
  const all = entries(cluster, id, { revision, open, isFirst: token === undefined });
  const found = all.filter(
    ([key, object]) => (token === undefined || key > token.start) && selects(object),
  );
  const page = limit > 0 ? found.slice(0, limit) : found;
  const last = page.at(-1);
  const remaining = found.length - page.length;
  const hasSelector = query.has("labelSelector") || query.has("fieldSelector");
  if (remaining > 0) keepOpen(open, revision, all);
  return {
    kind: `${served.resource.kind}List`,
    apiVersion: apiVersionAt(served),
    metadata: {
      resourceVersion: String(revision),
      ...(remaining > 0 && last !== undefined
        ? { continue: writeToken({ revision, start: last[0] }) }
        : {}),
      ...(remaining > 0 && !hasSelector ? { remainingItemCount: remaining } : {}),
    },
    items: page.map(([, object]) => seenAt(served, object)),
  };
}

function entries(
  cluster: Cluster,
  id: string,
  { revision, open, isFirst }: { revision: number; open: OpenLists; isFirst: boolean },
): readonly [string, Json][] {
  if (isFirst || revision === cluster.store.revision) return cluster.store.list(id);
  const kept = open.get(revision);
  if (kept !== undefined && revision >= cluster.store.compacted) return kept;
  throw expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  );
}

function keepOpen(open: OpenLists, revision: number, all: readonly [string, Json][]): void {
  open.set(revision, all);
  const [oldest] = open.keys();
  if (open.size > openListsKept && oldest !== undefined) open.delete(oldest);
}

function checkVersion(cluster: Cluster, query: URLSearchParams): void {
  const asked = versionAsked(query);
  if (asked > cluster.store.revision) throw tooLarge(asked, cluster.store.revision);
  if (query.get("resourceVersionMatch") === "Exact" && asked < cluster.store.revision) {
    throw expired("The resourceVersion for the provided list is too old.");
  }
}

/** `resourceVersion` of a list or watch; 0 for none. Throws a 400, for a watch a 500, as the server does. */
export function versionAsked(query: URLSearchParams, isWatch = false): number {
  const text = query.get("resourceVersion") ?? "";
  if (/^\d*$/.test(text)) return Number(text);
  const shown = JSON.stringify(text);
  const why = `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: invalid syntax`;
  throw isWatch ? internal(why) : badRequest(`invalid resource version: ${why}`);
}

function tooLarge(asked: number, current: number): Fault {
  return new Fault(504, "Timeout", {
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
  });
}

function readToken(token: string | null): Continue | undefined {
  if (token === null || token === "") return undefined;
  const broken = badRequest("continue key is not valid: invalid continue token");
  try {
    const read: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (!isMap(read) || typeof read.rv !== "number" || typeof read.start !== "string") throw broken;
    return { revision: read.rv, start: read.start };
  } catch (error) {
    if (error instanceof SyntaxError) throw broken;
    throw error;
  }
}

function writeToken({ revision, start }: Continue): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start })).toString(
    "base64url",
  );
}
