import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Parsed } from "../model/problem.ts";
import type { RenderedText, ToolJob } from "../render/tool.ts";
import type { Clock } from "../schedule/clock.ts";
import { type ChildLimits, childLimits, type Ended, runChild } from "./child.ts";
import { cleaned, problemSaid } from "./said.ts";
import type { Slots } from "./slots.ts";
import { inWorkspace, type Workspace } from "./workspace.ts";

/** How children of one agent run. */
export interface ChildSettings {
  readonly clock: Clock;
  /** Shared by all tools: memory is shared, too. */
  readonly slots: Slots;
  readonly limits?: Partial<ChildLimits>;
  /** Where private folders are made. Default: the system's. */
  readonly parent?: string;
}

export interface ToolSettings extends ChildSettings {
  /** Absolute; undefined: there is none. */
  readonly path: string | undefined;
}

/** One run of a tool over a unit's files. */
export interface ToolRun {
  readonly name: "helm" | "kustomize";
  readonly path: string;
  readonly job: ToolJob;
  /** The arguments, once the files lie there. */
  readonly args: (workspace: Workspace) => Promise<readonly string[]>;
  /** The unit's file behind a name in an error. */
  readonly fileOf: (name: string) => string | undefined;
}

/** Lays the files out in a private folder, runs the tool there, and takes its word only if it is whole (R11, R12, R13). */
export async function runOverFiles(
  settings: ChildSettings,
  run: ToolRun,
  signal: AbortSignal,
): Promise<Parsed<RenderedText>> {
  const { slots, parent = tmpdir() } = settings;
  const { job, path } = run;
  return slots.run(
    () =>
      inWorkspace(parent, job.files, async (workspace) => {
        const args = await run.args(workspace);
        const ended = await runTool(settings, { path, args, workspace }, signal);
        return rendered(ended, run, workspace);
      }),
    signal,
  );
}

/** Runs the tool without any files, as for its version. */
export async function askTool(
  settings: ChildSettings,
  {
    name,
    path,
    args,
  }: { readonly name: string; readonly path: string; readonly args: readonly string[] },
  signal: AbortSignal,
): Promise<Parsed<string>> {
  const { parent = tmpdir() } = settings;
  const ended = await inWorkspace(parent, new Map(), (workspace) =>
    runTool(settings, { path, args, workspace }, signal),
  );
  if (ended.how === "complete") return { ok: true, value: ended.stdout.toString("utf8") };
  const how = ended.how === "absent" ? "cannot be started" : "does not tell its version";
  const message = `${path} ${how}: ${ended.why}`;
  const next = `install ${name}, or name it with HOLDFAST_${name.toUpperCase()}_PATH`;
  return { ok: false, problems: [{ reason: "ToolMissing", message, next }] };
}

interface Started {
  readonly path: string;
  readonly args: readonly string[];
  readonly workspace: Workspace;
}

function runTool(
  { clock, limits: lower = {} }: ChildSettings,
  { path, args, workspace }: Started,
  signal: AbortSignal,
): Promise<Ended> {
  const limits = { ...childLimits, ...lower };
  const environment = environmentIn(workspace, limits);
  const command = { path, args, folder: workspace.folder, environment };
  return runChild(command, { clock, limits }, signal);
}

/** Nothing of ours: no token, no proxy, no kubeconfig, no plugin, and no program to be found (security §12, NEG-24). */
function environmentIn({ home }: Workspace, limits: ChildLimits): Readonly<Record<string, string>> {
  const nowhere = "http://127.0.0.1:9";
  const mebibytes = Math.floor((limits.memoryBytes * 0.8) / 1024 / 1024);
  return {
    PATH: "",
    HOME: home,
    TMPDIR: home,
    XDG_CACHE_HOME: join(home, "cache"),
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_DATA_HOME: join(home, "data"),
    HELM_CACHE_HOME: join(home, "cache"),
    HELM_CONFIG_HOME: join(home, "config"),
    HELM_DATA_HOME: join(home, "data"),
    HELM_PLUGINS: join(home, "none"),
    KUSTOMIZE_PLUGIN_HOME: join(home, "none"),
    KUBECONFIG: "/dev/null",
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    http_proxy: nowhere,
    https_proxy: nowhere,
    NO_PROXY: "",
    TZ: "UTC",
    GOMEMLIMIT: `${mebibytes}MiB`,
    GOMAXPROCS: "2",
  };
}

function rendered(
  ended: Ended,
  { name, job: { unit }, fileOf }: ToolRun,
  { tree }: Workspace,
): Parsed<RenderedText> {
  const { file } = unit;
  const clean = (text: string): string => cleaned(text, { unit, tree });
  switch (ended.how) {
    case "complete":
      return wholeText(ended.stdout, { file, name, warnings: linesOf(clean(ended.stderr)) });
    case "absent": {
      const message = `${name} cannot be started: ${ended.why}`;
      return { ok: false, problems: [{ reason: "ToolMissing", file, message }] };
    }
    case "limit": {
      const message = `${name} was ended: ${ended.why}`;
      return { ok: false, problems: [{ reason: "RenderLimit", file, message }] };
    }
    case "failed": {
      const problem = problemSaid(clean(ended.stderr), unit, fileOf);
      const message = `${name}: ${problem.message} (${ended.why})`;
      return { ok: false, problems: [{ ...problem, message }] };
    }
  }
}

interface Told {
  readonly file: string;
  readonly name: string;
  readonly warnings: readonly string[];
}

function wholeText(stdout: Buffer, { file, name, warnings }: Told): Parsed<RenderedText> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(stdout);
    return { ok: true, value: { text, warnings } };
  } catch {
    const message = `what ${name} printed is not UTF-8 text`;
    return { ok: false, problems: [{ reason: "RenderFailed", file, message }] };
  }
}

function linesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .slice(0, 20);
}
