import { isConflict } from "../cluster/errors.ts";
import type { AgentState, StateStore } from "../cluster/state.ts";
import type { Stored } from "../cluster/stored.ts";
import type { Commit } from "../model/artifact.ts";
import type { Emit, Trigger } from "../model/event.ts";
import type { Problem } from "../model/problem.ts";
import { ReconcileError } from "../model/reason.ts";
import type { Clock, Random } from "../schedule/clock.ts";
import { SourceError } from "../source/errors.ts";
import type { ConfigSource } from "../source/source.ts";
import { judgeTip } from "./judge-tip.ts";

const maxDelayMs = 300_000;
const patience = { polls: 3, intervals: 5 };
/** A source that is asked often is asked again soon. */
const slowest = 10;

export interface FollowerPorts {
  readonly source: ConfigSource;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
}

export interface Pace {
  readonly intervalMs: number;
  /** 0 to 1. */
  readonly jitter: number;
}

/** Follows one branch: polls it, and moves forward along its history only (P6). */
export class Follower {
  readonly #ports: FollowerPorts;
  readonly #pace: Pace;
  #failures = 0;
  #failingSinceMs = 0;
  #retryAfterMs = 0;
  /** Last commit of the branch that was accepted; what is enforced. */
  accepted: Commit | undefined;
  /** Why newer commits are not followed; absent when all is well. */
  problem: Problem | undefined;
  answeredAtMs: number | undefined;
  #stored: Stored<AgentState | undefined> | undefined;

  constructor(ports: FollowerPorts, pace: Pace) {
    this.#ports = ports;
    this.#pace = pace;
  }

  /** Asks for the tip once. Never throws but on abort: what goes wrong is a problem with a reason. */
  async poll(trigger: Trigger, signal: AbortSignal): Promise<void> {
    const { clock, source } = this.#ports;
    const start = clock.monotonic();
    const before = this.accepted?.id;
    try {
      const tip = await source.poll(signal);
      this.#failures = 0;
      this.#retryAfterMs = 0;
      this.answeredAtMs = clock.now();
      await this.#judge(tip, signal);
      this.#tell(trigger, { durationMs: clock.monotonic() - start, before, tip });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ReconcileError)) throw error;
      await this.#fail(error, signal);
      this.#tell(trigger, { durationMs: clock.monotonic() - start, before, error });
    }
  }

  /** Time until the next poll: the interval with jitter; longer and longer, up to five minutes, while it fails. */
  get delayMs(): number {
    const { intervalMs, jitter } = this.#pace;
    const slower = intervalMs * 2 ** Math.max(0, this.#failures - patience.polls);
    const longest = Math.max(intervalMs, Math.min(maxDelayMs, slowest * intervalMs));
    const base = this.#failures === 0 ? intervalMs : Math.min(slower, longest);
    const spread = 1 - jitter + 2 * jitter * this.#ports.random.next();
    return Math.max(base * spread, this.#retryAfterMs);
  }

  async #judge(tip: Commit, signal: AbortSignal): Promise<void> {
    const { source } = this.#ports;
    const stored = await this.#read(signal);
    const known = stored?.value?.acceptedCommit;
    const acceptedTip = stored?.value?.acceptTip;
    this.problem = await judgeTip(source, { accepted: known, tip, acceptedTip }, signal);
    if (this.problem !== undefined) {
      this.accepted ??= known === undefined ? undefined : await source.commit(known, signal);
      return;
    }
    if (known !== tip.id) {
      const units = stored?.value?.units ?? [];
      const next = { units, acceptedCommit: tip.id };
      this.#stored = await this.#write(next, stored?.resourceVersion, signal);
      if (this.#stored === undefined) return this.#judge(tip, signal);
    }
    this.accepted = tip;
  }

  /** Undefined: a person wrote it, too, and what they say counts before we move on (P-52). */
  async #write(
    next: AgentState,
    over: string | undefined,
    signal: AbortSignal,
  ): Promise<Stored<AgentState> | undefined> {
    try {
      return await this.#ports.state.write(next, over, signal);
    } catch (error) {
      if (isConflict(error)) return undefined;
      throw error;
    }
  }

  /** Ours alone while we lead, so once is enough (P8); a person's accept of a tip is looked for while it is needed. */
  async #read(signal: AbortSignal): Promise<Stored<AgentState | undefined> | undefined> {
    if (this.#stored === undefined || this.problem?.reason === "NonFastForward") {
      this.#stored = await this.#ports.state.read(signal);
    }
    return this.#stored;
  }

  /** G01: an outage is told after three polls and five of them in time (five minutes by default); all else at once. */
  async #fail(error: ReconcileError, signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    if (this.#failures === 0) this.#failingSinceMs = clock.now();
    this.#failures += 1;
    this.#retryAfterMs = error instanceof SourceError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    this.accepted ??= await this.#restored(signal);
    const lastingMs = clock.now() - this.#failingSinceMs;
    const isBrief = this.#failures < patience.polls || lastingMs < this.#patienceMs;
    if (error.reason === "SourceUnreachable" && isBrief && this.accepted !== undefined) return;
    this.problem = { reason: error.reason, message: error.message };
  }

  get #patienceMs(): number {
    return Math.min(maxDelayMs, patience.intervals * this.#pace.intervalMs);
  }

  /** G35: Git is down at start; what the store holds of the last accepted commit goes on being enforced. */
  async #restored(signal: AbortSignal): Promise<Commit | undefined> {
    const { source } = this.#ports;
    const known = (await this.#read(signal))?.value?.acceptedCommit;
    if (known === undefined) return undefined;
    try {
      return await source.commit(known, signal);
    } catch (error) {
      if (error instanceof ReconcileError) return undefined; // an empty store and no host
      throw error;
    }
  }

  #tell(trigger: Trigger, { durationMs, before, tip, error }: Told): void {
    const commit = this.accepted;
    this.#ports.emit({
      type: "source-polled",
      trigger,
      durationMs,
      moved: commit?.id !== before,
      ...(tip === undefined ? {} : { commit: tip.id, committedAt: tip.committedAt }),
      ...reasonOf(error ?? this.problem),
    });
  }
}

interface Told {
  readonly durationMs: number;
  readonly before: string | undefined;
  readonly tip?: Commit;
  readonly error?: ReconcileError;
}

function reasonOf(trouble: Pick<Problem, "reason" | "message"> | undefined): Partial<Problem> {
  return trouble === undefined ? {} : { reason: trouble.reason, message: trouble.message };
}
