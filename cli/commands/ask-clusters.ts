import type { Report } from "../output/error.ts";
import type { CommandContext, ConnectedCluster } from "./context.ts";
import { reportOf } from "./failure.ts";
import type { Target } from "./targets.ts";

/** Per cluster (cli.md §1). */
const clusterTimeoutMs = 15_000;
const atOnce = 16;

export interface Answered<T> {
  readonly answers: readonly { readonly target: Target; readonly answer: T }[];
  /** One per cluster that could not be asked. */
  readonly failures: readonly Report[];
}

/** `isPatient`: only the time of the whole command counts. */
type Asker = CommandContext & { readonly isPatient?: boolean };
type Ask<T> = (cluster: ConnectedCluster, target: Target, signal: AbortSignal) => Promise<T>;

type One<T> =
  | { readonly ok: true; readonly target: Target; readonly answer: T }
  | { readonly ok: false; readonly failure: Report };

/** Asks every cluster, some at a time, each within its own time. A cluster that fails takes nothing from the others. */
export async function askClusters<T>(
  context: Asker,
  targets: readonly Target[],
  ask: Ask<T>,
): Promise<Answered<T>> {
  const waiting = [...targets];
  const done: One<T>[] = [];
  const worker = async () => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      const open = targets.length - done.length;
      context.terminal.progress(`asking ${open} of ${targets.length} clusters`);
      done.push(await askOne(context, target, ask));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, targets.length) }, worker));
  context.signal.throwIfAborted();
  const order = new Map(targets.map((target, index) => [target.cluster, index]));
  const answers = done
    .flatMap((one) => (one.ok ? [one] : []))
    .sort((a, b) => (order.get(a.target.cluster) ?? 0) - (order.get(b.target.cluster) ?? 0));
  return { answers, failures: grouped(done.flatMap((one) => (one.ok ? [] : [one.failure]))) };
}

async function askOne<T>(context: Asker, target: Target, ask: Ask<T>): Promise<One<T>> {
  const { ports, options, terminal } = context;
  terminal.detail(`asking ${target.cluster} through context ${target.context}`);
  const late = new AbortController();
  const done = new AbortController();
  const whenLate = () => late.abort();
  if (context.isPatient !== true)
    ports.clock.sleep(clusterTimeoutMs, done.signal).then(whenLate, () => {});
  const signal = AbortSignal.any([context.signal, late.signal]);
  let cluster: ConnectedCluster | undefined;
  try {
    const wish = {
      kubeconfig: options.kubeconfig,
      context: target.context,
      namespace: options.namespace,
    };
    cluster = await ports.connect(wish, signal);
    return { ok: true, target, answer: await ask(cluster, target, signal) };
  } catch (error) {
    const failure = late.signal.aborted ? silent(target) : unreachable(target, error);
    return { ok: false, failure };
  } finally {
    done.abort();
    await cluster?.client.close();
  }
}

function silent({ cluster, context }: Target): Report {
  return {
    what: `${cluster} cannot be asked`,
    where: `kubeconfig context ${context}`,
    why: `no answer within ${clusterTimeoutMs / 1000} s`,
    next: `kubectl --context ${context} get --raw /readyz`,
  };
}

function unreachable({ cluster, context }: Target, error: unknown): Report {
  const { what, why, next } = reportOf(error);
  const because = error instanceof Error ? error.message : (why ?? what);
  return {
    what: `${cluster} cannot be asked`,
    where: `kubeconfig context ${context}`,
    why: because,
    ...(next === undefined ? {} : { next }),
  };
}

function grouped(failures: readonly Report[]): readonly Report[] {
  return [...failures].sort((a, b) => (a.what < b.what ? -1 : 1));
}
