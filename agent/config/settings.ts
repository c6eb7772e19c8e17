import type { Parsed } from "../model/problem.ts";

/** How the agent behaves, from flags and environment; durations in milliseconds. */
export interface Settings {
  readonly cluster: { readonly name: string };
  readonly mode: "agent" | "hub";
  /** False: plans and reports, never writes. */
  readonly enforce: boolean;
  readonly namespace: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly source: {
    readonly url: string;
    readonly ref: string;
    /** Folder of fleet.yaml in the repository; `.` is its root. */
    readonly path: string;
    readonly intervalMs: number;
    /** 0 to 1. */
    readonly jitter: number;
    readonly auth: {
      readonly username?: string;
      /** File that holds the token or password; read anew when refused. */
      readonly passwordFile?: string;
      readonly caFile?: string;
    };
  };
  readonly store: { readonly path: string; readonly sizeLimitBytes: number };
  readonly lease: {
    readonly durationMs: number;
    readonly renewDeadlineMs: number;
    readonly writeTimeoutMs: number;
  };
  readonly metrics: {
    readonly enabled: boolean;
    readonly host: string;
    readonly port: number;
    readonly perApp: "auto" | "true" | "false";
    readonly revisionLabels: boolean;
    readonly clusterLabels: readonly string[];
  };
  readonly statusPage: {
    readonly enabled: boolean;
    readonly host: string;
    readonly port: number;
    readonly mode: "cluster" | "fleet";
    readonly allowedHosts: readonly string[];
  };
  readonly log: { readonly level: "debug" | "info" | "warn" | "error" };
  /** Kinds that are never pruned unasked, beyond the shipped list (P-22). */
  readonly protect: readonly string[];
  readonly remotes: readonly Remote[];
  readonly statusRecords: {
    readonly carrier: "git" | "kubernetes" | "none";
    readonly heartbeatMs: number;
    readonly git: {
      readonly url?: string;
      readonly passwordFile?: string;
      readonly maxPushesPerMinute: number;
    };
    readonly kubernetes: { readonly kubeconfig?: string; readonly namespace: string };
  };
}

/** One entry of the download allow-list. */
export interface Remote {
  readonly url: string;
}

export interface SettingsInput {
  /** Flags by their long name without dashes: `{ "cluster-name": "prod-eu-1" }`. A flag wins over the environment. */
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Settings with defaults, or all that is wrong at once. */
export function parseSettings(_input: SettingsInput): Parsed<Settings> {
  throw new Error("not there yet");
}
