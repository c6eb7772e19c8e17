import { readFile } from "node:fs/promises";
import { isJsonObject, parseJson } from "../../agent/model/json.ts";

/** One request as the API server saw it: between its arrival and its answer, by the machine's clock. */
export interface Seen {
  readonly user: string;
  /** As audit calls it, but for `apply` and `dry-run`, which are patches there. */
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  /** Empty: of lists, watches and creates. */
  readonly name: string;
  readonly status: number;
  readonly arrivedMs: number;
  readonly answeredMs: number;
}

/** Everything in the audit log, in the order of arrival. Counted by the API server, not by whom it counts. */
export async function readRequests(auditLog: string): Promise<readonly Seen[]> {
  const text = await readFile(auditLog, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1); // the last line may still be on its way
  const seen = whole
    .split("\n")
    .filter((line) => line !== "")
    .map(seenIn);
  return seen.toSorted((a, b) => a.arrivedMs - b.arrivedMs);
}

function seenIn(line: string): Seen {
  const event = record(parseJson(line));
  const about = record(event["objectRef"]);
  return {
    user: String(record(event["user"])["username"]),
    verb: verbOf(String(event["verb"]), String(event["requestURI"])),
    resource: [about["resource"], about["subresource"]].filter(Boolean).join("/"),
    namespace: String(about["namespace"] ?? ""),
    name: String(about["name"] ?? ""),
    status: Number(record(event["responseStatus"])["code"]),
    arrivedMs: Date.parse(String(event["requestReceivedTimestamp"])),
    answeredMs: Date.parse(String(event["stageTimestamp"])),
  };
}

function verbOf(verb: string, uri: string): string {
  if (verb !== "patch") return verb;
  if (uri.includes("dryRun=All")) return "dry-run";
  return uri.includes("force=") ? "apply" : "patch";
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return isJsonObject(value) ? value : {};
}

/** How often each verb was asked. */
export function countVerbs(seen: readonly Seen[]): Readonly<Record<string, number>> {
  const groups = Map.groupBy(seen, ({ verb }) => verb);
  return Object.fromEntries([...groups].map(([verb, all]) => [verb, all.length] as const).sort());
}

/** What asks about objects or changes them: not a watch that goes on, not the Lease that says who is alive. */
export function isObjectRequest({ verb, resource }: Seen): boolean {
  return verb !== "watch" && resource !== "leases" && resource !== "";
}

export interface Span {
  /** Milliseconds since the epoch. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly durationMs: number;
}

/** From the first arrival to the last answer. Throws when there are not as many good answers as there must be. */
export function spanOf(seen: readonly Seen[], expected: number): Span {
  const good = seen.filter(({ status }) => status >= 200 && status < 300);
  if (good.length !== expected || good.length !== seen.length) {
    throw new Error(`${good.length} of ${seen.length} requests succeeded; expected ${expected}`);
  }
  const firstMs = Math.min(...good.map(({ arrivedMs }) => arrivedMs));
  const lastMs = Math.max(...good.map(({ answeredMs }) => answeredMs));
  return { firstMs, lastMs, durationMs: lastMs - firstMs };
}
