import type { ClusterClient } from "../../agent/cluster/client.ts";
import type { Change, Desired } from "../../agent/model/change.ts";
import type { Inventory } from "../../agent/model/inventory.ts";
import { refId, versionedRefOf } from "../../agent/model/object.ts";
import type { Unit } from "../../agent/model/unit.ts";
import { capabilitiesOf } from "../../agent/rendering/capabilities.ts";
import type { ObjectDiff, UnitDiff } from "../output/diff-report.ts";
import { maskSecret, type SecretMasker } from "../output/mask-secrets.ts";
import { unmark } from "../output/unmark.ts";
import type { CommandContext, ConnectedCluster } from "./context.ts";
import type { FleetView } from "./fleet-view.ts";
import { inOrder, orderNote } from "./in-order.ts";
import { pairHashed } from "./pair-hashed.ts";
import { planOne } from "./plan-one.ts";
import { type RenderedUnit, renderUnits } from "./render-fleet.ts";
import { servedScopes } from "./scopes.ts";

export interface LiveWish {
  readonly connected: ConnectedCluster;
  readonly fleet: FleetView;
  readonly units: readonly Unit[];
  readonly environment: string;
  readonly mask: SecretMasker;
}

export interface LiveDiff {
  readonly units: readonly UnitDiff[];
  readonly rendered: readonly RenderedUnit[];
}

/** What the agent would do on one cluster, by its own planning and the server's dry run. Nothing is written. */
export async function planLive(
  context: CommandContext,
  wish: LiveWish,
  signal: AbortSignal,
): Promise<LiveDiff> {
  const { connected, fleet, units } = wish;
  const { client, inventories } = connected;
  const discovery = await client.discover(signal);
  const installation = await connected.installation(signal);
  const capabilities = capabilitiesOf(discovery);
  const scopeOf = servedScopes(discovery);
  const live = { installation, scopeOf, capabilities };
  const rendered = await renderUnits({ ...context, signal, live }, fleet, units);
  const diffs: UnitDiff[] = [];
  for (const one of rendered) {
    const inventory = (await inventories.read(one.unit.app, signal))?.value;
    const nowMs = context.ports.clock.now();
    diffs.push(await diffOne(wish, { one, inventory, installation, nowMs }, signal));
  }
  return { units: diffs, rendered };
}

interface One {
  readonly one: RenderedUnit;
  readonly inventory: Inventory | undefined;
  readonly installation: string;
  readonly nowMs: number;
}

async function diffOne(
  { connected: { client }, environment, mask }: LiveWish,
  { one: { unit, desired, hooks, problems }, inventory, installation, nowMs }: One,
  signal: AbortSignal,
): Promise<UnitDiff> {
  const name = { app: unit.app, cluster: unit.cluster.name, environment };
  if (problems.length > 0 && desired.length === 0) {
    const note = "does not render, so nothing would be applied";
    return { ...name, objects: [], unchanged: 0, note };
  }
  const changes = await Promise.all(
    desired.map(async (object) => {
      const entry = inventory?.entries.get(object.id);
      const wish = { unit, desired: object, declared: desired, entry, installation, nowMs };
      return await planOne(client, wish, signal);
    }),
  );
  const told = changes.flatMap(({ change, note }) =>
    objectDiff(change, mask).map((diff) => (note === undefined ? diff : { ...diff, note })),
  );
  const gone = await undeclared(client, { desired, inventory }, signal);
  const isChange = changes.some(({ change }) => change !== "raced" && isChanging(change));
  const runs = isChange || gone.length > 0 ? inOrder({ desired: [], hooks }).map(runOf) : [];
  const objects = [...pairHashed([...told, ...gone]), ...runs];
  return { ...name, objects, unchanged: desired.length - told.length };
}

/** Drift alone runs no hook (O-18). */
function isChanging(change: Change): boolean {
  return "cause" in change && change.cause === "change";
}

function runOf(hook: Desired): ObjectDiff {
  const { ref, file, line } = hook;
  return { action: "run", ref, file, line, fields: [], ...orderNote(hook) };
}

/** What stands in the inventory, is declared no more, and is still there. */
async function undeclared(
  client: ClusterClient,
  {
    desired,
    inventory,
  }: { readonly desired: readonly Desired[]; readonly inventory: Inventory | undefined },
  signal: AbortSignal,
): Promise<readonly ObjectDiff[]> {
  const declared = new Set(desired.map(({ ref }) => refId(ref)));
  const entries = [...(inventory?.entries ?? [])].filter(([id]) => !declared.has(id));
  const found = await Promise.all(
    entries.map(async ([, { ref, version }]) => await client.get({ ...ref, version }, signal)),
  );
  return found.flatMap((object): readonly ObjectDiff[] =>
    object === undefined
      ? []
      : [
          {
            action: "delete",
            ref: versionedRefOf(object),
            fields: [],
            note: "no longer declared; under the guard",
          },
        ],
  );
}

const drifted = "differs though Git did not move: drift";

function recreated({
  ref,
  desired: { file, line },
  propagation,
}: Extract<Change, { action: "recreate" }>): ObjectDiff {
  const stays = propagation === "Orphan" ? "; what it owns stays" : "";
  const note = `a field cannot be changed, and Git lets it be deleted and made anew${stays}`;
  return { action: "recreate", ref, file, line, fields: [], note };
}

/** A change as people are shown it; nothing for what stays as it is. */
function objectDiff(change: Change | "raced", mask: SecretMasker): readonly ObjectDiff[] {
  if (change === "raced") return [];
  const { ref } = change;
  switch (change.action) {
    case "create": {
      const { file, line, object } = change.desired;
      return [
        { action: "create", ref, file, line, fields: [], object: maskSecret(unmark(object), mask) },
      ];
    }
    case "update": {
      const { file, line } = change.desired;
      const note = change.cause === "drift" ? { note: drifted } : {};
      return [{ action: "update", ref, file, line, fields: change.fields, ...note }];
    }
    case "recreate":
      return [recreated(change)];
    case "report":
      return [{ action: "update", ref, fields: change.fields, note: `not healed: ${change.how}` }];
    case "hold":
      return [{ action: "hold", ref, fields: [], note: change.why }];
    case "fail":
      return [{ action: "fail", ref, fields: [], note: change.problem.message }];
    case "delete":
    case "release":
    case "unchanged":
    case "skip":
      return [];
  }
}
