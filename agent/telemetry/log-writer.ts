import type { AgentEvent } from "../model/event.ts";
import { describeRef, refId } from "../model/object.ts";
import { needsAttention } from "../model/state.ts";
import type { UnitStatus } from "../model/status.ts";
import { describeWentBack } from "../model/went-back.ts";
import type { LogFields, LogLevel } from "./logs.ts";

type Log = (level: LogLevel, msg: string, fields: LogFields) => void;
type Of<T extends AgentEvent["type"]> = Extract<AgentEvent, { type: T }>;

/** Chooses level and words of each event, and keeps silent about what was said before. */
export class LogWriter {
  readonly #log: Log;
  /** What was said last of a thing that is told again and again. */
  readonly #said = new Map<string, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  take(event: AgentEvent): void {
    switch (event.type) {
      case "agent-started":
        this.#log("info", `Holdfast ${event.version} started`, {
          event: event.type,
          commit: event.commit,
        });
        break;
      case "agent-stopping":
        this.#log("info", `stopping: ${event.why}`, { event: event.type });
        break;
      case "lease":
        this.#once("lease", event.holder, () => this.#lease(event));
        break;
      case "cluster-reachable":
        this.#once("cluster", String(event.reachable), () => this.#reachable(event));
        break;
      case "cluster-restored":
        this.#log("warn", describeWentBack(event), { event: event.type });
        break;
      case "source-polled":
        this.#polled(event);
        break;
      case "fleet-read":
        this.#once("fleet", String(event.problems), () => this.#fleet(event));
        break;
      default:
        this.#takeUnit(event);
    }
  }

  #takeUnit(event: AgentEvent): void {
    switch (event.type) {
      case "pass-ended":
        this.#passEnded(event);
        break;
      case "status":
        this.#status(event);
        break;
      case "drift":
        this.#once(`drift ${event.app} ${refId(event.ref)}`, event.kind, () => this.#drift(event));
        break;
      case "prune-blocked":
        this.#once(`blocked ${event.app} ${event.reason}`, event.plan, () => this.#blocked(event));
        break;
      case "unit-removed":
        this.#forget(`${event.app} `);
        this.#log("info", `${event.app} is no longer here`, { event: event.type, app: event.app });
        break;
      case "change":
        this.#change(event);
        break;
      default:
        this.#takeRest(event);
    }
  }

  #takeRest(event: AgentEvent): void {
    switch (event.type) {
      case "warning":
        this.#log("warn", event.message, {
          event: event.type,
          app: event.app,
          reason: event.reason,
        });
        break;
      case "error":
        this.#log("error", event.message, {
          event: event.type,
          app: event.app,
          stack: event.stack,
        });
        break;
      case "restored":
        this.#restored(event);
        break;
      case "record":
        this.#once("record", event.message ?? "", () => this.#record(event));
        break;
      case "rendered":
      case "phase":
      case "watch-restarted":
      case "api-throttled":
        this.#log("debug", event.type, { event: event.type, ...flat(event) });
        break;
      default:
      // Too many to be worth a line: metrics have them.
    }
  }

  /** Runs only when `value` differs from what was said last about `key`. */
  #once(key: string, value: string, say: () => void): void {
    if (this.#said.get(key) === value) return;
    this.#said.set(key, value);
    say();
  }

  #forget(part: string): void {
    for (const key of [...this.#said.keys()])
      if (` ${key}`.includes(` ${part}`)) this.#said.delete(key);
  }

  #lease({ held, holder }: Of<"lease">): void {
    const other = holder === "" ? "let go of the lease" : `${holder} holds the lease`;
    const msg = held ? "holds the lease" : other;
    this.#log("info", msg, { event: "lease", holder });
  }

  #reachable({ reachable, kubernetes, message }: Of<"cluster-reachable">): void {
    const event = "cluster-reachable";
    if (reachable) this.#log("info", "the cluster answers", { event, kubernetes });
    else this.#log("warn", message ?? "the cluster does not answer", { event });
  }

  /** A poll is worth a line when the branch moved or when its outcome is another than last time. */
  #polled(event: Of<"source-polled">): void {
    const { reason, commit, durationMs, moved, trigger } = event;
    const outcome = reason ?? "fine";
    const changed = (this.#said.get("source") ?? "fine") !== outcome;
    this.#said.set("source", outcome);
    const loud = reason === undefined ? "info" : "warn";
    this.#log(changed || moved ? loud : "debug", pollWords(event, changed), {
      event: event.type,
      reason,
      commit,
      durationMs,
      trigger,
    });
  }

  #fleet({ problems }: Of<"fleet-read">): void {
    const event = "fleet-read";
    if (problems === 0) this.#log("info", "the fleet's documents are valid", { event });
    else this.#log("warn", `${problems} problems in the fleet's documents`, { event, problems });
  }

  #restored({ app, objects }: Of<"restored">): void {
    for (const { ref, why } of objects) {
      const word = why === undefined ? "restored" : `not restored: ${why}`;
      this.#log(why === undefined ? "info" : "warn", `${describeRef(ref)} ${word}`, {
        event: "restored",
        app,
      });
    }
  }

  /** Of failures the first of a kind, of success the one that ends a failure, and the start. */
  #record({ result, message }: Of<"record">): void {
    const event = "record";
    const words = result === "started" ? "publishes a status record" : "status record published";
    if (message === undefined) this.#log("info", words, { event });
    else this.#log("warn", `status record not published: ${message}`, { event });
  }

  #passEnded(event: Of<"pass-ended">): void {
    const { app, commit, durationMs, reason, outcomes } = event;
    const changed = changes(outcomes);
    const words = changed.map(([outcome, count]) => `${count} ${outcome}`).join(", ");
    const fields = { event: event.type, app, commit, durationMs, reason, result: event.result };
    if (changed.length > 0) this.#log("info", words, { ...fields, ...Object.fromEntries(changed) });
    else this.#log("debug", "pass ended, nothing changed", fields);
  }

  #status({ before, after }: Of<"status">): void {
    if (after.drift.length === 0) this.#forget(`drift ${after.app} `);
    if (!isTransition(before, after)) return;
    const { app, stage, reason, state } = after;
    const commit = after.revisions.live?.commit;
    const level = needsAttention(state) ? "warn" : "info";
    const from = before === undefined ? "" : `${before.state} → `;
    this.#log(level, `${from}${state}: ${after.message}`, {
      event: "status",
      app,
      stage,
      reason,
      commit,
      state,
    });
  }

  #drift({ app, kind, ref, managers }: Of<"drift">): void {
    const by = managers.length === 0 ? "" : ` by ${managers.join(", ")}`;
    this.#log("info", `${describeRef(ref)} ${kind}${by}`, { event: "drift", app });
  }

  #blocked({ app, reason, plan }: Of<"prune-blocked">): void {
    this.#log("warn", "a guard stopped a deletion", { event: "prune-blocked", app, reason, plan });
  }

  /** Objects one by one only at debug; a failure is part of the status and its transition. */
  #change({ app, commit, action, result }: Of<"change">): void {
    if (result.outcome === "unchanged") return;
    const reason = result.problem?.reason;
    const msg = `${action} ${describeRef(result.change.ref)}: ${result.outcome}`;
    this.#log("debug", msg, { event: "change", app, commit, reason });
  }
}

function pollWords({ reason, message, moved }: Of<"source-polled">, changed: boolean): string {
  if (reason !== undefined) return message ?? reason;
  if (moved) return "the branch moved";
  return changed ? "the source is fine again" : "polled";
}

/** State, stage, reason or the live commit is another than before. */
export function isTransition(before: UnitStatus | undefined, after: UnitStatus): boolean {
  return (
    before === undefined ||
    before.state !== after.state ||
    before.stage !== after.stage ||
    before.reason !== after.reason ||
    before.revisions.live?.commit !== after.revisions.live?.commit
  );
}

const writes = ["created", "configured", "adopted", "recreated", "deleted", "released"] as const;

function changes(outcomes: Of<"pass-ended">["outcomes"]): readonly (readonly [string, number])[] {
  return writes.flatMap((outcome) => {
    const count = outcomes[outcome] ?? 0;
    return count === 0 ? [] : [[outcome, count] as const];
  });
}

function flat(event: object): Readonly<Record<string, string | number | boolean>> {
  return Object.fromEntries(
    Object.entries(event).filter(([key, value]) => key !== "type" && typeof value !== "object"),
  );
}
