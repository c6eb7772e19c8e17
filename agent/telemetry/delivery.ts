import type { AgentEvent } from "../model/event.ts";
import type { UnitStatus } from "../model/status.ts";
import type { SeriesRegistry } from "./registry.ts";

/** Observes what arrives, under the environment that the fleet gave this cluster last. */
export class Delivery {
  readonly #registry: SeriesRegistry;
  readonly #started = new Set<string>();
  #environment: string;

  constructor(registry: SeriesRegistry, environment: string) {
    this.#registry = registry;
    this.#environment = environment;
  }

  take(event: AgentEvent): void {
    if (event.type === "fleet-read") this.#enter(event.environment);
    if (event.type === "status") this.#observe(event.before, event.after);
  }

  /** Every accepted commit reads the fleet; what was counted stays. */
  #enter(environment: string): void {
    this.#environment = environment;
    if (this.#started.has(environment)) return;
    this.#started.add(environment);
    this.#registry.start("holdfast_commit_to_live_seconds", this.#labels);
  }

  /** A first installation has no merge to count from: its commit may be years old. */
  #observe(before: UnitStatus | undefined, after: UnitStatus): void {
    const { live } = after.revisions;
    const old = before?.revisions.live;
    if (live === undefined || old === undefined || old.commit === live.commit) return;
    if (after.problems.some(({ reason }) => reason === "RolledBack")) return; // nothing new arrived
    const seconds = (Date.parse(live.at) - Date.parse(live.committedAt)) / 1000;
    this.#registry.observe("holdfast_commit_to_live_seconds", this.#labels, Math.max(0, seconds));
  }

  get #labels(): Readonly<Record<string, string>> {
    return { environment: this.#environment };
  }
}
