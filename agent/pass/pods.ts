import { ApiError } from "../cluster/errors.ts";
import { type BrokenPod, brokenPodOf, podSelector } from "../health/workload-pods.ts";
import type { Desired } from "../model/change.ts";
import type { Health } from "../model/health.ts";
import { inTurn } from "../model/in-turn.ts";
import { refId } from "../model/object.ts";
import { isWorkload } from "../model/workload.ts";
import type { ObjectHealth } from "../status/input.ts";
import type { Assessed } from "./assess.ts";
import type { PassInput, PassPorts } from "./pass.ts";

const afterMs = 30_000;
/** How often one workload's pods are listed, and how often when it has been stuck for long. */
const everyMs = { first: 30_000, later: 300_000 } as const;
const longMs = 600_000;
const atATime = 4;
/** A thousand workloads that cannot start are one cause, and twenty show it. */
const most = 20;

/** What was last seen of the pods of one workload. */
export interface PodsSeen {
  readonly atMs: number;
  readonly broken: BrokenPod | undefined;
  /** Since when, look after look. */
  readonly brokenSinceMs: number;
}

/**
 * The pods of a workload that is under way for 30 s explain why; a pod of its newest revision that stays broken makes it
 * Degraded (semantics §5.2). Where they may not be listed nothing is explained.
 */
export async function explainByPods(
  ports: PassPorts,
  { input, assessed }: { readonly input: PassInput; readonly assessed: Assessed },
  signal: AbortSignal,
): Promise<Assessed> {
  const nowMs = ports.clock.now();
  const open = assessed.health.filter(isUnderWay);
  const ids = new Set(open.map(({ ref }) => refId(ref)));
  const { pods } = input.memory;
  for (const id of pods.keys()) if (!ids.has(id)) pods.delete(id);
  const slow = open.filter(({ sinceMs }) => nowMs >= sinceMs + afterMs).slice(0, most);
  const declared = new Map(input.manifests.desired.map((desired) => [desired.id, desired]));
  await inTurn(slow, atATime, async ({ ref, sinceMs }) => {
    const id = refId(ref);
    const workload = declared.get(id);
    const seen = pods.get(id);
    const isDue = seen === undefined || nowMs >= seen.atMs + pauseOf({ sinceMs, nowMs });
    if (workload === undefined || !isDue) return;
    const broken = await brokenPod(ports, workload, signal);
    const isSame = broken !== undefined && seen?.broken?.name === broken.name;
    const brokenSinceMs = isSame ? seen.brokenSinceMs : nowMs;
    pods.set(id, { atMs: nowMs, broken, brokenSinceMs });
  });
  const due = [...open].map((one) => nextLook(one, pods.get(refId(one.ref)), nowMs));
  const dueMs = [...due, ...(assessed.dueMs === undefined ? [] : [assessed.dueMs])];
  const health = assessed.health.map((one) => explained(one, pods.get(refId(one.ref)), nowMs));
  return { ...assessed, health, ...(dueMs.length === 0 ? {} : { dueMs: Math.min(...dueMs) }) };
}

function isUnderWay({ ref, health }: ObjectHealth): boolean {
  return health.status === "Progressing" && isWorkload(ref);
}

interface Stuck {
  readonly sinceMs: number;
  readonly nowMs: number;
}

function pauseOf({ sinceMs, nowMs }: Stuck): number {
  return nowMs - sinceMs < longMs ? everyMs.first : everyMs.later;
}

function nextLook({ sinceMs }: ObjectHealth, seen: PodsSeen | undefined, nowMs: number): number {
  return seen === undefined ? sinceMs + afterMs : seen.atMs + pauseOf({ sinceMs, nowMs });
}

async function brokenPod(
  { client }: PassPorts,
  { ref, object }: Desired,
  signal: AbortSignal,
): Promise<BrokenPod | undefined> {
  const labelSelector = podSelector(object);
  if (labelSelector === undefined) return undefined;
  const selection = { group: "", kind: "Pod", namespace: ref.namespace, labelSelector };
  try {
    for await (const { items } of client.list(selection, signal)) {
      return brokenPodOf(object, items); // the first 500 are enough to explain
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ApiError)) throw error;
  }
  return undefined;
}

function explained(one: ObjectHealth, seen: PodsSeen | undefined, nowMs: number): ObjectHealth {
  if (seen?.broken === undefined || !isUnderWay(one)) return one;
  const { name, message: why } = seen.broken;
  const isSettled = nowMs >= seen.brokenSinceMs + afterMs;
  const health: Health = {
    status: isSettled ? "Degraded" : "Progressing",
    message: `Pod ${name}: ${why}`,
  };
  return { ...one, health };
}
