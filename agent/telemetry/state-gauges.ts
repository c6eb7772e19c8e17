import type { AgentEvent } from "../model/event.ts";
import type { Clock } from "../schedule/clock.ts";
import { setAppGauges, setAppInfo } from "./app-gauges.ts";
import type { SeriesRegistry } from "./registry.ts";
import { withoutUser } from "./url.ts";

type Polled = Extract<AgentEvent, { type: "source-polled" }>;

/** What is known before the first event. */
export interface GaugeFacts {
  readonly clock: Clock;
  readonly version: string;
  readonly commit: string;
  readonly nodeVersion: string;
  readonly environment: string;
  readonly region: string;
  readonly source: { readonly name: string; readonly url: string; readonly ref: string };
  readonly redact: (text: string) => string;
}

/** The gauges: what is, as the last events told. */
export class StateGauges {
  readonly #registry: SeriesRegistry;
  readonly #facts: GaugeFacts;
  readonly #apps = new Set<string>();
  readonly #fill = new Map<string, number>();
  #cluster: { environment: string; region: string; k8s_version: string };
  #revision = "";

  constructor(registry: SeriesRegistry, facts: GaugeFacts) {
    const { version, commit, nodeVersion, environment, region, source } = facts;
    this.#registry = registry;
    this.#facts = facts;
    this.#cluster = { environment, region, k8s_version: "" };
    registry.setOnly("holdfast_build_info", { version, commit, node_version: nodeVersion });
    registry.setOnly("holdfast_source_reason_info", { source: source.name, reason: "InSync" });
    this.#setCluster({});
    this.#setSource();
  }

  get appCount(): number {
    return this.#apps.size;
  }

  /** The lease is gone: what was known of apps is another's to tell. */
  forgetApps(): void {
    this.#apps.clear();
    this.#fill.clear();
    this.#registry.removeApps();
  }

  take(event: AgentEvent): void {
    switch (event.type) {
      case "lease":
        this.#flag("leader_election_master_status", { name: "holdfast" }, event.held);
        break;
      case "loop-ended":
        this.#registry.set("holdfast_agent_heartbeat_timestamp_seconds", {}, this.#now());
        break;
      case "cluster-reachable":
        this.#flag("holdfast_cluster_reachable", {}, event.reachable);
        if (event.kubernetes !== undefined) this.#setCluster({ k8s_version: event.kubernetes });
        return;
      case "fleet-read":
        this.#setCluster({ environment: event.environment, region: event.region });
        break;
      case "source-polled":
        this.#setPolled(event);
        break;
      case "record":
        this.#setRecord(event);
        break;
      default:
        this.#takeUnit(event);
        break;
    }
  }

  #takeUnit(event: AgentEvent): void {
    switch (event.type) {
      case "inventory":
        this.#fill.set(event.app, event.fillRatio);
        this.#setFullest();
        break;
      case "status":
        this.#apps.add(event.after.app);
        setAppGauges(this.#registry, event.after);
        setAppInfo(this.#registry, event.after, {
          source: this.#facts.source.name,
          redact: this.#facts.redact,
        });
        break;
      case "unit-removed":
        this.#apps.delete(event.app);
        this.#fill.delete(event.app);
        this.#registry.removeApp(event.app);
        this.#setFullest();
        break;
      default:
      // Counted, or only worth a log line.
    }
  }

  #now(): number {
    return Math.floor(this.#facts.clock.now() / 1000);
  }

  #flag(
    name: "leader_election_master_status" | "holdfast_cluster_reachable",
    labels: Readonly<Record<string, string>>,
    holds: boolean,
  ): void {
    this.#registry.set(name, labels, holds ? 1 : 0);
  }

  #setCluster(changed: Partial<Record<"environment" | "region" | "k8s_version", string>>): void {
    this.#cluster = { ...this.#cluster, ...changed };
    this.#registry.setOnly("holdfast_cluster_info", this.#cluster);
  }

  #setSource(): void {
    const { source, redact } = this.#facts;
    const url = redact(withoutUser(source.url));
    const labels = { source: source.name, url, ref: source.ref, revision: this.#revision };
    this.#registry.setOnly("holdfast_source_info", labels);
  }

  #setPolled(event: Polled): void {
    const source = this.#facts.source.name;
    const { reason = "InSync", commit, committedAt } = event;
    this.#registry.setOnly("holdfast_source_reason_info", { source, reason });
    if (answered(event)) {
      this.#registry.set("holdfast_source_last_success_timestamp_seconds", { source }, this.#now());
    }
    if (committedAt !== undefined) {
      this.#registry.set("holdfast_source_commit_timestamp_seconds", { source }, committedAt);
    }
    if (commit === undefined) return;
    this.#revision = commit.slice(0, 12);
    this.#setSource();
  }

  #setRecord({ result, intervalSeconds }: Extract<AgentEvent, { type: "record" }>): void {
    if (result === "failed") return;
    this.#registry.set("holdfast_status_record_timestamp_seconds", {}, this.#now());
    this.#registry.set("holdfast_status_record_interval_seconds", {}, intervalSeconds);
  }

  /** Only the fullest of the cluster is exported. */
  #setFullest(): void {
    const name = "holdfast_inventory_fill_ratio";
    const [first, ...others] = [...this.#fill].sort(([, a], [, b]) => b - a);
    for (const [app] of others) this.#registry.removeOf(name, { app });
    if (first !== undefined) this.#registry.set(name, { app: first[0] }, first[1]);
  }
}

const heldAnswers = [
  "NonFastForward",
  "RefMissing",
  "Unverified",
  "ConfigInvalid",
  "AgentOutdated",
];

/** A valid answer of the Git host, also one that is held (observability §5.2). */
export function answered({ reason }: Pick<Polled, "reason">): boolean {
  return reason === undefined || heldAnswers.includes(reason);
}
