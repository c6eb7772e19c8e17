import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";

/** One thing that was looked at, and what to do where it is not as it should be. */
export interface CheckLine {
  readonly topic: string;
  readonly verdict: "fine" | "wrong" | "not seen";
  readonly says: string;
  /** Absent where nothing is to be done. */
  readonly fix?: string;
}

const glyphs = { fine: "✔", wrong: "✗", "not seen": "?" } as const;
const asciiGlyphs = { fine: "ok", wrong: "x ", "not seen": "? " } as const;

/** A line each, its fix below it. */
export function checksText(lines: readonly CheckLine[], style: Style): string {
  const { green, red, yellow, dim } = style.colours;
  const paint = { fine: green, wrong: red, "not seen": yellow };
  const width = Math.max(...lines.map(({ topic }) => topic.length));
  return lines
    .map(({ topic, verdict, says, fix }) => {
      const glyph = (style.ascii ? asciiGlyphs : glyphs)[verdict];
      const line = `${paint[verdict](glyph)} ${topic.padEnd(width)}  ${escapeLine(says)}\n`;
      return fix === undefined
        ? line
        : `${line}  ${dim("fix".padEnd(width))}  ${escapeLine(fix)}\n`;
    })
    .join("");
}
