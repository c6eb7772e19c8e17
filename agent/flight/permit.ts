import { servedKind } from "../cluster/client.ts";
import { ApiError } from "../cluster/errors.ts";
import type { GroupKind } from "../model/object.ts";
import type { Problem } from "../model/problem.ts";
import { type Rule, ruleLine, rulesOf } from "../model/rule.ts";
import type { Unit } from "../model/unit.ts";
import type { PassInput } from "../pass/pass.ts";
import { type Need, needsOf } from "../plan/rights.ts";
import { declaredIn } from "../rendering/manifests.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";

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
  const { digest } = input.manifests;
  if (slot.removal !== undefined || slot.permitted === digest || !writesAsItself(input))
    return undefined;
  const { rights, live } = world.cluster;
  const lacked = await unlessRefused(() => rights.lacked(needsOfUnit(world, input), signal));
  if (lacked === undefined) return undefined;
  slot.permitted = lacked.length === 0 ? digest : undefined;
  if (lacked.length === 0) live.retryForbidden();
  else rights.forget(); // what is granted meanwhile counts at once
  return lacked.length === 0 ? undefined : problemOf(lacked, input.unit);
}

/** Whether the agent's own rights decide: it writes, and as itself (C-9). */
function writesAsItself({ enforce, unit }: PassInput): boolean {
  return enforce && unit.mode === "enforce" && unit.serviceAccount === undefined;
}

async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** Rights to list and watch stop nobody (C-8), nor does what is handed out by a role that nobody knows here. */
function needsOfUnit({ discovery }: World, { unit, manifests }: PassInput): readonly Need[] {
  const pluralOf = (kind: GroupKind) => servedKind(discovery, kind)?.plural;
  const needs = needsOf([...declaredIn(manifests), ...manifests.hooks], { unit, pluralOf });
  return needs.filter(({ use, unless }) => use === "act" || unless !== undefined);
}

const shownRules = 3;

function problemOf(lacked: readonly Need[], { app, cluster }: Unit): Problem {
  const rules = rulesOf(lacked.map(({ right }) => right));
  const shown = rules.slice(0, shownRules);
  const more = rules.length > shown.length ? `; and ${rules.length - shown.length} rules more` : "";
  return {
    reason: "Forbidden",
    message: `the agent may not ${shown.map(wordsOf).join("; ")}${more}; nothing of this app is written`,
    next: `Add ${shown.map(ruleLine).join(" ")}${more} (holdfast rbac ${app} --cluster ${cluster.name}).`,
  };
}

/** `patch deployments in shop: web, api` */
function wordsOf({ namespace, resources, resourceNames = [], verbs }: Rule): string {
  const where = namespace === undefined ? "" : ` in ${namespace}`;
  const names = resourceNames.slice(0, 3).join(", ");
  const rest = resourceNames.length > 3 ? ` and ${resourceNames.length - 3} more` : "";
  const which = names === "" ? "" : `: ${names}${rest}`;
  return `${verbs.join(", ")} ${resources.join(", ")}${where}${which}`;
}
