import { parseArgs } from "node:util";
import { b1 } from "./b1.ts";
import type { Bench, BenchOptions } from "./bench.ts";
import { reportOf, reportText } from "./report.ts";

const benches: Readonly<Record<string, Bench>> = { B1: b1 };

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
  const asked = arguments_();
  if (asked === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const { bench, options, json } = asked;
  const report = reportOf(await bench.run(options), bench.goals);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : reportText(report));
  return 0;
}

interface Asked {
  readonly bench: Bench;
  readonly options: BenchOptions;
  readonly json: boolean;
}

function arguments_(): Asked | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      rounds: { type: "string", default: "3" },
      objects: { type: "string", default: "10000" },
      files: { type: "string", default: "100" },
      profile: { type: "string" },
    },
  });
  const [rounds, objects, files] = [values.rounds, values.objects, values.files].map(Number);
  const counts = [rounds, objects, files].filter(isCount);
  const [name = ""] = positionals;
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (bench === undefined || counts.length !== 3) return undefined;
  const [r = 1, o = 1, f = 1] = counts;
  const nodeFlags = values.profile === undefined ? [] : profileFlags(values.profile);
  return { bench, json: values.json, options: { rounds: r, objects: o, files: f, nodeFlags } };
}

function isCount(value: number | undefined): value is number {
  return Number.isSafeInteger(value) && (value ?? 0) > 0;
}

function profileFlags(folder: string): readonly string[] {
  return [
    "--cpu-prof",
    `--cpu-prof-dir=${folder}`,
    "--heap-prof",
    `--heap-prof-dir=${folder}`,
    "--cpu-prof-interval=500",
  ];
}
