import type { DemoFleet } from "../demo/fleet.ts";
import { startDemo } from "../demo/start.ts";
import { tour } from "../demo/story.ts";
import { age } from "../output/text.ts";
import type { CommandArguments } from "./catalog.ts";
import type { CommandContext } from "./context.ts";
import { textFlag, usage } from "./globals.ts";
import { type CommandAnswer, type CommandResult, type ExitCode, text } from "./result.ts";

/** `holdfast demo`: a fleet to play with; `--once` plays the tour and checks every step. */
export async function demo(
  context: CommandContext,
  { flags }: CommandArguments,
): Promise<CommandAnswer> {
  const port = portOf(textFlag(flags, "port"));
  return flags.once === true ? playTour(context, port) : stay(context, port);
}

function portOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw usage(`--port ${value} is not a port`, "a number below 65536; 0 takes a free one");
}

async function* playTour(
  context: CommandContext,
  port: number | undefined,
): AsyncGenerator<CommandResult, ExitCode> {
  const { ports, signal, version } = context;
  const start = ports.clock.monotonic();
  yield say("Starting three API servers, a Git server and three agents on this machine.\n");
  const fleet = await startDemo({ clock: ports.clock, version, port: port ?? 0 }, signal);
  try {
    let number = 0;
    for (const { title, run } of tour(fleet, signal)) {
      number += 1;
      yield say(`\n${number}. ${title}\n`);
      const seen = await run();
      if (!seen.ok) {
        yield say(`   ✗ not seen: ${seen.missing}\n`);
        return 1;
      }
      yield say(`   ✔ ${seen.saw}\n`);
    }
    const took = age(ports.clock.monotonic() - start);
    yield say(`\n${number} of ${number} steps seen on the API servers themselves, in ${took}.\n`);
    return 0;
  } finally {
    await fleet.stop();
  }
}

function say(line: string): CommandResult {
  return { exitCode: 0, output: text(line) };
}

async function* stay(
  context: CommandContext,
  port: number | undefined,
): AsyncGenerator<CommandResult, ExitCode> {
  const { ports, signal, version } = context;
  const fleet = await startDemo({ clock: ports.clock, version, port: port ?? 8081 }, signal);
  try {
    yield say(welcome(fleet));
    for await (const line of fleet.news()) yield say(`${line}\n`);
    return 0;
  } finally {
    await fleet.stop();
  }
}

function welcome({ pages, gitUrl, kubeconfig }: DemoFleet): string {
  const shown = [...pages].map(([name, url]) => `  ${name.padEnd(9)} ${url}`);
  return `${[
    "A fleet of three clusters runs on this machine. Nothing of it stays after Ctrl-C.",
    "",
    "Status pages",
    ...shown,
    "",
    "Git",
    `  git clone ${gitUrl} fleet && cd fleet`,
    "",
    "Clusters (kubectl, holdfast)",
    `  export KUBECONFIG=${kubeconfig}`,
    "",
    "Try",
    "  merge      change the image in apps/web/deployment.yaml, commit, git push",
    "  hand edit  kubectl --context prod-eu -n web scale deployment web --replicas=9",
    "  delete     git rm -r apps/shop, commit, git push: it is held, nothing goes",
    "  look       holdfast status --all       (in the clone)",
    "  let go     holdfast accept shop --cluster prod-us",
    "",
  ].join("\n")}\n`;
}
