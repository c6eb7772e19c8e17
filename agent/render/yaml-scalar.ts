/** What a plain scalar means to kubectl, whose parser is go-yaml v2 read through JSON (T-10). */
export type Scalar =
  | { readonly kind: "null"; readonly value: null }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "int"; readonly value: number | bigint }
  | { readonly kind: "float"; readonly value: number | bigint }
  | { readonly kind: "str"; readonly value: string }
  /** A number that JSON on the way to the API server cannot keep: refused, never rounded (T-20). */
  | { readonly kind: "refused"; readonly why: string };

const words: ReadonlyMap<string, Scalar> = new Map(
  [
    wordsOf(["", "~", "null", "Null", "NULL"], { kind: "null", value: null }),
    wordsOf(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], {
      kind: "bool",
      value: true,
    }),
    wordsOf(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], {
      kind: "bool",
      value: false,
    }),
    wordsOf([".nan", ".NaN", ".NAN"], { kind: "refused", why: "JSON has no NaN" }),
    wordsOf([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"], {
      kind: "refused",
      why: "JSON has no infinity",
    }),
  ].flat(),
);

function wordsOf(texts: readonly string[], scalar: Scalar): readonly (readonly [string, Scalar])[] {
  return texts.map((text) => [text, scalar] as const);
}

const integer = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/;
const decimal = /^([+-]?)([0-9]+)(?:\.0*)?$/;
const float = /^[+-]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][+-]?[0-9]+)?$/;
const dotted = /^\.[0-9](?:_?[0-9])*(?:[eE][+-]?[0-9](?:_?[0-9])*)?$/;

/** The value of a plain scalar. */
export function resolveScalar(text: string): Scalar {
  const word = words.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  // A `.` needs no underscore rule: go-yaml hands it to another parser than the digits.
  if (first === 46) return dotted.test(text) ? number(text.replaceAll("_", "")) : string(text);
  const mayBeNumber = (first >= 48 && first <= 57) || first === 43 || first === 45;
  return mayBeNumber ? resolveNumber(text) : string(text);
}

function resolveNumber(text: string): Scalar {
  const plain = text.replaceAll("_", "");
  const whole = integer.exec(plain);
  if (whole !== null) {
    const [, sign = "", digits = ""] = whole;
    const value = BigInt(octalForm(digits));
    if (fitsInWord(value) || digits === value.toString()) return exact(sign, value, text);
    return string(text);
  }
  const digits = decimal.exec(plain);
  if (digits !== null) return asFloat(exact(digits[1] ?? "", BigInt(digits[2] ?? "0"), text), text);
  return float.test(plain) ? number(plain, text) : string(text);
}

/** `0644` and `0o644` are the same number to Go; BigInt knows only the second. Read as 644 it opens files (T-12). */
function octalForm(digits: string): string {
  return /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
}

function fitsInWord(value: bigint): boolean {
  return value < 2n ** 64n;
}

function exact(sign: string, magnitude: bigint, text: string): Scalar {
  const value = sign === "-" ? -magnitude : magnitude;
  if (value >= 2n ** 63n || value < -(2n ** 63n)) {
    return {
      kind: "refused",
      why: `${text} does not fit into 64 bits; write it in quotes if it is text`,
    };
  }
  const near = Number(value);
  return { kind: "int", value: Number.isSafeInteger(near) ? near : value };
}

/** A whole number in a form that kubectl reads as a float (`08`, `1.0`: 1; T-21, N-23): what that would round is refused. */
function asFloat(scalar: Scalar, text: string): Scalar {
  if (scalar.kind !== "int") return scalar;
  const { value } = scalar;
  if (typeof value === "number") return { kind: "float", value };
  return { kind: "refused", why: `${text} would be rounded; write it without zeros before it` };
}

function number(plain: string, text: string = plain): Scalar {
  const value = Number(plain);
  if (!Number.isFinite(value)) return string(text);
  return { kind: "float", value: asWritten(value) };
}

/** kubectl sends `1e18` as a whole number, which comes back as one: beyond 2^53 these are `bigint` (T-20). */
function asWritten(value: number): number | bigint {
  const isLong = Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLong && Math.abs(value) < 1e21 ? BigInt(String(value)) : value;
}

function string(value: string): Scalar {
  return { kind: "str", value };
}

const tagKinds: ReadonlyMap<string, readonly Scalar["kind"][]> = new Map([
  ["!!null", ["null"]],
  ["!!bool", ["bool"]],
  ["!!int", ["int"]],
  ["!!float", ["float", "int"]],
]);

/** The value of a scalar with an explicit tag; undefined where the tag is not one of the core ones. */
export function resolveTagged(tag: string, text: string): Scalar | undefined {
  if (tag === "!" || tag === "!!str") return string(text);
  const kinds = tagKinds.get(tag);
  if (kinds === undefined) return undefined;
  const scalar = resolveScalar(text);
  if (scalar.kind === "refused" || kinds.includes(scalar.kind)) return scalar;
  return { kind: "refused", why: `"${text}" is no ${tag.slice(2)}` };
}

/** A scalar as the key of a JSON object; undefined where kubectl refuses it or would round it. */
export function keyText(scalar: Scalar): string | undefined {
  switch (scalar.kind) {
    case "str":
      return scalar.value;
    case "bool":
    case "int":
      return String(scalar.value);
    case "float":
      return floatKey(scalar.value);
    case "null":
    case "refused":
      return undefined;
  }
}

/** kubectl prints float keys in single precision; what that would change is refused. */
function floatKey(value: number | bigint): string | undefined {
  if (typeof value === "bigint") return undefined;
  const magnitude = Math.abs(value);
  const isPlain = magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e6);
  const text = Object.is(value, -0) ? "-0" : String(value);
  return isPlain && text.replace(/[-.]/g, "").length <= 6 ? text : undefined;
}
