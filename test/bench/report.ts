/** One round of a bench: figures by name, all in the unit that the name says. */
export type Round = Readonly<Record<string, number>>;

export interface Goal {
  readonly what: string;
  /** Of performance.md. */
  readonly goal: number;
  readonly unit: string;
  /** Key of a round's figure; the median counts, and of memory the worst. */
  readonly figure: string;
  readonly worst?: boolean;
}

export interface Measured {
  readonly bench: string;
  readonly settings: Readonly<Record<string, number | string>>;
  readonly rounds: readonly Round[];
  /** Of the agent, counted by the API server, by verb; of the round with most. */
  readonly requests: Readonly<Record<string, number>>;
}

export interface Judged extends Goal {
  readonly measured: number;
  readonly met: boolean;
}

/** What `--json` prints. */
export interface Report extends Measured {
  /** Median of what the bench measures, as a multiple of the limit measured in the same run; absent where there is none. */
  readonly ratioToLimit?: number;
  /** The most that the agent ever held, of all rounds. */
  readonly rssMiB: number;
  /** By figure: lowest, median and highest of the rounds. */
  readonly spread: Readonly<Record<string, readonly [number, number, number]>>;
  readonly goals: readonly Judged[];
}

export function reportOf(measured: Measured, goals: readonly Goal[]): Report {
  const names = Object.keys(measured.rounds[0] ?? {});
  const spread = Object.fromEntries(
    names.map((name) => [name, spreadOf(measured.rounds.map((round) => round[name] ?? 0))]),
  );
  const judged = goals.map((goal): Judged => {
    const [, median = 0, highest = 0] = spread[goal.figure] ?? [];
    const value = goal.worst === true ? highest : median;
    return { ...goal, measured: value, met: value <= goal.goal };
  });
  const ratio = spread["ratioToLimit"]?.[1];
  return {
    ...measured,
    ...(ratio !== undefined && { ratioToLimit: ratio }),
    rssMiB: spread["rssMiB"]?.[2] ?? 0,
    spread,
    goals: judged,
  };
}

function spreadOf(values: readonly number[]): readonly [number, number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.floor(middle)] ?? 0;
  const high = sorted[Math.ceil(middle)] ?? 0;
  return [sorted[0] ?? 0, rounded((low + high) / 2), sorted.at(-1) ?? 0];
}

/** Three digits are all that such a measurement has. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** The goals beside what was measured, then every figure with its spread. */
export function reportText({ bench, settings, rounds, spread, goals, requests }: Report): string {
  const given = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  const goalRows = goals.map(({ what, goal, unit, measured, met }) => [
    what,
    `≤ ${goal}${unit}`,
    `${measured}${unit}`,
    met ? "met" : "missed",
  ]);
  const figureRows = Object.entries(spread).map(([name, values]) => [name, ...values.map(String)]);
  const asked = Object.entries(requests).map(([verb, count]) => `${verb} ${count}`);
  return [
    `${bench} · ${given.join(", ")} · ${rounds.length} rounds`,
    "",
    ...rows([["", "goal", "measured", ""], ...goalRows]),
    "",
    ...rows([["figure", "lowest", "median", "highest"], ...figureRows]),
    "",
    `requests of the agent, as the API server counted them: ${asked.join(", ")}`,
    "",
  ].join("\n");
}

function rows(cells: readonly (readonly string[])[]): readonly string[] {
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
