import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";

/** Paths at which a live object lacks what was declared. What the server added is no difference. */
export function differences(declared: KubeObject, live: KubeObject): readonly string[] {
  const { status: _status, ...wanted } = declared;
  return compare(wanted, live, "");
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

/** An item is found by what names it; the server may have put others beside it. */
function compareLists(wanted: readonly unknown[], live: unknown, path: string): readonly string[] {
  if (!Array.isArray(live)) return [path];
  return wanted.flatMap((item, index) => {
    const found = keyed(item) ? live.find((one) => isSameItem(item, one)) : live[index];
    return compare(item, found, `${path}[${index}]`);
  });
}

const keys = ["name", "mountPath", "containerPort", "port", "type"];

function keyed(item: unknown): boolean {
  return isJsonObject(item) && keys.some((key) => key in item);
}

function isSameItem(item: unknown, other: unknown): boolean {
  if (!isJsonObject(item) || !isJsonObject(other)) return false;
  return keys.every((key) => !(key in item) || item[key] === other[key]);
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
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
