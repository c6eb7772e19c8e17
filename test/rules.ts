/** The rules of the design's semantics, by letter; gaps are retired ids. */
const numbers: Readonly<Record<string, string>> = {
  A: "1-8 10-16 20-28 30 35-37 39 44 47 50-57 60-64 66-68 70-75 80-83 85-86 90 92-93 100 102-106 110-111 113-114 120-121 123 130-131 141-143 145-146",
  C: "1-9 11-13 16-18",
  D: "1 10-16 20-22 27",
  H: "1-5 8",
  N: "1-24 26 28-30",
  O: "1 10-12 14-25 30-36",
  P: "1-5 10-22 30-31 40-46 50-53 60-63 70-73 80-81 83-86",
  R: "1 3-9",
  T: "1-4 7 10-13 20-21 30",
};

/** What only an API server can confirm (◇): cited in test/contract, too. */
export const observed: readonly string[] = ["A-14", "A-24", "A-36"];

const gates = "gates between clusters are a later piece of work";

/** What is not kept yet, and why. */
export const later: Readonly<Record<string, string>> = {
  "A-143": "remote charts and bases are a later piece of work",
  "C-17": "hubs are a later piece of work",
  "O-33": gates,
  "O-34": gates,
  "O-35": gates,
  "O-36": gates,
  "R-8": `how a rollback passes waves: ${gates}`,
};

/** Every id: `A-1`, `A-2`, … */
export const rules: readonly string[] = Object.entries(numbers).flatMap(([letter, ranges]) =>
  ranges.split(" ").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => `${letter}-${first + at}`);
  }),
);

/** Ids as a text cites them, word by word: no ranges, no lists. */
export function citedIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/(?<![\w-])[A-Z]-\d+(?!\w)/g)].map(([id]) => id));
}
