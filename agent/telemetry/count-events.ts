import type { Change, ChangeResult, Outcome } from "../model/change.ts";
import type { AgentEvent } from "../model/event.ts";
import { reasons } from "../model/reason.ts";
import type { UnitStatus } from "../model/status.ts";
import type { Clock } from "../schedule/clock.ts";
import { httpCodes, httpMethods } from "./process-rows.ts";
import { isPruned } from "./pruned.ts";
import type { SeriesRegistry } from "./registry.ts";
import { answered } from "./state-gauges.ts";
import { blockReasons, knownManagers } from "./work-rows.ts";

type Of<T extends AgentEvent["type"]> = Extract<AgentEvent, { type: T }>;

const units = { name: "units" };
const written: readonly Outcome[] = ["created", "configured", "adopted", "recreated", "deleted"];
const broken: readonly Outcome[] = ["failed", "unknown"];

/** The counters and histograms: what happened. Time comes from the clock, as events carry none. */
export class Counting {
  readonly #registry: SeriesRegistry;
  readonly #clock: Clock;
  readonly #fixed: { readonly source: string; readonly host: string };
  readonly #waiting = new Map<string, number>();
  readonly #running = new Map<string, number>();
  readonly #blocked = new Map<string, string>();

  constructor(
    registry: SeriesRegistry,
    clock: Clock,
    fixed: { readonly source: string; readonly host: string },
  ) {
    this.#registry = registry;
    this.#clock = clock;
    this.#fixed = fixed;
  }

  /** Brings what depends on the present moment up to date. */
  refresh(): void {
    const now = this.#clock.monotonic();
    const ages = [...this.#running.values()].map((since) => (now - since) / 1000);
    const sum = ages.reduce((total, age) => total + age, 0);
    this.#registry.set("workqueue_unfinished_work_seconds", units, sum);
    const longest = Math.max(0, ...ages);
    this.#registry.set("workqueue_longest_running_processor_seconds", units, longest);
  }

  take(event: AgentEvent): void {
    switch (event.type) {
      case "queue":
        this.#countQueue(event);
        break;
      case "prune-blocked":
        this.#countBlocked(event);
        break;
      case "unit-removed":
        this.#forget(event.app);
        break;
      case "source-polled":
        countPoll(this.#registry, event, this.#fixed.source);
        break;
      case "api-request":
        countRequest(this.#registry, event, this.#fixed.host);
        break;
      default:
        countWork(this.#registry, event);
        break;
    }
  }

  #countQueue({ depth, app, step }: Of<"queue">): void {
    this.#registry.set("workqueue_depth", units, depth);
    const now = this.#clock.monotonic();
    if (step === "retried") this.#registry.add("workqueue_retries_total", units, 1);
    if (step === "added" || step === "retried") {
      this.#registry.add("workqueue_adds_total", units, 1);
      if (!this.#waiting.has(app)) this.#waiting.set(app, now);
    }
    if (step === "started") {
      const waitedMs = now - (this.#waiting.get(app) ?? now);
      this.#registry.observe("workqueue_queue_duration_seconds", units, waitedMs / 1000);
      this.#waiting.delete(app);
      this.#running.set(app, now);
    }
    if (step === "ended") this.#running.delete(app);
  }

  /** Once per plan, however often a pass meets it again. */
  #countBlocked({ app, reason, plan }: Of<"prune-blocked">): void {
    const key = `${app} ${reason}`;
    if (!blockReasons.includes(reason) || this.#blocked.get(key) === plan) return;
    this.#blocked.set(key, plan);
    this.#registry.startApp(app);
    this.#registry.add("holdfast_prune_blocked_total", { app, reason }, 1);
  }

  #forget(app: string): void {
    this.#waiting.delete(app);
    this.#running.delete(app);
    for (const reason of blockReasons) this.#blocked.delete(`${app} ${reason}`);
  }
}

function countWork(registry: SeriesRegistry, event: AgentEvent): void {
  switch (event.type) {
    case "rendered":
      registry.add("holdfast_renders_total", { renderer: event.renderer, result: event.result }, 1);
      break;
    case "phase":
      registry.observe(
        "holdfast_reconcile_phase_duration_seconds",
        { phase: event.phase },
        event.durationMs / 1000,
      );
      break;
    case "pass-ended":
      countPass(registry, event);
      break;
    case "change":
      countChange(registry, event);
      break;
    case "drift":
      registry.startApp(event.app);
      registry.add("holdfast_drift_detected_total", { app: event.app, type: event.kind }, 1);
      break;
    case "status":
      countFight(registry, event.before, event.after);
      break;
    case "api-throttled":
      registry.add(
        "holdfast_kube_throttle_wait_seconds_total",
        { cause: event.cause },
        event.waitMs / 1000,
      );
      break;
    case "cluster-restored":
      registry.add("holdfast_kube_watch_restarts_total", { reason: "restored" }, 1);
      break;
    case "watch-restarted":
      registry.add("holdfast_kube_watch_restarts_total", { reason: event.reason }, 1);
      break;
    default:
    // A state, or only worth a log line.
  }
}

function countPoll(registry: SeriesRegistry, event: Of<"source-polled">, source: string): void {
  const result = answered(event) ? "success" : "error";
  const { trigger, durationMs } = event;
  registry.add("holdfast_source_fetches_total", { source, result, trigger }, 1);
  registry.observe("holdfast_source_fetch_duration_seconds", { source }, durationMs / 1000);
}

function countRequest(registry: SeriesRegistry, event: Of<"api-request">, host: string): void {
  const method = httpMethods.find((known) => known === event.method.toUpperCase());
  if (method === undefined) return;
  const text = event.code === 0 ? "<error>" : String(event.code);
  const code = httpCodes.find((known) => known === text) ?? "other";
  registry.add("rest_client_requests_total", { code, method, host }, 1);
  if (event.verb.toLowerCase() === "watch") return;
  registry.observe(
    "rest_client_request_duration_seconds",
    { verb: method, host },
    event.durationMs / 1000,
  );
}

function countPass(registry: SeriesRegistry, event: Of<"pass-ended">): void {
  const { app, result, reason } = event;
  registry.startApp(app);
  registry.add("holdfast_reconciles_total", { app, result }, 1);
  registry.observe("workqueue_work_duration_seconds", units, event.durationMs / 1000);
  if (result !== "error" || reason === undefined) return;
  registry.add("holdfast_reconcile_errors_total", { stage: reasons[reason].stage, reason }, 1);
}

function countChange(registry: SeriesRegistry, { app, action, result }: Of<"change">): void {
  const { outcome, change, problem } = result;
  const failed = broken.includes(outcome);
  if (!failed && !written.includes(outcome)) return;
  const end = failed ? "error" : "success";
  registry.startApp(app);
  const operation = operationOf(action, change);
  if (operation !== undefined) {
    registry.add("holdfast_apply_operations_total", { operation, result: end }, 1);
  }
  if (isPruned(result)) registry.add("holdfast_pruned_objects_total", { app }, 1);
  if ("cause" in change && change.cause === "drift") {
    registry.add("holdfast_drift_corrected_total", { app, result: end }, 1);
  }
  if (problem?.reason !== "FieldConflict") return;
  for (const manager of managersOf(result)) {
    registry.add("holdfast_apply_conflicts_total", { manager }, 1);
  }
}

function operationOf(action: Change["action"], change: Change): string | undefined {
  if (change.action === "update" && change.adopts) return "adopt";
  return ["create", "update", "recreate", "delete"].find((known) => known === action);
}

/** The managers that stand in the way; `other` where nobody known is named. */
function managersOf({ change }: ChangeResult): readonly string[] {
  const named = change.action === "update" ? change.fields.flatMap((f) => f.manager ?? []) : [];
  const known = named.map((name) => knownManagers.find((manager) => manager === name) ?? "other");
  return known.length === 0 ? ["other"] : [...new Set(known)];
}

function countFight(
  registry: SeriesRegistry,
  before: UnitStatus | undefined,
  after: UnitStatus,
): void {
  if (after.reason !== "Fight" || before?.reason === "Fight") return;
  registry.startApp(after.app);
  registry.add("holdfast_fights_total", { app: after.app }, 1);
}
