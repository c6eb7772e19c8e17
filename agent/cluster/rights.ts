import type { Right, Rule } from "../model/rule.ts";
import { missing, type Need } from "../plan/rights.ts";
import type { Clock } from "../schedule/clock.ts";
import type { Held, Reviewer } from "./client.ts";

/** Compares needs with what the API server lets us do. */
export interface Rights {
  /** The needs that are not met. Throws an ApiError where the server does not say. */
  lacked(needs: readonly Need[], signal: AbortSignal): Promise<readonly Need[]>;
  /** The next comparison asks anew. */
  forget(): void;
}

type Asker = Pick<Reviewer, "rules" | "may">;

/** Units that start together ask once. */
const believedForMs = 2_000;

export function createRights(client: Asker, clock: Pick<Clock, "monotonic">): Rights {
  const known = new Map<string, { readonly held: Promise<Held>; readonly atMs: number }>();

  function heldIn(namespace: string, signal: AbortSignal): Promise<Held> {
    const nowMs = clock.monotonic();
    const last = known.get(namespace);
    if (last !== undefined && nowMs - last.atMs < believedForMs) return last.held;
    const held = client.rules(namespace, signal);
    known.set(namespace, { held, atMs: nowMs });
    held.catch(() => known.delete(namespace));
    return held;
  }

  return {
    forget: () => known.clear(),
    lacked: async (needs, signal) => {
      const wide = await heldIn("", signal);
      const first = missing(needs, wide.rules);
      const namespaces = new Set(first.map(({ right }) => right.namespace));
      const places = [...namespaces].filter((namespace) => namespace !== "");
      const held = await Promise.all(places.map((namespace) => heldIn(namespace, signal)));
      const rules: readonly Rule[] = [wide, ...held].flatMap((one) => one.rules);
      const left = missing(first, rules);
      const isSure = [wide, ...held].every(({ isComplete }) => isComplete);
      return isSure ? left : await refused(client, left, signal);
    },
  };
}

/** Some authorizers cannot list what they allow; they are asked right by right, first without a name. */
async function refused(
  client: Asker,
  needs: readonly Need[],
  signal: AbortSignal,
): Promise<readonly Need[]> {
  const asked = new Map<string, Promise<boolean>>();
  function may(right: Right): Promise<boolean> {
    const key = JSON.stringify(right);
    const answer = asked.get(key) ?? client.may(right, signal);
    asked.set(key, answer);
    return answer;
  }
  async function isAllowed(right: Right): Promise<boolean> {
    return (await may({ ...right, name: "" })) || (right.name !== "" && (await may(right)));
  }
  async function isMet({ right, unless }: Need): Promise<boolean> {
    if (await isAllowed(right)) return true;
    if (unless === undefined) return false;
    return (await Promise.all(unless.map(isAllowed))).every(Boolean);
  }
  const met = await Promise.all(needs.map(isMet));
  return needs.filter((_need, index) => !met[index]);
}
