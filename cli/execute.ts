import type { CommandArguments, CommandSpec } from "./commands/catalog.ts";
import type { CliPorts } from "./commands/context.ts";
import { explainFailure } from "./commands/failure.ts";
import { type GlobalOptions, parseGlobals } from "./commands/globals.ts";
import { CliError, type CommandResult, type ExitCode } from "./commands/result.ts";
import type { Host } from "./host.ts";
import { age } from "./output/text.ts";
import { printReports, printResult } from "./print.ts";
import { parseArguments } from "./program.ts";
import { createTerminal } from "./terminal.ts";

/** Arguments → command → output → exit code. Everything that can be expected to fail is told on stderr. */
export async function execute(host: Host): Promise<ExitCode> {
  try {
    const invocation = parseArguments(host.args);
    switch (invocation.kind) {
      case "help":
        host.stdout.write(invocation.text);
        return 0;
      case "version":
        host.stdout.write(`holdfast ${host.version}\n`);
        return 0;
      case "command": {
        const { spec, given, globals } = invocation;
        return await withinTime(host, { spec, given, options: parseGlobals(globals) });
      }
    }
  } catch (error) {
    return failed(host, error);
  }
}

interface Call {
  readonly spec: CommandSpec;
  readonly given: CommandArguments;
  readonly options: GlobalOptions;
}

async function withinTime(host: Host, call: Call): Promise<ExitCode> {
  const deadline = new AbortController();
  const done = new AbortController();
  const timeoutMs = call.options.timeoutMs ?? defaultTimeoutMs(call);
  if (timeoutMs !== undefined) {
    const late = new CliError(
      { what: `not done after ${age(timeoutMs)}`, next: "give it longer: --timeout 5m" },
      4,
    );
    host.ports.clock.sleep(timeoutMs, done.signal).then(
      () => deadline.abort(late),
      () => {},
    );
  }
  const signal = AbortSignal.any([host.interrupted, deadline.signal]);
  try {
    // A person who reads a preview takes the time that it takes.
    const waive = () => done.abort();
    const exitCode = await abandoned(answer(host, { ...call, waive }, signal), signal, host.ports);
    return host.interrupted.aborted ? 130 : exitCode;
  } catch (error) {
    if (host.interrupted.aborted) return 130;
    throw deadline.signal.aborted ? deadline.signal.reason : error;
  } finally {
    done.abort();
  }
}

/** They wait for others. */
const patient = ["wait", "install", "uninstall"];

/** What runs until it is stopped has no time limit of its own. */
function defaultTimeoutMs({ spec, given }: Call): number | undefined {
  const isEndless = spec.name === "demo" || given.flags.watch === true;
  if (isEndless) return undefined;
  return patient.includes(spec.name) ? 600_000 : 60_000;
}

const farewellMs = 10_000;

/** A command that is stopped may clean up; one that does not listen is left behind after a while. */
async function abandoned(
  work: Promise<ExitCode>,
  signal: AbortSignal,
  { clock }: Pick<CliPorts, "clock">,
): Promise<ExitCode> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => {
    const ended = work.then(
      () => {},
      () => {},
    );
    void Promise.race([ended, clock.sleep(farewellMs)]).then(() => reject(signal.reason));
  };
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function answer(
  host: Host,
  { spec, given, options, waive }: Call & { waive(): void },
  signal: AbortSignal,
): Promise<ExitCode> {
  const command = await spec.load();
  const terminal = createTerminal(host, options, waive);
  const { ports, cwd, home, version } = host;
  try {
    const result = await command({ options, ports, terminal, cwd, home, version, signal }, given);
    if (!(Symbol.asyncIterator in result)) {
      terminal.clear();
      await printResult(host, options, { ...result, json: "indented" });
      return exitCodeOf(result, options);
    }
    for (;;) {
      const next = await result.next();
      terminal.clear();
      if (next.done === true) return exitCodeOf({ exitCode: next.value }, options);
      await printResult(host, options, { ...next.value, json: "line" });
    }
  } finally {
    terminal.clear();
  }
}

/** An incomplete answer is 3, whatever it says, unless the caller is content with it (cli.md §1). */
function exitCodeOf(
  { exitCode, isIncomplete = false }: Pick<CommandResult, "exitCode" | "isIncomplete">,
  { allowPartial, exitZero }: GlobalOptions,
): ExitCode {
  if (isIncomplete && !allowPartial) return 3;
  return exitCode === 1 && exitZero ? 0 : exitCode;
}

function failed(host: Host, error: unknown): ExitCode {
  if (host.interrupted.aborted) return 130;
  const { reports, exitCode } = explainFailure(error);
  printReports(host, { form: wantsJson(host.args) ? "json" : "table" }, reports);
  return exitCode;
}

/** The arguments may be what is wrong, so the form of the error is read from them directly. */
function wantsJson(args: readonly string[]): boolean {
  return args.some(
    (arg, index) =>
      arg === "-ojson" ||
      arg === "--output=json" ||
      (arg === "json" && ["-o", "--output"].includes(args[index - 1] ?? "")),
  );
}
