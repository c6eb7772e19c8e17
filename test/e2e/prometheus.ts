import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject } from "../../agent/model/json.ts";
import { findOnPath } from "./binaries.ts";
import { Crew } from "./crew.ts";
import { findPorts } from "./ports.ts";

const server = findOnPath("prometheus");
const promtool = findOnPath("promtool");

/** Debian's package `prometheus` brings both; where it is not installed, what needs it says so and skips. */
export const havePrometheus =
  server === undefined || promtool === undefined
    ? { ok: false, why: "no prometheus and promtool in PATH (apt-get install prometheus)" }
    : { ok: true, why: "prometheus is in PATH" };

export interface Scraped {
  readonly port: number;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A real Prometheus that scrapes agents as the chart's ServiceMonitor lets it, with the chart's own rules. */
export class Prometheus {
  readonly #url: string;
  readonly #crew: Crew;

  private constructor(url: string, crew: Crew) {
    this.#url = url;
    this.#crew = crew;
  }

  static async start(
    parent: string,
    { agents, rules }: { readonly agents: readonly Scraped[]; readonly rules: string },
  ): Promise<Prometheus> {
    const folder = join(parent, "prometheus");
    await mkdir(folder);
    const targets = agents.map(({ port }) => `127.0.0.1:${port}`);
    const config = {
      global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
      rule_files: [rules],
      scrape_configs: [{ job_name: "holdfast", honor_labels: true, static_configs: [{ targets }] }],
    };
    // JSON is YAML.
    await writeFile(join(folder, "prometheus.yml"), JSON.stringify(config));
    const port = await findPorts(1);
    const crew = new Crew(folder);
    const url = `http://127.0.0.1:${port}`;
    crew.start("prometheus", server ?? "prometheus", [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    await crew.until("prometheus", async () => (await fetch(`${url}/-/ready`)).ok);
    return new Prometheus(url, crew);
  }

  /** An instant query; samples that are no number count as none, as in a panel. Throws what Prometheus says of a bad one. */
  async query(expr: string): Promise<readonly Sample[]> {
    const data = await this.#get(`query?query=${encodeURIComponent(expr)}`);
    const result = isJsonObject(data) && Array.isArray(data.result) ? data.result : [];
    return result.filter(isJsonObject).flatMap(({ metric, value }) => {
      const number = Number(Array.isArray(value) ? value[1] : Number.NaN);
      return Number.isNaN(number) ? [] : [{ labels: texts(metric), value: number }];
    });
  }

  /** By cluster and app, joined by a space. */
  async byUnit(expr: string): Promise<Readonly<Record<string, number>>> {
    const samples = await this.query(expr);
    return Object.fromEntries(
      samples.map(({ labels, value }) => [`${labels.cluster} ${labels.app}`, value]),
    );
  }

  /** Name and what went wrong in its last evaluation, of every rule that it loaded. */
  async rules(): Promise<readonly { readonly name: string; readonly error: string }[]> {
    const data = await this.#get("rules");
    const groups = isJsonObject(data) && Array.isArray(data.groups) ? data.groups : [];
    return groups
      .filter(isJsonObject)
      .flatMap(({ rules }) => (Array.isArray(rules) ? rules : []))
      .filter(isJsonObject)
      .map(({ name, lastError = "" }) => ({ name: String(name), error: String(lastError) }));
  }

  /** Pending and firing. */
  async alerts(): Promise<readonly Alert[]> {
    const data = await this.#get("alerts");
    const alerts = isJsonObject(data) && Array.isArray(data.alerts) ? data.alerts : [];
    return alerts.filter(isJsonObject).map(({ labels, annotations }) => ({
      labels: texts(labels),
      annotations: texts(annotations),
    }));
  }

  /** How many of its targets answer. */
  async up(): Promise<number> {
    return (await this.query("sum(up)"))[0]?.value ?? 0;
  }

  async stop(): Promise<void> {
    await this.#crew.stop();
  }

  async #get(path: string): Promise<unknown> {
    const answer = await fetch(`${this.#url}/api/v1/${path}`);
    const body: unknown = await answer.json();
    if (isJsonObject(body) && body.status === "success") return body.data;
    throw new Error(`${path}: ${isJsonObject(body) ? body.error : answer.status}`);
  }
}

function texts(value: unknown): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)]));
}

/** What `promtool check metrics` says of a scrape; "" when it finds nothing. */
export function checkMetrics(text: string): Promise<string> {
  return new Promise((done) => {
    const args = ["check", "metrics"];
    const child = execFile(promtool ?? "promtool", args, (error, stdout, stderr) => {
      const code = error === null ? "" : `${error.message}\n`;
      done(`${code}${stdout}${stderr}`);
    });
    child.stdin?.end(text);
  });
}
