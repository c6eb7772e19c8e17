import { apply } from "../apply/apply.ts";
import { ApiError } from "../cluster/errors.ts";
import { hookResult } from "../health/hook-result.ts";
import type { Change, ChangeResult, Desired } from "../model/change.ts";
import { type HookPhase, type HookRun, hookKey } from "../model/hook.ts";
import { apiVersionVersion, describeRef, type KubeObject, versionOf } from "../model/object.ts";
import type { Problem } from "../model/problem.ts";
import { type Barrier, waiting } from "../plan/barrier.ts";
import { problemOf } from "../plan/classify.ts";
import {
  type HookMove,
  type HookRuns,
  hookMove,
  isEnded,
  withRunToken,
} from "../plan/hook-move.ts";
import { ranks } from "../plan/order.ts";
import { isoTime } from "../schedule/clock.ts";
import type { PassInput, PassPorts } from "./pass.ts";
import { unservedChange } from "./served.ts";
import { tell } from "./tell.ts";

/** How often a hook is looked at, should no watch tell of its end. */
export const hookLookMs = 60_000;

export interface HookTurn {
  readonly input: PassInput;
  readonly runs: HookRuns;
  readonly phase: HookPhase;
  /** Of one wave. */
  readonly hooks: readonly Desired[];
  /** What must come first; hooks that run are still followed. */
  readonly barrier: Barrier | undefined;
}

export interface HookTurned {
  readonly runs: HookRuns;
  readonly results: readonly ChangeResult[];
  /** Set until all have ended well. */
  readonly barrier?: Barrier;
  readonly dueMs: readonly number[];
}

/** Starts the hooks of one wave, or goes on where the pass before, or an agent before, left them (O-18, P-17). */
export async function runHooks(
  ports: PassPorts,
  turn: HookTurn,
  signal: AbortSignal,
): Promise<HookTurned> {
  const steps: Advanced[] = [];
  for (const rank of ranks(turn.hooks)) {
    // Accounts and settings before what runs with them (O-11).
    const moving = rank.map((hook) => advance(ports, { ...turn, hook }, signal));
    steps.push(...(await Promise.all(moving)));
  }
  const moved = steps.map(({ run }) => [hookKey(run.phase, run.ref), run] as const);
  const open = steps.find(({ run }) => run.state !== "succeeded");
  const text = open === undefined ? "" : `${open.run.phase} hook ${describeRef(open.run.ref)}`;
  return {
    runs: new Map([...turn.runs, ...moved]),
    results: steps.flatMap(({ results }) => results),
    dueMs: steps.flatMap(({ dueMs }) => dueMs ?? []),
    ...(open && { barrier: { reason: "Applying" as const, why: `waits for the ${text}` } }),
  };
}

interface One extends HookTurn {
  readonly hook: Desired;
}

interface Advanced {
  readonly run: HookRun;
  readonly results: readonly ChangeResult[];
  readonly dueMs?: number;
}

async function advance(ports: PassPorts, one: One, signal: AbortSignal): Promise<Advanced> {
  const { hook, phase, runs, barrier } = one;
  const run = runs.get(hookKey(phase, hook.ref));
  if (run === undefined) throw new Error(`${hook.id} is not on record`); // P-10
  if (isEnded(run)) return { run, results: run.state === "failed" ? [failed(hook, run)] : [] };
  if (barrier !== undefined && run.state === "intent") {
    return { run, results: [skipped(waiting(hook.ref, barrier))] };
  }
  const unserved = unservedChange(ports.discovery(), hook);
  if (unserved !== undefined)
    return { run, results: await apply(hands(ports), [unserved], signal) };
  try {
    const at = { ...hook.ref, version: apiVersionVersion(hook.object.apiVersion) };
    return await follow(ports, { ...one, run, live: await ports.client.get(at, signal) }, signal);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const problem = problemOf(error.failure, hook);
    return { run, results: [failure(hook, problem)] };
  }
}

interface Followed extends One {
  readonly run: HookRun;
  readonly live: KubeObject | undefined;
}

/** Making room, making it, looking at it: as far as it goes in one pass. */
async function follow(ports: PassPorts, at: Followed, signal: AbortSignal): Promise<Advanced> {
  const { input, hook, run } = at;
  const move = moveOf(ports, at);
  if (move.move !== "create" && move.move !== "replace") return rest(ports, at, move);
  const result = await write(ports, { input, hook, run, move }, signal);
  if (result.problem !== undefined) return { run, results: [result] };
  if (move.move === "replace") {
    if (result.live === undefined) return follow(ports, { ...at, live: undefined }, signal);
    return rest(ports, at, { move: "wait", why: `${describeRef(hook.ref)} is being deleted` });
  }
  const uid = result.live?.metadata.uid;
  if (uid === undefined) return { run, results: [result] };
  const started: HookRun = { ...run, state: "running", uid, since: now(ports) };
  return follow(ports, { ...at, run: started, live: result.live }, signal);
}

function moveOf({ clock }: PassPorts, { input, run, live }: Followed): HookMove {
  const { unit, installation, healthRules } = input;
  return hookMove(run, live, {
    owner: { installation: installation.id, app: unit.app },
    standing: live === undefined ? undefined : hookResult(live, healthRules),
    nowMs: clock.now(),
    timeoutMs: unit.health.timeoutMs,
  });
}

interface Write {
  readonly input: PassInput;
  readonly hook: Desired;
  readonly run: HookRun;
  readonly move: Extract<HookMove, { move: "create" | "replace" }>;
}

async function write(
  ports: PassPorts,
  { input, hook, run, move }: Write,
  signal: AbortSignal,
): Promise<ChangeResult> {
  const change = move.move === "create" ? creation(hook, run) : deletion(hook, move.live);
  const [result] = await apply(hands(ports), [change], signal);
  if (result === undefined) throw new Error("one change has one result");
  tell(ports, input, result);
  return result;
}

function creation(hook: Desired, run: HookRun): Change {
  const desired = withRunToken(hook, run);
  return { action: "create", ref: hook.ref, desired, cause: "change" };
}

/** 4.5-9. It is made anew from Git, so no copy of it is kept. */
function deletion({ ref }: Desired, live: KubeObject): Change {
  const version = apiVersionVersion(live.apiVersion);
  return { action: "delete", ref, version, over: versionOf(live), live };
}

function hands({ client, clock }: PassPorts) {
  return { ...client, clock };
}

/** Nothing more to be done now. */
function rest(
  ports: PassPorts,
  { input, hook, run }: Followed,
  move: Exclude<HookMove, { move: "create" | "replace" }>,
): Advanced {
  const { clock } = ports;
  const soon = clock.now() + hookLookMs;
  switch (move.move) {
    case "wait":
      return { run, results: [open(hook, `${run.phase} hook: ${move.why}`)], dueMs: soon };
    case "hold": {
      const why = `${move.why}; delete or rename it, then it is run`;
      const change: Change = { action: "hold", ref: hook.ref, reason: "OwnedElsewhere", why };
      return { run, results: [{ change, outcome: "held", warnings: [] }], dueMs: soon };
    }
    case "run": {
      const going: HookRun =
        run.state === "running"
          ? run
          : { ...run, state: "running", uid: move.uid, since: now(ports) };
      const endMs = Date.parse(going.since) + input.unit.health.timeoutMs;
      const results = [open(hook, `the ${run.phase} hook runs: ${move.says}`)];
      return { run: going, results, dueMs: Math.min(endMs, soon) };
    }
    case "end":
      return ended(ports, { input, hook, run, move });
  }
}

interface Ended {
  readonly input: PassInput;
  readonly hook: Desired;
  readonly run: HookRun;
  readonly move: Extract<HookMove, { move: "end" }>;
}

function ended(ports: PassPorts, { input, hook, run, move }: Ended): Advanced {
  const { uid, why } = move;
  const known = { ...run, since: now(ports), ...(uid === undefined ? {} : { uid }) };
  if (why === undefined) return { run: { ...known, state: "succeeded" }, results: [] };
  const over: HookRun = { ...known, state: "failed", why };
  const result = failed(hook, over);
  tell(ports, input, result); // once: later passes only repeat it in the status
  return { run: over, results: [result] };
}

function failed(hook: Desired, { phase, why = "" }: HookRun): ChangeResult {
  const { ref, file, line } = hook;
  const message = `the ${phase} hook ${describeRef(ref)} failed: ${why}`;
  return failure(hook, { reason: "HookFailed", message, ref, file, line });
}

function failure({ ref }: Desired, problem: Problem): ChangeResult {
  return { change: { action: "fail", ref, problem }, outcome: "failed", problem, warnings: [] };
}

function open({ ref }: Desired, why: string): ChangeResult {
  return skipped(waiting(ref, { reason: "Applying", why }));
}

function skipped(change: Change): ChangeResult {
  return { change, outcome: "skipped", warnings: [] };
}

function now({ clock }: PassPorts): string {
  return isoTime(clock.now());
}
