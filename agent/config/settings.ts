import type { JsonObject } from "../model/json.ts";
import type { Parsed, Problem } from "../model/problem.ts";
import { nearest } from "./nearest.ts";
import {
  type FlagValue,
  isServiceLink,
  type SettingLeaf,
  settingLeaves,
  settingValue,
  withValue,
} from "./settings-input.ts";
import { settingsSchema, type WrittenSettings } from "./settings-schema.ts";
import { bytes, durationMs, share } from "./text.ts";
import { type Refusal, validatorOf } from "./validator.ts";

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
    readonly auth: GitAuth;
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
  /** Binaries that render; absent: looked for in PATH. */
  readonly helm?: { readonly path?: string };
  readonly kustomize?: { readonly path?: string };
  readonly remotes: readonly Remote[];
  readonly statusRecords: {
    readonly carrier: "git" | "kubernetes" | "none";
    readonly heartbeatMs: number;
    readonly git: {
      readonly url?: string;
      readonly auth: GitAuth;
      readonly maxPushesPerMinute: number;
    };
    readonly kubernetes: { readonly kubeconfig?: string; readonly namespace: string };
  };
}

/** How the agent shows a Git host who it is. */
export interface GitAuth {
  readonly username?: string;
  /** File that holds the token or password; read anew for every exchange. */
  readonly passwordFile?: string;
  readonly caFile?: string;
}

/** One entry of the download allow-list. */
export interface Remote {
  readonly url: string;
}

export interface SettingsInput {
  /** Flags by their long name without dashes: `{ "cluster-name": "prod-eu-1" }`. A flag wins over the environment. */
  readonly flags: Readonly<Record<string, FlagValue>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Every setting with its flag, variable, default and description: for help and documentation. */
export const settingsList: readonly SettingLeaf[] = settingLeaves(settingsSchema);
const validate = validatorOf(settingsSchema);

/** Settings with defaults, or all that is wrong at once. Unknown variables are none of ours to judge, unknown flags are. */
export function parseSettings({ flags, env }: SettingsInput): Parsed<Settings> {
  const problems = [...unknownFlags(flags)];
  let written: JsonObject = {};
  for (const leaf of settingsList) {
    const value = given(leaf, flags, env) ?? leaf.default;
    if (value !== undefined)
      written = withValue(written, leaf.path, settingValue(value, leaf.type));
  }
  const refusals = validate(written);
  const absent = missing(written);
  problems.push(...refusals.map(refusalProblem), ...absent);
  if (refusals.length + absent.length > 0) return { ok: false, problems };
  const settings = typed(written as unknown as Complete);
  problems.push(...leaseProblems(settings.lease), ...carrierProblems(settings.statusRecords));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: settings };
}

function given(
  { flag, variable, type }: SettingLeaf,
  flags: SettingsInput["flags"],
  env: SettingsInput["env"],
): FlagValue {
  if (Object.hasOwn(flags, flag) && flags[flag] !== undefined) return flags[flag];
  const value = env[variable];
  const isAbsent =
    value === undefined || value === "" || (type === "integer" && isServiceLink(value));
  return isAbsent ? undefined : value;
}

function problem(field: string, message: string, next?: string): Problem {
  return { reason: "ConfigInvalid", field, message, ...(next === undefined ? {} : { next }) };
}

function unknownFlags(flags: SettingsInput["flags"]): readonly Problem[] {
  const known = settingsList.map(({ flag }) => flag);
  return Object.keys(flags)
    .filter((flag) => !known.includes(flag))
    .map((flag) => {
      const meant = nearest(flag, known);
      return problem(
        flag,
        `unknown flag --${flag}${meant === undefined ? "" : `; did you mean --${meant}?`}`,
      );
    });
}

function refusalProblem({ pointer, message }: Refusal): Problem {
  const field = pointer.slice(1).replaceAll("/", ".");
  const leaf = settingsList.find(({ path }) => path.join(".") === field);
  const names = leaf === undefined ? "" : ` (--${leaf.flag}, ${leaf.variable})`;
  return problem(field, `${field} ${message}${names}`);
}

function missing(written: JsonObject): readonly Problem[] {
  const { cluster, source } = written as {
    cluster?: { name?: unknown };
    source?: { url?: unknown };
  };
  return [
    ...(cluster?.name === undefined
      ? [
          problem(
            "cluster.name",
            "cluster.name is missing: which Cluster document is this agent's?",
            "set --cluster-name or HOLDFAST_CLUSTER_NAME",
          ),
        ]
      : []),
    ...(source?.url === undefined
      ? [
          problem(
            "source.url",
            "source.url is missing: where is the config repository?",
            "set --source-url or HOLDFAST_SOURCE_URL",
          ),
        ]
      : []),
  ];
}

/** A write must have ended before another agent may write (§12). */
function leaseProblems({
  durationMs: whole,
  renewDeadlineMs,
  writeTimeoutMs,
}: Settings["lease"]): readonly Problem[] {
  if (renewDeadlineMs + writeTimeoutMs < whole) return [];
  const message =
    "lease.renewDeadline and lease.writeTimeout together must be less than lease.duration: else two agents may write at once";
  return [problem("lease", message)];
}

function carrierProblems({
  carrier,
  git,
  kubernetes,
}: Settings["statusRecords"]): readonly Problem[] {
  const needs = {
    git: ["git.url", git.url, "the repository of the records"],
    kubernetes: ["kubernetes.kubeconfig", kubernetes.kubeconfig, "of the records cluster"],
    none: undefined,
  }[carrier];
  if (needs === undefined || needs[1] !== undefined) return [];
  const field = `statusRecords.${needs[0]}`;
  return [problem(field, `carrier ${carrier} needs ${field}: ${needs[2]}`)];
}

type Group<K extends keyof WrittenSettings> = NonNullable<WrittenSettings[K]>;

/** Written settings in which every default stands and nothing is missing. */
type Complete = Required<Omit<WrittenSettings, "kubeconfig" | "context">> &
  Pick<WrittenSettings, "kubeconfig" | "context"> & {
    readonly cluster: { readonly name: string };
    readonly source: Group<"source"> & { readonly url: string };
    readonly statusRecords: Required<Group<"statusRecords">>;
  };

function typed(written: Complete): Settings {
  const { source, store, lease, remotes, statusRecords, ...rest } = written;
  const { interval, jitter, auth, verify: _verify, ...repository } = source;
  const { heartbeat, git, kubernetes, carrier } = statusRecords;
  return {
    ...rest,
    source: {
      ...repository,
      intervalMs: milliseconds(interval),
      jitter: share(jitter) ?? 0,
      auth: auth ?? {},
    },
    store: { path: store.path, sizeLimitBytes: bytes(store.sizeLimit) ?? 0 },
    lease: {
      durationMs: milliseconds(lease.duration),
      renewDeadlineMs: milliseconds(lease.renewDeadline),
      writeTimeoutMs: milliseconds(lease.writeTimeout),
    },
    remotes: remotes.map((url) => ({ url })),
    statusRecords: {
      carrier,
      heartbeatMs: milliseconds(heartbeat),
      git: { ...git, auth: git.auth ?? {} },
      kubernetes,
    },
  };
}

function milliseconds(text: string): number {
  return durationMs(text) ?? 0;
}
