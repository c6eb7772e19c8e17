import type { Terminal } from "./commands/context.ts";
import type { GlobalOptions } from "./commands/globals.ts";
import type { Host } from "./host.ts";
import { cut } from "./output/width.ts";

const quietMs = 10_000;

/** Progress redraws one line on a TTY without `CI`; elsewhere there is at most one line per 10 s (cli.md §1). */
export function createTerminal(
  host: Host,
  options: GlobalOptions,
  whenAsked: () => void,
): Terminal & { clear(): void } {
  const { stderr, ports } = host;
  const redraws = stderr.isTty && host.env.CI === undefined;
  let isDrawn = false;
  let lastLineAt = ports.clock.monotonic();
  const clear = () => {
    if (isDrawn) stderr.write("\r\x1b[K");
    isDrawn = false;
  };
  const say = (text: string) => {
    clear();
    stderr.write(text);
  };
  const answerTo = async (question: string) => {
    clear();
    whenAsked();
    return (await host.prompt(question)).trim();
  };
  return {
    isInteractive: host.stdin.isTty && stderr.isTty,
    clear,
    progress(line) {
      if (options.quiet) return;
      if (redraws) {
        say(cut(line, stderr.columns ?? 80));
        isDrawn = true;
        return;
      }
      if (ports.clock.monotonic() - lastLineAt < quietMs) return;
      lastLineAt = ports.clock.monotonic();
      say(`${line}\n`);
    },
    detail(line) {
      if (options.verbose) say(`${line}\n`);
    },
    show: say,
    async ask(question) {
      return /^y(es)?$/i.test(await answerTo(question));
    },
    async choose(question, keys) {
      for (;;) {
        const line = (await answerTo(question)).toLowerCase();
        const key = keys.find((one) => one === line) ?? (line === "" ? keys.at(-1) : undefined);
        if (key !== undefined) return key;
      }
    },
  };
}
