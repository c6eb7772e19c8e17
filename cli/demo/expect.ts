import type { Clock } from "../../agent/schedule/clock.ts";

/** What a check found: what it saw, or what is still missing. */
export type Seen =
  | { readonly ok: true; readonly saw: string }
  | { readonly ok: false; readonly missing: string };

export interface Expectation {
  readonly check: () => Promise<Seen>;
  readonly withinMs: number;
}

const pauseMs = 50;

/** Looks again and again until it is seen; the last answer when time is up. */
export async function eventually(
  clock: Clock,
  { check, withinMs }: Expectation,
  signal: AbortSignal,
): Promise<Seen> {
  const deadline = clock.monotonic() + withinMs;
  for (;;) {
    const seen = await check();
    if (seen.ok || clock.monotonic() > deadline) return seen;
    await clock.sleep(pauseMs, signal);
  }
}

/** All of several checks: what they saw in one sentence, or everything that is missing. */
export async function all(checks: readonly (() => Promise<Seen>)[]): Promise<Seen> {
  const seen = await Promise.all(checks.map((check) => check()));
  const missing = seen.flatMap((one) => (one.ok ? [] : [one.missing]));
  if (missing.length > 0) return { ok: false, missing: missing.join("; ") };
  return { ok: true, saw: seen.flatMap((one) => (one.ok ? [one.saw] : [])).join("; ") };
}

export function saw(text: string): Seen {
  return { ok: true, saw: text };
}

export function missing(text: string): Seen {
  return { ok: false, missing: text };
}
