import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { argv, exit, stderr, stdout } from "node:process";
import { parseArgs } from "node:util";
import { Dice } from "../contract/random.ts";
import { findTool } from "../helm.ts";
import { compareYaml, type Verdict } from "./yaml-compare.ts";
import { hardText } from "./yaml-hard.ts";

const usage = `usage: npm run conformance:yaml -- [DIR] [--generated N] [--seed N]
Compares our reading of every YAML and JSON file below DIR, and of N texts made from the seed, with real kubectl's.
`;
const atOnce = 4;

interface Case {
  readonly name: string;
  readonly text: string | Uint8Array;
}

/** `npm run conformance:yaml -- DIR`: every difference, then EQUAL/TOTAL (T-10). */
async function main(args: readonly string[]): Promise<number> {
  const options = {
    generated: { type: "string", default: "600" },
    seed: { type: "string" },
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const kubectl = findTool("kubectl");
  if (kubectl === undefined || positionals.length > 1) {
    stderr.write(
      kubectl === undefined ? "kubectl is missing: node test/e2e/build.ts builds it\n" : usage,
    );
    return 2;
  }
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  const [folder] = positionals;
  const files = folder === undefined ? [] : await filesBelow(folder);
  const made = generated(Number(values.generated), seed);
  const verdicts = await judgeAll(kubectl, [...files, ...made]);
  const wrong = verdicts.filter(({ verdict }) => verdict.kind === "different");
  for (const { name, verdict } of wrong) {
    if (verdict.kind === "different") stdout.write(`${name}: ${verdict.what}\n`);
  }
  const stricter = Map.groupBy(
    verdicts.flatMap(({ verdict }) => (verdict.kind === "stricter" ? [verdict.why] : [])),
    (why) => why,
  );
  for (const [why, all] of stricter) stdout.write(`refused on purpose, ${all.length}: ${why}\n`);
  const refused = verdicts.filter(({ verdict }) => verdict.kind === "both refuse").length;
  stdout.write(
    `${files.length} files, ${made.length} generated (--seed ${seed}); both refuse ${refused}\n` +
      `${verdicts.length - wrong.length}/${verdicts.length}\n`,
  );
  return wrong.length === 0 ? 0 : 1;
}

async function filesBelow(folder: string): Promise<readonly Case[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ name: path, text: readFileSync(path) }));
}

function generated(count: number, seed: number): readonly Case[] {
  const dice = new Dice(seed);
  return Array.from({ length: count }, () => {
    const { text } = hardText(dice);
    return { name: JSON.stringify(text), text };
  });
}

async function judgeAll(kubectl: string, cases: readonly Case[]) {
  const verdicts: { readonly name: string; readonly verdict: Verdict }[] = [];
  const waiting = cases.values();
  const work = async (): Promise<void> => {
    for (const { name, text } of waiting) {
      verdicts.push({ name, verdict: await compareYaml(kubectl, text) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return verdicts;
}

exit(await main(argv.slice(2)));
