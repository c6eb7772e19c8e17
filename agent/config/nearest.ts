/** The word a person most likely meant; undefined when none is near enough to say so. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, changes and swaps of neighbours from one word to the other. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) row.push(cell(rows, [a, b], [i, j]));
  }
  return rows.at(-1)?.at(-1) ?? 0;
}

function cell(
  rows: readonly (readonly number[])[],
  [a, b]: readonly [string, string],
  [i, j]: readonly [number, number],
): number {
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  const change = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
  const step = Math.min(change, at(i - 1, j) + 1, at(i, j - 1) + 1);
  const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  return isSwap ? Math.min(step, at(i - 2, j - 2) + 1) : step;
}
