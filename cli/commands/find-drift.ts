import { selectUnits } from "../../agent/fleet/units.ts";
import type { Desired } from "../../agent/model/change.ts";
import type { Inventory, InventoryEntry } from "../../agent/model/inventory.ts";
import { describeRef, type ObjectRef, refId } from "../../agent/model/object.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { capabilitiesOf } from "../../agent/rendering/capabilities.ts";
import { fromAppObject } from "../../agent/status/app-object.ts";
import type { DriftedObject } from "../output/drift-report.ts";
import { problemReport, type Report } from "../output/error.ts";
import { askClusters } from "./ask-clusters.ts";
import { chosenApps } from "./choose-units.ts";
import type { CommandContext, ConnectedCluster, Repository } from "./context.ts";
import { driftOfOne } from "./drift-one.ts";
import { type ChosenCluster, chooseClusters, type FleetView } from "./fleet-view.ts";
import { type LiveFacts, type RenderedUnit, renderUnits } from "./render-fleet.ts";
import { openFleet } from "./repository.ts";
import { servedScopes } from "./scopes.ts";
import { findTargets } from "./targets.ts";

export interface DriftQuestion {
  readonly apps: readonly string[];
  readonly isMeant: (ref: ObjectRef) => boolean;
  readonly withIgnored: boolean;
}

export interface FoundDrift {
  readonly objects: readonly DriftedObject[];
  /** Whether any object that is declared was meant. */
  readonly asked: number;
  readonly unreached: readonly Report[];
}

interface Asking {
  readonly repository: Repository;
  readonly question: DriftQuestion;
}

/** What differs on the chosen clusters from what their agents applied last; nothing is written. */
export async function findDrift(
  context: CommandContext,
  { repository, question }: Asking,
): Promise<FoundDrift> {
  const fleet = await openFleet(context, await repository.newest());
  const chosen = chooseClusters(fleet, context.options);
  const isMeant = chosenApps(chosen, question.apps);
  const found = await findTargets(context);
  const fleetAt = applied(context, repository);
  const { answers, failures } = await askClusters(
    { ...context, isPatient: true },
    found.targets,
    async (there, { cluster }, signal) => {
      const here = chosen.find(({ target }) => target.name === cluster);
      if (here === undefined) return [];
      const apps = here.selection.units.map(({ app }) => app).filter(isMeant);
      const asking = { there, here, question, fleetAt };
      return await onCluster({ ...context, signal }, asking, apps);
    },
  );
  const all = answers.flatMap(({ answer }) => answer);
  return {
    objects: all.flatMap(({ objects }) => objects),
    asked: all.reduce((sum, { asked }) => sum + asked, 0),
    unreached: [...found.unreached, ...failures, ...all.flatMap(({ unreached }) => unreached)],
  };
}

type FleetAt = (commit: string) => Promise<FleetView | undefined>;

/** Each commit is opened once, however many units are at it. */
function applied(context: CommandContext, repository: Repository): FleetAt {
  const known = new Map<string, Promise<FleetView | undefined>>();
  const open = async (commit: string) => {
    const view = await repository.at(commit);
    return view && (await openFleet(context, view));
  };
  return (commit) => {
    const fleet = known.get(commit) ?? open(commit);
    known.set(commit, fleet);
    return fleet;
  };
}

interface OnCluster {
  readonly there: ConnectedCluster;
  readonly here: ChosenCluster;
  readonly question: DriftQuestion;
  readonly fleetAt: FleetAt;
}

async function onCluster(
  context: CommandContext,
  at: OnCluster,
  apps: readonly string[],
): Promise<readonly FoundDrift[]> {
  const { client, inventories } = at.there;
  const discovery = await client.discover(context.signal);
  const live = {
    installation: await at.there.installation(context.signal),
    scopeOf: servedScopes(discovery),
    capabilities: capabilitiesOf(discovery),
  };
  const objects = await at.there.apps.list(context.signal);
  const statuses = objects.flatMap((object) => fromAppObject(object) ?? []);
  const found: FoundDrift[] = [];
  for (const app of apps) {
    const inventory = (await inventories.read(app, context.signal))?.value;
    if (inventory === undefined) continue; // nothing was ever applied, so nothing drifts
    const status = statuses.find((one) => one.app === app);
    found.push(await ofApp(context, { ...at, live, app, inventory, status }));
  }
  return found;
}

interface OfApp extends OnCluster {
  readonly live: LiveFacts;
  readonly app: string;
  readonly inventory: Inventory;
  readonly status: UnitStatus | undefined;
}

async function ofApp(context: CommandContext, at: OfApp): Promise<FoundDrift> {
  const { inventory, fleetAt, here, app, live, question, there, status } = at;
  const commit = inventory.rollback?.to.commit ?? inventory.commit;
  const fleet = commit === undefined ? undefined : await fleetAt(commit);
  const cluster = here.target.name;
  const units = fleet === undefined ? [] : selectUnits(fleet.fleet, cluster, fleet.hasher).units;
  const unit = units.find((one) => one.app === app);
  if (fleet === undefined || unit === undefined) return unknown(at, commit);
  const [rendered] = await renderUnits({ ...context, live }, fleet, [unit]);
  if (rendered === undefined || rendered.problems.length > 0) return broken(at, rendered);
  const meant = rendered.desired.filter(({ ref }) => question.isMeant(ref));
  const nowMs = context.ports.clock.now();
  const { environment } = here;
  const answers = await Promise.all(
    meant.map(async (desired) => {
      const entry = asApplied(desired, { inventory, isSame: unit.changeId === inventory.changeId });
      const declared = rendered.desired;
      const { withIgnored } = question;
      const { installation } = live;
      const planning = { unit, desired, declared, entry, installation, nowMs };
      const wish = { ...planning, environment, status, withIgnored };
      return { desired, one: await driftOfOne(there.client, wish, context.signal) };
    }),
  );
  const head = { cluster, environment, app };
  return {
    asked: meant.length,
    objects: answers.flatMap(({ desired: { ref, file, line }, one }) =>
      one.ok ? one.drift.map((drift) => ({ ...head, ref, file, line, ...drift })) : [],
    ),
    unreached: answers.flatMap(({ desired: { ref }, one }) =>
      one.ok
        ? []
        : [{ what: `${describeRef(ref)} on ${cluster} cannot be compared`, why: one.why }],
    ),
  };
}

interface Applied {
  readonly inventory: Inventory;
  /** The render is that of the commit which was applied without error. */
  readonly isSame: boolean;
}

/** Digests of Secrets are keyed per cluster, so they are not compared: what was applied is known by its commit. */
function asApplied(desired: Desired, { inventory, isSame }: Applied): InventoryEntry | undefined {
  const entry = inventory.entries.get(refId(desired.ref));
  return entry === undefined || !isSame ? entry : { ...entry, digest: desired.digest };
}

function unknown({ app, here }: OfApp, commit: string | undefined): FoundDrift {
  const why =
    commit === undefined
      ? "no commit was applied there without error yet"
      : `${commit.slice(0, 7)}, which was applied there, is not in this repository or does not have it`;
  const what = `${app} on ${here.target.name} cannot be compared`;
  return { asked: 0, objects: [], unreached: [{ what, why, next: "git fetch --unshallow" }] };
}

function broken({ app, here }: OfApp, rendered: RenderedUnit | undefined): FoundDrift {
  const problems = rendered?.problems ?? [];
  const what = `${app} does not render as it was applied on ${here.target.name}`;
  const unreached = problems.map((problem) => problemReport(problem, what, here.target.name));
  return { asked: 0, objects: [], unreached };
}
