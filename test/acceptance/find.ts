import { readTracked, trackedFiles } from "../tree.ts";

/** One test of a case; a case may have several. */
export interface CaseTest {
  readonly number: number;
  /** With its number. */
  readonly name: string;
  readonly file: string;
}

const home = /^test\/(acceptance\/(?!all\.)|contract\/acceptance)[^/]*\.test\.ts$/;
const named = /\b(?:it|test|each)\(\s*(["'`])(\d{1,3}) ([\s\S]*?)\1\s*,/g;

/** All tests whose name begins with a number, as they stand in their files: nothing is run. */
export function caseTests(): readonly CaseTest[] {
  return trackedFiles()
    .filter((file) => home.test(file))
    .flatMap((file) => testsIn(file, readTracked(file)));
}

export function testsIn(file: string, text: string): readonly CaseTest[] {
  return [...text.matchAll(named)].map(([, , number = "", rest = ""]) => ({
    number: Number(number),
    name: `${number} ${rest}`,
    file,
  }));
}
