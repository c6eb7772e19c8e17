import { scheduler } from "node:timers/promises";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { complaint, type Labels, startLabels } from "./labels.ts";
import { isMetricName, type MetricName, metricNames, metricRow } from "./metric-table.ts";

type Metric = Counter | Gauge | Histogram;

interface RegistrySettings {
  readonly cluster: string;
  /** What the labels `source` and `host` are at the start. */
  readonly fixed: { readonly source: string; readonly host: string };
  /** Throw instead of dropping what the table does not allow: in tests. */
  readonly strict: boolean;
}

/** Gauges of prom-client that break the naming rules (`_total` on a gauge). */
const misnamed = ["handles", "requests", "resources"].map((what) => `nodejs_active_${what}_total`);

/** The table of series as prom-client holds it. Refuses labels outside the closed lists (observability §8.2, 11). */
export class SeriesRegistry {
  readonly #settings: RegistrySettings;
  readonly #registry = new Registry();
  readonly #metrics: ReadonlyMap<MetricName, Metric>;
  /** Label sets that exist, by app, then by name: prom-client cannot list them without a scrape. */
  readonly #ofApp = new Map<string, Map<MetricName, readonly Labels[]>>();
  readonly #only = new Map<string, Labels>();
  readonly #started = new Set<string>();

  constructor(settings: RegistrySettings) {
    this.#settings = settings;
    this.#registry.setDefaultLabels({ cluster: settings.cluster });
    collectDefaultMetrics({ register: this.#registry });
    for (const name of misnamed) this.#registry.removeSingleMetric(name);
    this.#metrics = new Map(metricNames.map((name) => [name, build(this.#registry, name)]));
    for (const name of metricNames) {
      const row = metricRow(name);
      if (name.endsWith("_info") || row.labels.app !== undefined) continue;
      for (const labels of startLabels(row, settings.fixed)) this.#zero(name, labels);
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  set(name: MetricName, labels: Labels, value: number): void {
    const metric = this.#metrics.get(name);
    if (metric instanceof Gauge && this.#allow(name, labels)) metric.set(labels, value);
  }

  /** Of an `_info`: it becomes the only series of its app or source. */
  setOnly(name: MetricName, labels: Labels): void {
    const metric = this.#metrics.get(name);
    if (!(metric instanceof Gauge)) return;
    const { app } = labels;
    const key = `${name} ${app ?? labels.source ?? ""}`;
    const before = this.#only.get(key);
    if (before !== undefined) metric.remove(before);
    if (app !== undefined) this.#ofApp.get(app)?.delete(name);
    if (!this.#allow(name, labels)) return;
    this.#only.set(key, labels);
    metric.set(labels, 1);
  }

  add(name: MetricName, labels: Labels, by: number): void {
    const metric = this.#metrics.get(name);
    if (metric instanceof Counter && this.#allow(name, labels)) metric.inc(labels, by);
  }

  observe(name: MetricName, labels: Labels, seconds: number): void {
    const metric = this.#metrics.get(name);
    if (metric instanceof Histogram && this.#allow(name, labels)) metric.observe(labels, seconds);
  }

  /** At 0, so that the first step is visible to `increase()`; for labels that are not known from the start. */
  start(name: MetricName, labels: Labels): void {
    this.#zero(name, labels);
  }

  removeOf(name: MetricName, labels: Labels): void {
    this.#metrics.get(name)?.remove(labels);
  }

  /** Everything that can be at 0 for this app, so that its first step is visible to `increase()`. */
  startApp(app: string): void {
    if (this.#started.has(app)) return;
    this.#started.add(app);
    for (const name of metricNames) {
      const row = metricRow(name);
      if (row.scope !== "app" || name.endsWith("_info")) continue;
      for (const labels of startLabels(row, { ...this.#settings.fixed, app })) {
        this.#zero(name, labels);
      }
    }
  }

  removeApp(app: string): void {
    for (const [name, sets] of this.#ofApp.get(app) ?? []) {
      for (const labels of sets) this.#metrics.get(name)?.remove(labels);
      this.#only.delete(`${name} ${app}`);
    }
    this.#ofApp.delete(app);
    this.#started.delete(app);
  }

  removeApps(): void {
    for (const app of [...this.#ofApp.keys()]) this.removeApp(app);
  }

  /** Metric by metric, yielding in between: a scrape of many units must not block the loop. */
  async text(includes: (name: MetricName) => boolean): Promise<string> {
    const parts: string[] = [];
    for (const { name } of this.#registry.getMetricsAsArray()) {
      if (isMetricName(name) && !includes(name)) continue;
      parts.push(await this.#registry.getSingleMetricAsString(name));
      await scheduler.yield();
    }
    return `${parts.join("\n")}\n`;
  }

  #zero(name: MetricName, labels: Labels): void {
    const metric = this.#metrics.get(name);
    if (metric instanceof Histogram && this.#allow(name, labels)) metric.zero(labels);
    this.add(name, labels, 0);
    this.set(name, labels, 0);
  }

  /** Also keeps in mind which series an app has. */
  #allow(name: MetricName, labels: Labels): boolean {
    const wrong = complaint(metricRow(name), labels);
    if (wrong !== undefined) {
      if (this.#settings.strict) throw new Error(`${name}: ${wrong}`);
      return false;
    }
    if (labels.app !== undefined) this.#remember(name, labels.app, labels);
    return true;
  }

  #remember(name: MetricName, app: string, labels: Labels): void {
    const byName = this.#ofApp.get(app) ?? new Map<MetricName, readonly Labels[]>();
    const sets = byName.get(name) ?? [];
    if (!sets.some((known) => sameLabels(known, labels))) byName.set(name, [...sets, labels]);
    this.#ofApp.set(app, byName);
  }
}

function build(registry: Registry, name: MetricName): Metric {
  const { type, help, labels, buckets } = metricRow(name);
  const options = { name, help, labelNames: Object.keys(labels), registers: [registry] };
  switch (type) {
    case "gauge":
      return new Gauge(options);
    case "counter":
      return new Counter(options);
    case "histogram":
      return new Histogram({ ...options, buckets: [...(buckets ?? [])] });
  }
}

function sameLabels(a: Labels, b: Labels): boolean {
  return Object.keys(a).every((key) => a[key] === b[key]);
}
