import { defaultNamespace } from "../../agent/model/names.ts";
import { nearest } from "../output/nearest.ts";
import { parseDuration } from "../output/text.ts";
import type { FlagSpec } from "./catalog.ts";
import { CliError } from "./result.ts";

export const forms = ["table", "wide", "json", "yaml", "markdown"] as const;
export type Form = (typeof forms)[number];

const colourChoices = ["auto", "always", "never"] as const;

/** The flags that hold for every command (cli.md §1). */
export interface GlobalOptions {
  readonly repo: string | undefined;
  readonly ref: string | undefined;
  /** Names or globs; empty: all. */
  readonly clusters: readonly string[];
  readonly selector: string | undefined;
  readonly environments: readonly string[];
  readonly kubeconfig: string | undefined;
  readonly kubeContext: string | undefined;
  /** Where status records are; `true`: where the user's configuration says. */
  readonly records: string | true | undefined;
  readonly namespace: string;
  readonly form: Form;
  readonly headers: boolean;
  readonly colour: (typeof colourChoices)[number];
  readonly ascii: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** undefined: the command's own default. */
  readonly timeoutMs: number | undefined;
  readonly allowPartial: boolean;
  readonly exitZero: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

export const globalFlags: readonly FlagSpec[] = [
  { flags: "--repo <url>", summary: "config repository: URL or folder (default: here)" },
  { flags: "--ref <branch>", summary: "its branch (default: that of fleet.yaml, or main)" },
  { flags: "--cluster <name>", summary: "name or glob; repeatable", repeatable: true },
  { flags: "-l, --selector <terms>", summary: "clusters by label" },
  { flags: "--env <name>", summary: "clusters of an environment; repeatable", repeatable: true },
  { flags: "--kubeconfig <file>", summary: "as in kubectl" },
  { flags: "--context <name>", summary: "kubeconfig context; only with one cluster" },
  {
    flags: "--records [place]",
    summary: "status records: a Git URL, or CONTEXT/NAMESPACE (default: the user's configuration)",
  },
  { flags: "-n, --namespace <name>", summary: `the agent's namespace (${defaultNamespace})` },
  { flags: "-o, --output <form>", summary: forms.join(" | ") },
  { flags: "--no-headers", summary: "tables without titles" },
  { flags: "--color <when>", summary: colourChoices.join(" | ") },
  { flags: "--ascii", summary: "no glyphs, words stay" },
  { flags: "-q, --quiet", summary: "no progress, no hints" },
  { flags: "-v, --verbose", summary: "what is asked of whom" },
  {
    flags: "--timeout <time>",
    summary: "for the whole command (1m; wait, install: 10m; demo and -w: none)",
  },
  { flags: "--allow-partial", summary: "an incomplete answer is not exit 3" },
  { flags: "--exit-zero", summary: "a no is not exit 1" },
  { flags: "--yes", summary: "answer the one question" },
  { flags: "--dry-run", summary: "stop after the preview" },
];

type Raw = Readonly<Record<string, unknown>>;

/** Flags as commander read them, checked. Throws CliError. */
export function parseGlobals(raw: Raw): GlobalOptions {
  return {
    repo: textFlag(raw, "repo"),
    ref: textFlag(raw, "ref"),
    clusters: listFlag(raw, "cluster"),
    selector: textFlag(raw, "selector"),
    environments: listFlag(raw, "env"),
    kubeconfig: textFlag(raw, "kubeconfig"),
    kubeContext: textFlag(raw, "context"),
    records: raw.records === true ? true : textFlag(raw, "records"),
    namespace: textFlag(raw, "namespace") ?? defaultNamespace,
    form: choiceFlag("--output", textFlag(raw, "output") ?? "table", forms),
    headers: raw.headers !== false,
    colour: choiceFlag("--color", textFlag(raw, "color") ?? "auto", colourChoices),
    ascii: raw.ascii === true,
    quiet: raw.quiet === true,
    verbose: raw.verbose === true,
    timeoutMs: durationFlag("--timeout", textFlag(raw, "timeout")),
    allowPartial: raw.allowPartial === true,
    exitZero: raw.exitZero === true,
    yes: raw.yes === true,
    dryRun: raw.dryRun === true,
  };
}

/** A flag with a value, as text. */
export function textFlag(raw: Raw, name: string): string | undefined {
  const value = raw[name];
  return typeof value === "string" ? value : undefined;
}

/** A repeatable flag. */
export function listFlag(raw: Raw, name: string): readonly string[] {
  const value = raw[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** A flag whose value is a span of time. */
export function durationFlag(flag: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = parseDuration(value);
  if (ms !== undefined) return ms;
  throw usage(`${flag} ${value} is not a time`, "write it like 90s, 15m or 1h30m");
}

/** A flag with a closed list of values. */
export function choiceFlag<const T extends string>(
  flag: string,
  value: string,
  choices: readonly T[],
): T {
  const chosen = choices.find((choice) => choice === value);
  if (chosen !== undefined) return chosen;
  const meant = nearest(value, choices);
  const list = `one of ${choices.join(", ")}`;
  throw usage(
    `${flag} ${value} is not known`,
    meant === undefined ? list : `did you mean: ${meant}; ${list}`,
  );
}

/** Wrong use of a command: exit 2, with what to write instead. */
export function usage(what: string, next: string): CliError {
  return new CliError({ what, next });
}
