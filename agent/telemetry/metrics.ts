import type { AgentEvent, Emit } from "../model/event.ts";
import type { Clock } from "../schedule/clock.ts";
import { Counting } from "./count-events.ts";
import { Delivery } from "./delivery.ts";
import { type MetricName, metricRow } from "./metric-table.ts";
import { SeriesRegistry } from "./registry.ts";
import { StateGauges } from "./state-gauges.ts";

export interface MetricsSettings {
  readonly cluster: string;
  readonly version: string;
  readonly commit: string;
  readonly nodeVersion: string;
  readonly clock: Clock;
  /** `name` is the label `source`. A user in the URL is cut out. */
  readonly source: { readonly name?: string; readonly url: string; readonly ref: string };
  /** Until the fleet is read. */
  readonly environment?: string;
  readonly region?: string;
  /** The label `host` of `rest_client_*`. */
  readonly apiHost?: string;
  /** False drops `holdfast_app_revision_info`. */
  readonly revisionLabels?: boolean;
  /** `auto`: the fleet set alone above 200 units (observability §5.3). */
  readonly perApp?: "all" | "fleet" | "auto";
  /** The last scrubber, for label values that come from documents. */
  readonly redact?: (text: string) => string;
  /** Throw on what the table of series does not allow: for tests. */
  readonly strict?: boolean;
}

export interface Metrics {
  readonly emit: Emit;
  /** The exposition format, written metric by metric. */
  text(): Promise<string>;
  readonly contentType: string;
}

const fleetSetAbove = 200;

/** Events → series of observability §5.2. All but the process's own are exported only while this agent holds the lease. */
export function createMetrics(settings: MetricsSettings): Metrics {
  const { clock, strict = false, perApp = "auto" } = settings;
  const fixed = {
    source: settings.source.name ?? "fleet",
    host: settings.apiHost ?? "kubernetes.default.svc",
  };
  const { environment = "", region = "", redact = (text: string) => text } = settings;
  const registry = new SeriesRegistry({ cluster: settings.cluster, fixed, strict });
  const source = { ...settings.source, name: fixed.source };
  const state = new StateGauges(registry, { ...settings, source, environment, region, redact });
  const counting = new Counting(registry, clock, fixed);
  const delivery = new Delivery(registry, environment);
  let leads = false;
  let publishes = false;

  function take(event: AgentEvent): void {
    if (event.type === "lease") {
      if (leads && !event.held) state.forgetApps();
      leads = event.held;
    }
    if (event.type === "record") publishes = true;
    state.take(event);
    counting.take(event);
    delivery.take(event);
  }

  function isOff(name: MetricName): boolean {
    if (name.startsWith("holdfast_status_record_")) return !publishes;
    return name === "holdfast_app_revision_info" && settings.revisionLabels === false;
  }

  function exported(name: MetricName): boolean {
    const row = metricRow(name);
    if (isOff(name)) return false;
    if (row.scope === "pod") return true;
    if (!leads) return false;
    const fleetOnly = perApp === "fleet" || (perApp === "auto" && state.appCount > fleetSetAbove);
    return row.scope !== "app" || !fleetOnly || row.fleet === true;
  }

  return {
    contentType: registry.contentType,
    emit(event) {
      try {
        take(event);
      } catch (error) {
        if (strict) throw error;
        // Emit must never throw; a series that is missing shows in the tests of the table.
      }
    },
    text() {
      counting.refresh();
      return registry.text(exported);
    },
  };
}
