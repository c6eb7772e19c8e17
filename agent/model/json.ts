/** JSON with integers beyond 2^53 kept exactly as `bigint`, both ways (T-20), and with one canonical form for digests. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const longInteger = /[0-9]{16}/;

/** Like `JSON.parse`, but an integer that a double cannot hold comes back as `bigint`. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  if (!longInteger.test(text)) return JSON.parse(text);
  return JSON.parse(text, exactInteger);
}

function exactInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== "number" || source === undefined || Number.isSafeInteger(value))
    return value;
  return /^-?[0-9]+$/.test(source) ? BigInt(source) : value;
}

interface RawJson {
  rawJSON(text: string): unknown;
}

/** Like `JSON.stringify`, but a `bigint` is written digit by digit. */
export function writeJson(value: unknown): string {
  try {
    return JSON.stringify(value); // several times faster without a replacer, and `bigint` is rare
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_key, item) =>
      typeof item === "bigint" ? (JSON as unknown as RawJson).rawJSON(item.toString()) : item,
    );
  }
}

/** Sorted keys, no white space: equal values give equal text, so digests can be compared. */
export function canonicalJson(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value ?? null);
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(",")}}`;
}

/** Deep equality of JSON values; list order counts; `1` equals `1.0` but not `"1"`. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => jsonEqual(item, b[index]))
    );
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && jsonEqual(a[key], b[key]))
  );
}
