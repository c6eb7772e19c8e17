import { parseArgs } from "node:util";
import { b1 } from "./b1.ts";
import type { Bench, BenchOptions } from "./bench.ts";
import { buildAgent } from "./build-agent.ts";
import { reportOf, reportText } from "./report.ts";
import { b3, b4 } from "./steady.ts";

const benches: Readonly<Record<string, Bench>> = { B1: b1, B3: b3, B4: b4 };

const usage = `usage: npm run bench -- NAME [--json] [--rounds N] [--objects N] [--files N] [--profile FOLDER]

${Object.entries(benches)
  .map(([name, { what }]) => `  ${name}  ${what}`)
  .join("\n")}

Absolute times are those of this machine; goals are ratios to a limit measured in the same run (one object on stdout
with --json). --profile keeps CPU and heap profiles of the agent.
`;

process.exitCode = await main();

/** 0: measured, whether goals are met or not; 2: asked wrongly. */
async function main(): Promise<number> {
  const asked = readArguments();
  if (asked === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const { bench, json, profileFlags, ...options } = asked;
  const { main, nodeFlags, remove } = await buildAgent();
  try {
    const program = { main, nodeFlags: [...nodeFlags, ...profileFlags] };
    const report = reportOf(await bench.run({ ...options, program }), bench.goals);
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : reportText(report));
    return 0;
  } finally {
    await remove();
  }
}

interface Asked extends Omit<BenchOptions, "program"> {
  readonly bench: Bench;
  readonly json: boolean;
  readonly profileFlags: readonly string[];
}

/** Undefined: it was asked wrongly. */
function readArguments(): Asked | undefined {
  const { values, positionals } = parseArgs({
    strict: false,
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      rounds: { type: "string", default: "3" },
      objects: { type: "string", default: "10000" },
      files: { type: "string", default: "100" },
      profile: { type: "string" },
    },
  });
  const { json = false, profile, rounds, objects, files, ...unknown } = values;
  const [name = "", ...more] = positionals;
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
  const counts = { rounds: Number(rounds), objects: Number(objects), files: Number(files) };
  const isWrong =
    bench === undefined ||
    more.length > 0 ||
    Object.keys(unknown).length > 0 ||
    !Object.values(counts).every(isCount);
  if (isWrong) return undefined;
  const profileFlags = typeof profile === "string" ? flagsFor(profile) : [];
  return { bench, json: json === true, profileFlags, ...counts };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

function flagsFor(folder: string): readonly string[] {
  return [
    "--cpu-prof",
    `--cpu-prof-dir=${folder}`,
    "--heap-prof",
    `--heap-prof-dir=${folder}`,
    "--cpu-prof-interval=500",
  ];
}
