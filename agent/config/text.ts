/** Small texts that documents and settings hold, parsed once at the edge. Undefined: not one. */

const durationPart = /([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h|d)/gy;
const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
/** Beyond ten years a duration is a mistake, and timers would overflow (NEG-17). */
const maxDurationMs = 10 * 365 * 86_400_000;

/** `5m`, `1h30m`, `500ms`, `2d` → milliseconds. */
export function durationMs(text: string): number | undefined {
  let total = 0;
  let end = 0;
  for (const match of text.matchAll(durationPart)) {
    total += Number(match[1]) * (unitMs[match[2] ?? ""] ?? Number.NaN);
    end = match.index + match[0].length;
  }
  if (text === "" || end !== text.length || !(total <= maxDurationMs)) return undefined;
  return Math.round(total);
}

/** `20%` → 0.2; from 0 to 100 %. */
export function share(text: string): number | undefined {
  const match = /^([0-9]{1,3}(?:\.[0-9]{1,4})?)%$/.exec(text);
  const value = Number(match?.[1] ?? Number.NaN) / 100;
  return value <= 1 ? value : undefined;
}

const byteUnits: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** `2Gi` → bytes. */
export function bytes(text: string): number | undefined {
  const match = /^([0-9]{1,6})(Ki|Mi|Gi|Ti)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * (byteUnits[match[2] ?? ""] ?? 0);
}

const rfc3339 =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})$/;

/** `2027-01-02T06:00:00Z` → milliseconds since the epoch. */
export function timeMs(text: string): number | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const value = Date.parse(text);
  // Date.parse rolls 30 February over into March.
  const day = Number(match[3]);
  const daysInMonth = new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate();
  return Number.isNaN(value) || day > daysInMonth ? undefined : value;
}

const dnsLabel = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const qualifiedPart = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** A DNS-1123 label, as Kubernetes wants it for namespaces. */
export function isDnsLabel(text: string): boolean {
  return dnsLabel.test(text);
}

export function isLabelKey(text: string): boolean {
  const slash = text.indexOf("/");
  if (slash === -1) return qualifiedPart.test(text);
  return dnsSubdomain.test(text.slice(0, slash)) && qualifiedPart.test(text.slice(slash + 1));
}

export function isLabelValue(text: string): boolean {
  return text === "" || qualifiedPart.test(text);
}

/** A path inside the repository: relative, with `/`, never through `..` out of it. */
export function isRepositoryPath(text: string): boolean {
  return text !== "" && !text.startsWith("/") && !text.includes("\\") && !text.includes("\0");
}
