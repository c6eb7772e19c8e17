const binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const pattern =
  /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE])([+-]?\d+)|(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E))?$/;

/** A resource quantity as the server writes it back: `1000m` is `1`, `0.5` is `500m`. Undefined when it is none. */
export function canonicalQuantity(value: unknown): string | undefined {
  const text = String(value);
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponentMark, exponent = "0", suffix = ""] = match;
  if (whole === "" && fraction === "") return undefined;
  const digits = BigInt(`${whole}${fraction}` || "0");
  const negative = sign === "-" ? "-" : "";
  if (digits === 0n) return "0";
  if (binary.includes(suffix) && suffix !== "") {
    return negative + binaryQuantity(digits, fraction.length, suffix);
  }
  const power =
    (exponentMark === undefined ? decimalPower(suffix) : Number(exponent)) - fraction.length;
  return negative + decimalQuantity(digits, power, exponentMark !== undefined);
}

function decimalPower(suffix: string): number {
  return (decimal.indexOf(suffix) - 3) * 3;
}

/** digits · 10^power with the largest suffix that keeps an integer. */
function decimalQuantity(digits: bigint, power: number, scientific: boolean): string {
  let value = digits;
  let exponent = power;
  while (exponent < -9) {
    const rest = value % 10n;
    value = value / 10n + (rest > 0n ? 1n : 0n);
    exponent += 1;
  }
  while (exponent % 3 !== 0) {
    value *= 10n;
    exponent -= 1;
  }
  while (value % 1000n === 0n && exponent < 18) {
    value /= 1000n;
    exponent += 3;
  }
  if (scientific) return exponent === 0 ? `${value}` : `${value}e${exponent}`;
  return `${value}${decimal[exponent / 3 + 3] ?? ""}`;
}

function binaryQuantity(digits: bigint, places: number, suffix: string): string {
  const scale = 10n ** BigInt(places);
  const numerator = digits * 1024n ** BigInt(binary.indexOf(suffix));
  if (numerator % scale !== 0n) return decimalQuantity((numerator * 1000n) / scale, -3, false);
  let value = numerator / scale;
  let step = 0;
  while (value % 1024n === 0n && step < 6) {
    value /= 1024n;
    step += 1;
  }
  return `${value}${binary[step] ?? ""}`;
}
