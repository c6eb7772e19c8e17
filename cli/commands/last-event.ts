import type { ClusterClient } from "../../agent/cluster/client.ts";
import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";

/** What was last said of a pod. */
export interface PodEvent {
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  /** ISO 8601; empty where the event has no time. */
  readonly at: string;
}

/** The newest Event about a pod; warnings before anything else. */
export async function lastEvent(
  client: ClusterClient,
  { metadata: { namespace = "", uid } }: KubeObject,
  signal: AbortSignal,
): Promise<PodEvent | undefined> {
  const found: { readonly isWarning: boolean; readonly event: PodEvent }[] = [];
  const selection = { group: "", version: "v1", kind: "Event", namespace };
  for await (const { items } of client.list(selection, signal)) {
    for (const item of items) {
      const about = item.involvedObject;
      if (!isJsonObject(about) || about.uid !== uid) continue;
      found.push({ isWarning: item.type === "Warning", event: read(item) });
    }
  }
  const warnings = found.filter(({ isWarning }) => isWarning);
  const meant = warnings.length > 0 ? warnings : found;
  return meant.map(({ event }) => event).sort((a, b) => (a.at < b.at ? 1 : -1))[0];
}

function read(item: KubeObject): PodEvent {
  const series = isJsonObject(item.series) ? item.series : {};
  const times = [series.lastObservedTime, item.lastTimestamp, item.eventTime, item.firstTimestamp];
  const counts = [series.count, item.count];
  return {
    reason: String(item.reason ?? ""),
    message: String(item.message ?? item.note ?? ""),
    count: counts.find((one) => typeof one === "number") ?? 1,
    at: times.find((one) => typeof one === "string" && one !== "")?.toString() ?? "",
  };
}
