/** The known word that a typo most likely meant; undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && (best === undefined || distance < best.distance)) {
      best = { word: candidate, distance };
    }
  }
  return best?.word;
}

/** Insertions, deletions, replacements and swaps of neighbours between two words. */
export function editDistance(a: string, b: string): number {
  let before: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_none, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const next = nextRow({ a, b, before, last }, row);
    before = last;
    last = next;
  }
  return last[b.length] ?? 0;
}

/** Two rows of the table of distances between the first letters of `a` and of `b`. */
interface Rows {
  readonly a: string;
  readonly b: string;
  readonly before: readonly number[];
  readonly last: readonly number[];
}

function nextRow({ a, b, before, last }: Rows, row: number): readonly number[] {
  const far = Number.POSITIVE_INFINITY;
  const next = [row];
  for (let column = 1; column <= b.length; column++) {
    const replaced = (last[column - 1] ?? far) + (a[row - 1] === b[column - 1] ? 0 : 1);
    const swaps = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
    const swapped = swaps ? (before[column - 2] ?? far) + 1 : far;
    const moved = Math.min(next[column - 1] ?? far, last[column] ?? far) + 1;
    next.push(Math.min(replaced, swapped, moved));
  }
  return next;
}
