import pc from "picocolors";
import { type State, states } from "../../agent/model/state.ts";

export type Colours = ReturnType<typeof pc.createColors>;

/** How a report is drawn; data never depends on it. */
export interface Style {
  readonly colours: Colours;
  /** Words only, no glyph beyond ASCII. */
  readonly ascii: boolean;
  /** Columns to fit into; undefined: nothing is cut or wrapped (no TTY, or `-o wide`). */
  readonly width: number | undefined;
  readonly headers: boolean;
  readonly wide: boolean;
}

export interface StyleFacts {
  readonly colour: "auto" | "always" | "never";
  readonly isTty: boolean;
  readonly columns: number | undefined;
  readonly noColor: string | undefined;
  readonly forceColor: string | undefined;
  readonly term: string | undefined;
  readonly ascii: boolean;
  readonly headers: boolean;
  readonly wide: boolean;
}

/** Colours, width and glyphs from flags, environment and stream; a flag wins over the environment (cli.md §1). */
export function chooseStyle(facts: StyleFacts): Style {
  return {
    colours: pc.createColors(wantsColour(facts)),
    ascii: facts.ascii,
    width: facts.isTty && !facts.wide ? facts.columns : undefined,
    headers: facts.headers,
    wide: facts.wide,
  };
}

function wantsColour({ colour, isTty, noColor, forceColor, term }: StyleFacts): boolean {
  if (colour !== "auto") return colour === "always";
  if (forceColor !== undefined && forceColor !== "" && forceColor !== "0") return true;
  if (noColor !== undefined && noColor !== "") return false;
  return isTty && term !== "dumb";
}

/** No colours, no width: for files, tests and pipes. */
export const plainStyle: Style = {
  colours: pc.createColors(false),
  ascii: false,
  width: undefined,
  headers: true,
  wide: false,
};

const paints: Readonly<Record<State, (colours: Colours, text: string) => string>> = {
  Synced: (c, text) => c.blue(text),
  Suspended: (c, text) => c.gray(text),
  Progressing: (c, text) => c.cyan(text),
  Drifted: (c, text) => c.yellow(text),
  Held: (c, text) => c.magenta(text),
  Degraded: (c, text) => c.yellow(text),
  Failed: (c, text) => c.red(text),
  Unknown: (c, text) => c.gray(text),
};

/** Glyph and word; the word alone always suffices (observability §1). */
export function stateWord(state: State, { ascii }: Style): string {
  return ascii ? state : `${states[state].glyph} ${state}`;
}

/** Colour on top of the word, never alone. */
export function paintState(state: State, { colours }: Style): (text: string) => string {
  return (text) => paints[state](colours, text);
}

/** The arrow before a next command. */
export function arrow({ ascii }: Style): string {
  return ascii ? "->" : "→";
}
