/**
 * Control characters (but line feed and tab), and characters that change the direction or are invisible: what they hide
 * must be seen (NEG-60).
 */
const deceptive =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}|[\u{e0000}-\u{e007f}]/gu;

const html: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

/** Text of unknown origin as a person may safely read it: nothing hidden, nothing reordered, at most `limit` characters. */
export function visible(text: string, limit = 1024): string {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
  return cut.replace(deceptive, codePoint);
}

/** The same as HTML text or attribute value. */
export function escapeHtml(text: string, limit = 1024): string {
  return visible(text, limit).replace(/[&<>"'`]/g, (found) => html[found] ?? "");
}

/** JSON in which every deceptive character is an escape: the value is the same, its bytes are inert. */
export function inertJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  return text.replace(/[<>&]/g, jsonEscape).replace(deceptive, (found) => jsonEscape(found));
}

function codePoint(found: string): string {
  return `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`;
}

function jsonEscape(found: string): string {
  const units = Array.from({ length: found.length }, (_, at) => found.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

/** Text that is already HTML; only `markup` makes it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | undefined | readonly Part[];

/** A template whose every value is escaped unless it is `Html` itself; lists are joined, `undefined` is left out. */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const all = texts.map((text, at) => text + (at < parts.length ? render(parts[at]) : ""));
  return new Html(all.join(""));
}

function render(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "string") return escapeHtml(part);
  if (typeof part === "number") return String(part);
  return part.map(render).join("");
}
