import { ApiError } from "./cluster/errors.ts";
import type { Settings } from "./config/settings.ts";
import { crashEvent } from "./crash.ts";
import { watchKinds } from "./flight/discovery.ts";
import { adoptCommit } from "./follow/adopt.ts";
import { Follower } from "./follow/follower.ts";
import type { Trigger } from "./model/event.ts";
import { ReconcileError } from "./model/reason.ts";
import type { WentBack } from "./model/went-back.ts";
import { followRequests } from "./requests/requests.ts";
import type { FleetSnapshot, Readiness } from "./server/snapshot.ts";
import { watchOver } from "./term/backstops.ts";
import { noteCompared } from "./term/compared.ts";
import { connections } from "./term/connect.ts";
import { followDefinitions } from "./term/definitions.ts";
import { expireKept } from "./term/expire-kept.ts";
import { createLead } from "./term/lead.ts";
import { publishOwnRecord } from "./term/records.ts";
import { restoreSlots } from "./term/restore.ts";
import { snapshotOf } from "./term/snapshot.ts";
import { reviseUnserved } from "./term/unserved.ts";
import type { AgentPorts, ClusterPorts, World } from "./world.ts";

const stalledAfterMs = 600_000;

/** One agent in one cluster. It starts with `run` and ends with that promise; everything else only looks or nudges. */
export class Agent {
  readonly #settings: Settings;
  readonly #ports: AgentPorts;
  #world: World | undefined;
  #restored: WentBack | undefined;
  #follower: Follower | undefined;
  #trouble: string | undefined = "the API server has not answered yet";
  #loopAtMs = 0;
  #nudge: AbortController = new AbortController();

  constructor(settings: Settings, ports: AgentPorts) {
    this.#settings = settings;
    this.#ports = ports;
  }

  /** Works until aborted; then ends what is in flight, lets go of the lease after the last write, and resolves (C14). */
  async run(signal: AbortSignal): Promise<void> {
    const trouble = (message: string) => {
      this.#trouble = message;
    };
    try {
      for await (const cluster of connections(this.#ports, trouble, signal)) {
        await this.#drive(cluster, signal);
      }
    } finally {
      await this.#ports.source.close();
      await this.#ports.records?.close();
    }
  }

  /** Until aborted, or until the cluster is found older than it was: no memory of it holds then, so all begins anew (C-18). */
  async #drive(cluster: ClusterPorts, signal: AbortSignal): Promise<void> {
    const back = new AbortController();
    const forget = cluster.timeline.onBack((how) => {
      this.#restored = how;
      this.#world = undefined;
      back.abort();
    });
    const end = AbortSignal.any([signal, back.signal]);
    const stopped = new AbortController();
    const lease = cluster.lease.run(stopped.signal);
    try {
      while (!end.aborted) await this.#leadOnce(cluster, end);
    } finally {
      forget();
      stopped.abort();
      await lease.catch(() => undefined);
      await cluster.lease.release(AbortSignal.timeout(5000)).catch(() => undefined);
      await cluster.close();
    }
  }

  /** Polls the source now. */
  nudge(): void {
    this.#nudge.abort();
  }

  snapshot(): FleetSnapshot {
    return snapshotOf({
      settings: this.#settings,
      nowMs: this.#ports.clock.now(),
      version: this.#ports.version,
      world: this.#world,
      follower: this.#follower,
      ready: this.ready(),
    });
  }

  /** cli.md §4.4 item 7. */
  ready(): Readiness {
    if (this.#trouble !== undefined) return { ok: false, why: this.#trouble };
    const fleet = this.#world?.fleet;
    if (fleet === undefined || fleet.cluster !== undefined) return { ok: true };
    return { ok: false, why: "no Cluster document names this cluster", knownClusters: fleet.known };
  }

  /** False when the loop has stalled. */
  alive(): boolean {
    return this.#loopAtMs === 0 || this.#ports.clock.monotonic() - this.#loopAtMs < stalledAfterMs;
  }

  /** From getting the lease to losing it, or to the end. */
  async #leadOnce(cluster: ClusterPorts, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const end = AbortSignal.any([signal, ended.signal]);
    try {
      this.#trouble = undefined;
      await cluster.lease.acquired(signal);
    } catch {
      return; // aborted while waiting
    }
    const forget = cluster.lease.onLost(() => ended.abort());
    try {
      await this.#lead(cluster, end);
    } catch (error) {
      if (!end.aborted) await this.#recover(error, end);
    } finally {
      forget();
      ended.abort();
    }
  }

  /** An API server that is gone is waited for; a bug is logged and tried again, it never ends the agent silently. */
  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, emit } = this.#ports;
    if (error instanceof ApiError) {
      this.#trouble = error.message;
      emit({ type: "cluster-reachable", reachable: false, message: error.message });
    } else {
      emit(crashEvent(error));
    }
    await clock.sleep(5000, signal).catch(() => undefined);
  }

  async #lead(cluster: ClusterPorts, signal: AbortSignal): Promise<void> {
    const { clock, emit } = this.#ports;
    const discovery = await cluster.client.discover(signal);
    emit({ type: "cluster-reachable", reachable: true, kubernetes: discovery.kubernetes });
    this.#trouble = undefined;
    const over = new AbortController();
    const term = AbortSignal.any([signal, over.signal]);
    const hard = new AbortController();
    const lead = createLead(hard.signal);
    const world: World = {
      settings: this.#settings,
      ports: this.#ports,
      cluster,
      slots: new Map(),
      renders: new Set(),
      discovery,
      restored: this.#restored,
      sourceProblem: undefined,
      accepted: undefined,
      fleet: undefined,
      wake: (app, afterMs) => lead.wake(app, afterMs),
    };
    lead.begin(world);
    await restoreSlots(world, signal);
    this.#restored = undefined;
    this.#world = world;
    const forget = cluster.live.onChange((ref) => lead.changed(ref));
    const asked = followRequests(world, () => this.nudge(), term);
    const record = publishOwnRecord(world, () => this.snapshot(), term);
    const besides = [expireKept, watchOver, followDefinitions].map((one) => one(world, term));
    const beside = Promise.all([record, ...besides]);
    try {
      await this.#loop(world, signal);
    } finally {
      forget();
      over.abort(); // a loop that failed ends them, too
      await beside;
      const patience = clock.sleep(10_000, hard.signal).then(
        () => hard.abort(),
        () => undefined,
      );
      if (cluster.timeline.wentBack() !== undefined) hard.abort(); // what is in flight believes what was
      await lead.stop();
      hard.abort();
      await patience;
      await asked.catch(() => undefined);
      await Promise.all(world.renders);
    }
  }

  async #loop(world: World, signal: AbortSignal): Promise<void> {
    const { source, clock, random, emit } = this.#ports;
    const { intervalMs, jitter } = this.#settings.source;
    const { state } = world.cluster;
    const follower = new Follower({ source, state, clock, random, emit }, { intervalMs, jitter });
    this.#follower = follower;
    let trigger: Trigger = "poll";
    while (!signal.aborted) {
      await this.#step(world, { follower, trigger }, signal);
      this.#loopAtMs = clock.monotonic();
      emit({ type: "loop-ended" });
      trigger = await this.#pause(follower.delayMs, signal);
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<Trigger> {
    const either = AbortSignal.any([signal, this.#nudge.signal]);
    await this.#ports.clock.sleep(ms, either).catch(() => undefined);
    const isNudged = this.#nudge.signal.aborted;
    if (isNudged) this.#nudge = new AbortController(); // one that came during the poll counts, too
    return isNudged ? "manual" : "poll";
  }

  /** One look at Git: what is new is rendered for all units before any of them acts. */
  async #step(
    world: World,
    { follower, trigger }: { readonly follower: Follower; readonly trigger: Trigger },
    signal: AbortSignal,
  ): Promise<void> {
    const told = world.sourceProblem;
    await follower.poll(trigger, signal);
    world.sourceProblem = follower.problem;
    const { accepted } = follower;
    const isNew = accepted !== undefined && accepted.id !== world.fleet?.seen;
    const apps = isNew ? await this.#adopt(world, follower, signal) : [];
    const isTold = told?.reason !== world.sourceProblem?.reason;
    for (const app of isTold ? world.slots.keys() : apps) world.wake(app, 0);
    await reviseUnserved(world, signal);
    noteCompared(world);
  }

  async #adopt(world: World, follower: Follower, signal: AbortSignal): Promise<readonly string[]> {
    const { accepted } = follower;
    if (accepted === undefined) return [];
    world.accepted = accepted;
    try {
      const apps = await adoptCommit(world, accepted, signal);
      await world.cluster.live
        .synced(watchKinds(world), AbortSignal.any([signal, AbortSignal.timeout(5_000)]))
        .catch(() => undefined);
      return apps;
    } catch (error) {
      if (!(error instanceof ReconcileError)) throw error;
      world.sourceProblem = { reason: error.reason, message: error.message };
      return [];
    }
  }
}
