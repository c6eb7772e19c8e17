import type { CaseTest } from "./find.ts";

export type Verdict = "passed" | "failed" | "sandbox only" | "not run" | "open" | "no test";

export interface Judged {
  readonly number: number;
  readonly text: string;
  readonly verdict: Verdict;
  /** Why it is open, or which tests failed. */
  readonly why: string;
}

interface Ran {
  /** As written, with its number. */
  readonly name: string;
  readonly file: string;
  readonly status: string;
}

interface Judging {
  readonly cases: readonly string[];
  readonly open: ReadonlyMap<number, string>;
  readonly tests: readonly CaseTest[];
  readonly ran: readonly Ran[];
}

/** One line for each case: it has passed when all its tests have, and nothing of it is open. */
export function judge({ cases, open, tests, ran }: Judging): readonly Judged[] {
  const statuses = new Map(ran.map(({ file, name, status }) => [`${file} ${name}`, status]));
  return cases.map((text, index) => {
    const number = index + 1;
    const own = tests
      .filter((test) => test.number === number)
      .map((test) => ({ ...test, status: statuses.get(`${test.file} ${test.name}`) }));
    const bad = own.filter(({ status }) => status === "failed");
    if (own.length === 0) return { number, text, verdict: "no test", why: open.get(number) ?? "" };
    if (bad.length > 0) {
      return { number, text, verdict: "failed", why: bad.map(({ file }) => file).join(", ") };
    }
    const why = open.get(number);
    if (why !== undefined) return { number, text, verdict: "open", why };
    return { number, text, verdict: verdictOf(own.map(({ status }) => status)), why: "" };
  });
}

/** A case that was asked of the sandbox alone has not been asked of an API server. */
function verdictOf(statuses: readonly (string | undefined)[]): Verdict {
  if (statuses.every((status) => status === "passed")) return "passed";
  return statuses.includes(undefined) ? "not run" : "sandbox only";
}
