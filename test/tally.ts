import { appendFileSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { argv, cwd } from "node:process";

/** What vitest's JSON reporter writes, as far as it is read here. */
interface Report {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** For .ci/run: prints "passed failed skipped" of a report, and appends to two files what failed and in which test files. */
function tally([report = "", failures = "", files = ""]: readonly string[]): void {
  const parsed: Report = JSON.parse(readFileSync(report, "utf8"));
  let failed = 0;
  for (const { name, status, message, assertionResults } of parsed.testResults) {
    if (status !== "failed") continue;
    const file = relative(cwd(), name);
    const wrong = assertionResults.filter((test) => test.status === "failed");
    const texts = wrong.map((test) => `${test.fullName}\n${test.failureMessages.join("\n")}`);
    // A file whose set-up failed has no failed test of its own.
    if (texts.length === 0) texts.push(message);
    for (const text of texts) appendFileSync(failures, `\n--- ${file}: ${ownLines(text)}\n`);
    appendFileSync(files, `${file}\n`);
    failed += texts.length;
  }
  console.log(parsed.numPassedTests, failed, parsed.numPendingTests + parsed.numTodoTests);
}

function ownLines(text: string): string {
  const lines = text
    .split("\n")
    .filter((line) => !/^\s+at .*(node_modules|new Promise)/.test(line));
  return lines.slice(0, 25).join("\n");
}

tally(argv.slice(2));
