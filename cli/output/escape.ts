/** Control, bidirectional and other invisible characters: what could fake or hide text on a terminal or in a comment. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const unsafeButLineBreaks = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const short = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

function visible(character: string): string {
  const known = short.get(character);
  if (known !== undefined) return known;
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
}

/** Text from Git or a cluster as one line that shows what is in it; printable text stays as it is. */
export function escapeLine(text: string): string {
  return text.replace(unsafe, visible);
}

/** The same for text of several lines: line breaks stay, everything else invisible is spelled out. */
export function escapeText(text: string): string {
  return text.replace(unsafeButLineBreaks, visible);
}

/** Whether a string holds a character that must not reach a terminal as it is. */
export function isUnsafe(text: string): boolean {
  return text.search(unsafe) !== -1;
}

/** Inside a quoted JSON or YAML string every invisible character becomes an escape of that language: the value stays equal. */
export function escapeQuoted(serialized: string, wide: "surrogates" | "long"): string {
  return serialized.replace(unsafeButLineBreaks, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code > 0xffff && wide === "long") return `\\U${code.toString(16).padStart(8, "0")}`;
    return character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join("");
  });
}
