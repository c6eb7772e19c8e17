import { candidates, knownNames, noNames } from "./commands/complete.ts";
import type { Host } from "./host.ts";

/** Completion answers in 300 ms or not at all (cli.md §1). */
const timeLimitMs = 250;

/** `holdfast __complete WORD…`: one candidate per line for the last word; silent about every failure. */
export async function complete(host: Host, words: readonly string[]): Promise<void> {
  const late = new AbortController();
  const { clock } = host.ports;
  const limit = clock.sleep(timeLimitMs, host.interrupted).then(() => noNames);
  const names = await Promise.race([knownNames(host.ports, host.cwd, late.signal), limit]).catch(
    () => noNames,
  );
  late.abort();
  host.stdout.write(
    candidates(words, names)
      .map((word) => `${word}\n`)
      .join(""),
  );
}
