import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { argv, stderr, stdout } from "node:process";
import { root } from "../tree.ts";
import { cases, open } from "./cases.ts";
import { caseTests } from "./find.ts";
import { type Judged, judge } from "./judge.ts";

/** `npm run test:acceptance`: every case with its result; `-- --unit` leaves out the real API server. */
async function main(unitOnly: boolean): Promise<number> {
  const tests = caseTests();
  const files = [...new Set(tests.map(({ file }) => file))].filter(
    (file) => !unitOnly || !file.startsWith("test/contract/"),
  );
  const judged = judge({ cases, open, tests, ran: await run(files) });
  for (const one of judged) stdout.write(`${line(one)}\n`);
  const passed = judged.filter(({ verdict }) => verdict === "passed").length;
  stdout.write(`${passed} of ${cases.length}\n`);
  return passed === cases.length ? 0 : 1;
}

function line({ number, text, verdict, why }: Judged): string {
  const more = why === "" ? "" : `\n     ${why}`;
  return `${String(number).padStart(3)}  ${verdict.padEnd(12)}  ${text}${more}`;
}

/** What vitest writes of it, as far as it is read here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

async function run(files: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-acceptance-"));
  try {
    const report = join(folder, "report.json");
    await vitest(["run", ...files, "--reporter=json", `--outputFile=${report}`]);
    const { testResults }: Report = JSON.parse(readFileSync(report, "utf8"));
    return testResults.flatMap(({ name, assertionResults }) => {
      const file = relative(root, name).replaceAll("\\", "/");
      return assertionResults.map(({ title, status }) => ({ file, name: title, status }));
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Its words go to stderr: stdout is the list. */
function vitest(args: readonly string[]): Promise<void> {
  const child = spawn(join(root, "node_modules/.bin/vitest"), args, {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.pipe(stderr);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", () => resolve());
  });
}

process.exitCode = await main(argv.includes("--unit"));
