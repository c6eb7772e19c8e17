import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import type { Parsed, Problem } from "../model/problem.ts";
import { readOnce } from "./once.ts";

/** One tool on this machine, and what it must be. */
export interface Binary {
  readonly name: "helm" | "kustomize";
  /** Absolute; undefined: there is none in PATH. */
  readonly path: string | undefined;
  readonly major: number;
  /** Runs it to learn its version; what it printed, or why it did not. */
  readonly ask: (path: string, signal: AbortSignal) => Promise<Parsed<string>>;
}

/** A binary that is there and of the version that is needed. */
export interface Found {
  readonly path: string;
  readonly version: string;
}

/** Looks a binary up, and asks for its version once per file on disk; ToolMissing names what is there and what is needed (R22). */
export function finder(binary: Binary): (signal: AbortSignal) => Promise<Parsed<Found>> {
  const versions = readOnce<Parsed<Found>>();
  return async (signal) => {
    const { path, name } = binary;
    if (path === undefined) return missing(binary, `${name} is not in PATH`);
    if (!isAbsolute(path)) return missing(binary, `${path} is no absolute path`);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) return missing(binary, `there is no ${name} at ${path}`);
    const identity = [found.dev, found.ino, found.size, found.mtimeMs].join(" ");
    return versions(identity, () => checked(binary, path, signal));
  };
}

async function checked(binary: Binary, path: string, signal: AbortSignal): Promise<Parsed<Found>> {
  const said = await binary.ask(path, signal);
  if (!said.ok) return said;
  const version = /v?([0-9]+)\.[0-9]+[^\s]*/.exec(said.value);
  if (version === null) return missing(binary, `${path} does not tell its version`);
  if (Number(version[1]) === binary.major)
    return { ok: true, value: { path, version: version[0] } };
  return missing(binary, `${path} is ${binary.name} ${version[0]}`);
}

function missing({ name, major }: Binary, what: string): Parsed<never> {
  const problem: Problem = {
    reason: "ToolMissing",
    message: `${what}; this agent needs ${name} ${major}.x`,
    next: `install ${name} ${major}, or name it with HOLDFAST_${name.toUpperCase()}_PATH`,
  };
  return { ok: false, problems: [problem] };
}

/** Only the version of what was found. */
export function versionOf(found: Parsed<Found>): Parsed<string> {
  return found.ok ? { ok: true, value: found.value.version } : found;
}
