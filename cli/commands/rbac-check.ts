import { type Rule, rightsIn, rulesOf } from "../../agent/model/rule.ts";
import type { Unit } from "../../agent/model/unit.ts";
import { ownRules } from "../../agent/plan/own-rights.ts";
import { missing, type Need, needsToPrune, surplus } from "../../agent/plan/rights.ts";
import { capabilitiesOf } from "../../agent/rendering/capabilities.ts";
import type { Report } from "../output/error.ts";
import type { Account } from "../output/rbac-manifests.ts";
import { boundRules } from "./bound-rules.ts";
import type { CommandContext, ConnectedCluster } from "./context.ts";
import type { FleetView } from "./fleet-view.ts";
import { servedPlurals } from "./plurals.ts";
import { isWanted, rulesOfCluster } from "./rbac-rules.ts";
import { renderUnits } from "./render-fleet.ts";
import { servedScopes } from "./scopes.ts";

export interface RightsWish {
  readonly fleet: FleetView;
  readonly cluster: string;
  readonly units: readonly Unit[];
  readonly account: Account;
  readonly secretsByName: boolean;
}

/** How far what the agent may do is from what it uses. */
export interface RightsGap {
  readonly missing: readonly Rule[];
  readonly surplus: readonly Rule[];
  /** Apps that do not render, so that nobody knows what they need. */
  readonly unknown: readonly string[];
}

/** Compares the roles that are bound to the agent's account with what its apps render to, and with what they still track. */
export async function compareRights(
  context: CommandContext,
  { connected, wish }: { readonly connected: ConnectedCluster; readonly wish: RightsWish },
  signal: AbortSignal,
): Promise<RightsGap> {
  const { client } = connected;
  const discovery = await client.discover(signal);
  const live = {
    installation: await connected.installation(signal),
    scopeOf: servedScopes(discovery),
    capabilities: capabilitiesOf(discovery),
  };
  const rendered = await renderUnits({ ...context, signal, live }, wish.fleet, wish.units);
  const objects = rendered.flatMap(({ desired }) => desired.map(({ object }) => object));
  const pluralOf = servedPlurals(discovery, objects);
  const { cluster, account, secretsByName } = wish;
  const { namespace } = account;
  const { needs } = rulesOfCluster({ cluster, namespace, rendered, pluralOf, secretsByName });
  const tracked = await needsOfTracked(connected, { units: wish.units, pluralOf }, signal);
  const left = tracked.filter((need) => isWanted(need, wish));
  const all = [...needs, ...left, ...ownNeeds(namespace)];
  const have = await boundRules(client, account, signal);
  return {
    missing: rulesOf(missing(all.filter(isCertain), have).map(({ right }) => right)),
    surplus: rulesOf(surplus(have.flatMap(rightsIn), all)),
    unknown: rendered.filter(({ problems }) => problems.length > 0).map(({ unit }) => unit.app),
  };
}

/** What is handed out by a role that nobody here knows is for the API server to judge. */
function isCertain({ use, unless }: Need): boolean {
  return use !== "grant" || unless !== undefined;
}

function ownNeeds(namespace: string): readonly Need[] {
  return ownRules(namespace)
    .flatMap(rightsIn)
    .map((right) => ({ right, use: "act" }));
}

interface Tracked {
  readonly units: readonly Unit[];
  readonly pluralOf: ReturnType<typeof servedPlurals>;
}

/** Objects that a commit dropped and that are still to be pruned. */
async function needsOfTracked(
  { inventories }: ConnectedCluster,
  { units, pluralOf }: Tracked,
  signal: AbortSignal,
): Promise<readonly Need[]> {
  const found = await Promise.all(
    units.map(async (unit) => {
      const entries = (await inventories.read(unit.app, signal))?.value.entries;
      const refs = [...(entries?.values() ?? [])].map(({ ref }) => ref);
      return needsToPrune(refs, { unit, pluralOf: (kind) => pluralOf(kind).plural });
    }),
  );
  return found.flat();
}

/** Each difference with what to do about it. */
export function gapReports(cluster: string, { unknown }: RightsGap): readonly Report[] {
  return unknown.map((app) => ({
    what: `what ${app} needs is not known`,
    why: "it does not render",
    next: `holdfast render ${app} --cluster ${cluster}`,
  }));
}
