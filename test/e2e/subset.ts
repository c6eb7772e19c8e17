import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";

/** Paths at which a live object lacks what was declared. What the server added is no difference. */
export function differences(declared: KubeObject, live: KubeObject): readonly string[] {
  const { status: _status, stringData, ...wanted } = declared;
  if (!isJsonObject(stringData)) return compare(wanted, live, "");
  // The server keeps it as `data`.
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(String(text)).toString("base64"),
  ]);
  return compare({ ...wanted, data: Object.fromEntries(encoded) }, live, "");
}

function compare(wanted: unknown, live: unknown, path: string): readonly string[] {
  if (isEmpty(wanted) && (live === undefined || isEmpty(live))) return [];
  if (Array.isArray(wanted)) return compareLists(wanted, live, path);
  if (isJsonObject(wanted)) {
    if (!isJsonObject(live)) return [path];
    return Object.entries(wanted).flatMap(([key, value]) =>
      compare(value, live[key], `${path}.${key}`),
    );
  }
  return isSame(wanted, live)
    ? []
    : [`${path}: ${JSON.stringify(live)}, not ${JSON.stringify(wanted)}`];
}

/** An item may stand anywhere: the server may have put others before it. */
function compareLists(wanted: readonly unknown[], live: unknown, path: string): readonly string[] {
  if (!Array.isArray(live)) return [path];
  return wanted.flatMap((item, index) => {
    const isThere = live.some((one) => compare(item, one, "").length === 0);
    return isThere ? [] : compare(item, live[index], `${path}[${index}]`);
  });
}

/** What the server leaves out when it stores an object. */
function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.values(value).every(isEmpty);
}

/** The server writes quantities in their shortest form: `1000m` as `1`. */
function isSame(wanted: unknown, live: unknown): boolean {
  return wanted === live || (quantity(wanted) !== undefined && quantity(wanted) === quantity(live));
}

const suffixes: Readonly<Record<string, number>> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

function quantity(value: unknown): number | undefined {
  const [, number, suffix = ""] = /^([0-9.]+)([a-zA-Z]*)$/.exec(String(value)) ?? [];
  const factor = suffixes[suffix];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
