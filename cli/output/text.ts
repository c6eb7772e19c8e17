/** `1 object`, `12 objects`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** `a, b, c … (and 4 more)`: at most `limit` names. */
export function listNames(names: readonly string[], limit = 3): string {
  if (names.length <= limit) return names.join(", ");
  return `${names.slice(0, limit).join(", ")} and ${names.length - limit} more`;
}

const units = [
  { suffix: "d", ms: 86_400_000 },
  { suffix: "h", ms: 3_600_000 },
  { suffix: "m", ms: 60_000 },
  { suffix: "s", ms: 1000 },
] as const;

/** The largest whole unit: `4s`, `6m`, `3h`, `2d`. Negative spans (a clock ahead of ours) read `0s`. */
export function age(ms: number): string {
  const unit = units.find((one) => ms >= one.ms);
  return unit === undefined ? "0s" : `${Math.floor(ms / unit.ms)}${unit.suffix}`;
}

/** Age of an ISO 8601 time; `–` where there is none or it cannot be read. */
export function ageOf(time: string | undefined, now: number): string {
  const at = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(at) ? "–" : age(now - at);
}

/** Seven hex digits of a commit; `–` for none. */
export function shortId(commit: string | undefined): string {
  return commit === undefined || commit === "" ? "–" : commit.slice(0, 7);
}

const durationPart = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const partMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `90s`, `1m`, `1h30m` in milliseconds; undefined when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  const parts = text.match(/\d+(?:\.\d+)?(?:ms|s|m|h|d)/g);
  if (parts === null || parts.join("") !== text) return undefined;
  return parts.reduce((sum, part) => {
    const [, number = "0", unit = "s"] = durationPart.exec(part) ?? [];
    return sum + Number(number) * (partMs[unit] ?? 0);
  }, 0);
}

/** Paragraphs separated by one empty line; empty ones are left out; ends with a line break unless all are empty. */
export function sections(...parts: readonly string[]): string {
  return parts
    .filter((part) => part !== "")
    .map((part) => (part.endsWith("\n") ? part : `${part}\n`))
    .join("\n");
}
