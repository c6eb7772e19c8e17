import { mask } from "../model/secret.ts";

/** Shorter values would mask ordinary words everywhere. */
const shortest = 6;

/** The last scrubber (NEG-23): knows live secret values and how they look when encoded. */
export interface Redactor {
  /** From now on this value is masked; the function returned forgets it, when the credential was replaced. */
  add(value: string): () => void;
  /** The text with every known value as `***`. */
  redact(text: string): string;
}

/** One for the whole process; every string that leaves passes through `redact`. */
export function createRedactor(): Redactor {
  const known = new Map<symbol, readonly string[]>();
  let pattern: RegExp | undefined;
  const rebuild = (): void => {
    pattern = patternOf([...known.values()].flat());
  };
  return {
    add(value) {
      const key = Symbol();
      known.set(key, encodings(value));
      rebuild();
      return () => {
        if (known.delete(key)) rebuild();
      };
    },
    redact: (text) => (pattern === undefined ? text : text.replace(pattern, mask)),
  };
}

function patternOf(forms: readonly string[]): RegExp | undefined {
  if (forms.length === 0) return undefined;
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map(literal).join("|"), "g");
}

/** `RegExp.escape` came with Node 24; we start at 22. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** Raw, its lines, JSON-escaped, URL-encoded, hex, and base64 at the three offsets at which it can stand in a longer text. */
function encodings(value: string): readonly string[] {
  const parts = [value, ...value.split(/\r?\n/).map((line) => line.trim())];
  return parts.flatMap(formsOf).filter((form) => form.length >= shortest);
}

function formsOf(value: string): readonly string[] {
  if (value.length < shortest) return [];
  const bytes = Buffer.from(value, "utf8");
  const base64 = [0, 1, 2].flatMap((offset) => base64At(bytes, offset));
  const hex = bytes.toString("hex");
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value.toWellFormed()),
    hex,
    hex.toUpperCase(),
    ...base64,
  ];
}

/** The digits that depend on this value alone when it starts `offset` bytes into a group of three. */
function base64At(bytes: Buffer, offset: number): readonly string[] {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString("base64")
    .replace(/=+$/, "");
  const head = offset === 0 ? 0 : offset + 1;
  const tail = (bytes.length + offset) % 3 === 0 ? 0 : 1;
  const digits = text.slice(head, text.length - tail);
  return [digits, digits.replaceAll("+", "-").replaceAll("/", "_")];
}
