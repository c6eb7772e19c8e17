import { readFileSync } from "node:fs";
import { argv, exit, stdout } from "node:process";
import { judge, loadCases, loadExceptions } from "./health-cases.ts";

/** `npm run conformance:health -- FILE`: every mismatch, then PASS/TOTAL (conformance README). */
function main(file: string | undefined): number {
  if (file === undefined) {
    stdout.write("usage: npm run conformance:health -- FILE (JSON, or gzipped JSON)\n");
    return 2;
  }
  const cases = loadCases(readFileSync(file));
  const { mismatches, passed } = judge(cases);
  const exceptions = loadExceptions();
  for (const { name, expected, got, message } of mismatches) {
    const reason = exceptions.get(name);
    const note = reason === undefined ? "" : `  (meant so: ${reason})`;
    stdout.write(`${name}: expected ${expected}, got ${got} "${message}"${note}\n`);
  }
  stdout.write(`${passed}/${cases.length}\n`);
  const unexplained = mismatches.filter(({ name }) => !exceptions.has(name));
  return passed >= 0.95 * cases.length && unexplained.length === 0 ? 0 : 1;
}

exit(main(argv[2]));
