import { servedKind } from "./cluster/client.ts";
import { ApiError } from "./cluster/errors.ts";
import { declaredIn } from "./manifests.ts";
import type { GroupKind } from "./model/object.ts";
import type { Problem } from "./model/problem.ts";
import { ruleLine, rulesOf } from "./model/rule.ts";
import type { PassInput } from "./pass/pass.ts";
import { type Need, needsOf } from "./plan/rights.ts";
import type { Slot } from "./slot.ts";
import type { World } from "./world.ts";

/**
 * What the agent may do, compared with what the render needs, whenever one of them may have moved: a missing right stops
 * the unit before its first write and names the rule (security §8). Undefined: nothing is in the way, or the server did
 * not say; then it judges request by request.
 */
export async function notPermitted(
  world: World,
  { slot, input }: { readonly slot: Slot; readonly input: PassInput },
  signal: AbortSignal,
): Promise<Problem | undefined> {
  const writes = input.enforce && input.unit.mode === "enforce";
  const { digest } = input.manifests;
  if (slot.removal !== undefined || !writes || slot.permitted === digest) return undefined;
  try {
    const lacked = await world.cluster.rights.lacked(needsOfUnit(world, input), signal);
    const stopping = lacked.filter(({ use, unless }) => use === "act" || unless !== undefined);
    slot.permitted = stopping.length === 0 ? digest : undefined;
    return stopping.length === 0 ? undefined : problemOf(stopping);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** Rights to list and watch stop nobody: without them the objects are read one by one (C-8). */
function needsOfUnit({ discovery }: World, { unit, manifests }: PassInput): readonly Need[] {
  const pluralOf = (kind: GroupKind) => servedKind(discovery, kind)?.plural;
  const needs = needsOf(declaredIn(manifests), { unit, pluralOf });
  return needs.filter(({ use }) => use !== "watch");
}

const shownRules = 3;

function problemOf(lacked: readonly Need[]): Problem {
  const rules = rulesOf(lacked.map(({ right }) => right));
  const shown = rules.slice(0, shownRules).map(ruleLine);
  const more = rules.length - shown.length;
  const whats = rules.slice(0, shownRules).map(({ verbs, resources, resourceNames, namespace }) => {
    const where = namespace === undefined ? "" : ` in ${namespace}`;
    return `${verbs.join(", ")} ${resources.join(", ")}${where} (${resourceNames?.join(", ") ?? "all"})`;
  });
  const rest = more > 0 ? `, and ${more} more rules` : "";
  return {
    reason: "Forbidden",
    message: `the agent may not ${whats.join("; ")}${rest}; nothing of this app is written`,
    next: `Add to rbac.rules: ${shown.join(" ")}${more > 0 ? " (holdfast rbac --check lists all)" : ""}`,
  };
}
