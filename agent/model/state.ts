/** The stages a change passes, in order (observability rule 1). */
export const stages = [
  "merged",
  "targeted",
  "fetched",
  "rendered",
  "gated",
  "applied",
  "healthy",
] as const;
export type Stage = (typeof stages)[number];

interface StateInfo {
  /** The value of `holdfast_app_status`; a higher one is worse. */
  readonly value: number;
  readonly glyph: string;
  /** For `--ascii`. */
  readonly ascii: string;
  readonly colour: string;
  readonly summary: string;
}

/** The eight states of a unit, worst last (observability §1). Page, terminal and Grafana mappings come from here. */
export const states = {
  Synced: {
    value: 0,
    glyph: "✔",
    ascii: "ok",
    colour: "#0072B2",
    summary: "Runs the newest accepted commit meant for it; every object matches and is healthy.",
  },
  Suspended: {
    value: 1,
    glyph: "‖",
    ascii: "||",
    colour: "#8C8C8C",
    summary: "Paused by a person, with reason and end.",
  },
  Progressing: {
    value: 2,
    glyph: "◐",
    ascii: "..",
    colour: "#56B4E9",
    summary: "On its way: applying, rolling out, or waiting for a gate.",
  },
  Drifted: {
    value: 3,
    glyph: "≠",
    ascii: "!=",
    colour: "#F0E442",
    summary: "Differs from Git and is not being healed.",
  },
  Held: {
    value: 4,
    glyph: "◆",
    ascii: "<>",
    colour: "#CC79A7",
    summary: "Stopped on purpose; the last accepted state stays enforced; a person decides.",
  },
  Degraded: {
    value: 5,
    glyph: "!",
    ascii: "!",
    colour: "#E69F00",
    summary: "Applied, but something is broken.",
  },
  Failed: {
    value: 6,
    glyph: "✗",
    ascii: "x",
    colour: "#D55E00",
    summary: "Cannot be rendered or applied; what ran before still runs.",
  },
  Unknown: {
    value: 7,
    glyph: "?",
    ascii: "?",
    colour: "#595959",
    summary: "Cannot be compared or heard.",
  },
} as const satisfies Record<string, StateInfo>;

export type State = keyof typeof states;

/** Needs attention means Drifted or worse. */
export function needsAttention(state: State): boolean {
  return states[state].value >= 3;
}

export function worstState(all: readonly State[]): State {
  return all.reduce<State>(
    (worst, next) => (states[next].value > states[worst].value ? next : worst),
    "Synced",
  );
}
