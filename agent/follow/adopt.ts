import type { Fleet } from "../fleet/fleet.ts";
import { environmentOf, type Selection, selectUnits } from "../fleet/units.ts";
import type { Artifact, Commit } from "../model/artifact.ts";
import { canonicalJson } from "../model/json.ts";
import type { Problem } from "../model/problem.ts";
import { reasonInfo } from "../model/reason.ts";
import type { Unit } from "../model/unit.ts";
import type { Removal } from "../plan/guard.ts";
import { recallManifests } from "../rendering/recall.ts";
import { renderAll } from "../rendering/render-all.ts";
import { createSlot, type Slot } from "../slot.ts";
import { readFleet } from "../source/read-fleet.ts";
import { trailersOf } from "../source/trailers.ts";
import type { World } from "../world.ts";
import { historyLimit } from "./accepts.ts";

/**
 * Takes one accepted commit: which units there are, what each should be; what changed is rendered. Gives back the apps
 * that have something to do.
 */
export async function adoptCommit(
  world: World,
  commit: Commit,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { source } = world.ports;
  const fleet = await readFleet(source, commit.id, signal);
  if (!fleet.ok) return keepLastFleet(world, commit, { problems: fleet.problems, signal });
  return adoptFleet(world, { fleet: fleet.value, commit }, signal);
}

/** R26: fleet.yaml is missing or invalid, so the whole fleet keeps its last good configuration; no unit counts as removed. */
async function keepLastFleet(
  world: World,
  commit: Commit,
  { problems, signal }: { readonly problems: readonly Problem[]; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const last = world.fleet;
  const told = problems.map((problem) => ({ ...problem, reason: "ConfigInvalid" as const }));
  const artifact = last?.artifact ?? {
    commit,
    tree: await world.ports.source.tree(commit.id, signal),
  };
  world.fleet = {
    artifact,
    seen: commit.id,
    cluster: last?.cluster,
    environment: last?.environment ?? "",
    known: last?.known ?? [],
    problems: told,
  };
  for (const slot of world.slots.values()) slot.problems = told;
  await recallManifests(world, [...world.slots.values()], signal);
  return [...world.slots.keys()];
}

async function adoptFleet(
  world: World,
  { fleet, commit }: { readonly fleet: Fleet; readonly commit: Commit },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const selection = selectUnits(fleet, world.settings.cluster.name, world.cluster.hasher);
  const { cluster, known } = selection;
  const from = world.fleet?.seen;
  world.fleet = {
    artifact: { commit, tree: fleet.tree },
    seen: commit.id,
    cluster,
    environment: cluster === undefined ? "" : environmentOf(cluster, fleet),
    known,
    problems: [...fleet.problems, ...namelessProblems(world, selection)],
  };
  world.ports.emit({
    type: "fleet-read",
    environment: world.fleet.environment,
    region: cluster?.labels["region"] ?? "",
    problems: fleet.problems.length,
  });
  const asked = await askedApps(world, { from, to: commit.id }, signal);
  const changed = takeUnits(world, selection, world.fleet.artifact);
  const broken = takeBroken(world, selection);
  const gone = takeRemoved(world, selection, commit);
  const slots = changed.map((app) => slotOf(world, app));
  await renderAll(world, { slots, artifact: world.fleet.artifact }, signal);
  await recallManifests(world, [...world.slots.values()], signal);
  return [...new Set([...changed, ...broken, ...gone, ...heldApps(world), ...asked])];
}

/** Any new commit may carry the trailer that a held set waits for (P-52). */
function heldApps({ slots }: World): readonly string[] {
  return [...slots.values()]
    .filter(({ status }) => status?.held !== undefined)
    .map(({ app }) => app);
}

/** Leftovers hold nothing up: only a trailer that names such an app and a digest makes a commit worth a look at it. */
async function askedApps(
  { slots, ports }: World,
  { from, to }: { readonly from: string | undefined; readonly to: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const left = [...slots.values()].filter(({ status }) => status?.leftovers?.plan !== undefined);
  if (left.length === 0 || from === undefined) return [];
  const commits = await ports.source.log({ from, to, limit: historyLimit }, signal);
  const named = new Set(commits.flatMap((one) => trailersOf(one).accepts.map(({ app }) => app)));
  return left.map(({ app }) => app).filter((app) => named.has(app));
}

/** A cluster that no document names is not green (R26). */
function namelessProblems(
  { settings }: World,
  { cluster, known, clusterProblems }: Selection,
): readonly Problem[] {
  if (cluster !== undefined) return [];
  if (clusterProblems.length > 0) return clusterProblems;
  const { name } = settings.cluster;
  const message = `no Cluster document names this cluster, ${name}; known are: ${known.join(", ") || "none"}`;
  return [
    {
      reason: "ConfigInvalid",
      message,
      next: `add clusters/${name}.yaml, or correct cluster.name in the agent's settings`,
    },
  ];
}

/** Units whose documents, files or cluster facts changed; the others are not touched at all (performance rule 1). */
function takeUnits(world: World, { units }: Selection, artifact: Artifact): readonly string[] {
  return units.flatMap((unit) => {
    const slot = slotOf(world, unit.app);
    const isSame = slot.unit !== undefined && canonicalJson(slot.unit) === canonicalJson(unit);
    if (isSame && slot.removal === undefined && isSettled(slot)) return [];
    slot.commit = commitFor(slot, unit, artifact.commit);
    slot.unknownAt = artifact;
    slot.unit = unit;
    slot.removal = undefined;
    // Trying the same input once more is no evidence that it is well.
    slot.problems = isSame ? slot.problems.filter(isOfRender) : [];
    return [unit.app];
  });
}

/** Rendered, or being rendered, or broken and tried again when its time comes. */
function isSettled({ manifests, problems, unknownAt, renderTry }: Slot): boolean {
  if (unknownAt !== undefined) return true;
  if (problems.length === 0) return manifests !== undefined;
  return renderTry !== undefined && problems.every(isOfRender);
}

function isOfRender({ reason }: Problem): boolean {
  return reasonInfo(reason).stage === "rendered";
}

/** After a restart the commit that brought a change is known from what was recorded then. */
function commitFor({ unit, commit, status }: Slot, next: Unit, newest: Commit): Commit {
  if (unit?.changeId === next.changeId && commit !== undefined) return commit;
  if (unit !== undefined || status?.changeId !== next.changeId) return newest;
  const known = [status.revisions.attempted, status.revisions.live].find(
    (revision) => revision?.commit === status.desired,
  );
  if (known === undefined) return newest;
  return { ...newest, id: known.commit, committedAt: Date.parse(known.committedAt) / 1000 };
}

/** An app that is broken in Git keeps what it was; it is never "removed" (R27). */
function takeBroken(world: World, { broken }: Selection): readonly string[] {
  return broken.flatMap((found) => {
    const slot = found.isNamed ? slotOf(world, found.app) : slotOfFile(world, found.file);
    if (slot === undefined) return []; // never seen under any name: the fleet's problems tell it
    slot.problems = found.problems;
    slot.removal = undefined;
    stopRender(slot);
    return [slot.app];
  });
}

/** Whose document a file was while it could still be read. */
function slotOfFile({ slots }: World, file: string): Slot | undefined {
  return [...slots.values()].find(
    ({ unit, manifests }) => (unit ?? manifests?.unit)?.file === file,
  );
}

function stopRender(slot: Slot): void {
  slot.rendering?.abort();
  slot.unknownAt = undefined;
}

/** P-70: app file or selection gone in a complete, valid fleet. P-72: many at once hold, whatever they ask for. */
function takeRemoved(world: World, selection: Selection, commit: Commit): readonly string[] {
  if (!selection.isComplete) return [];
  const named = new Set([...selection.units, ...selection.broken].map(({ app }) => app));
  const gone = [...world.slots.values()].filter(({ app }) => !named.has(app));
  const isMass = gone.length > 3 && gone.length / world.slots.size > 0.2;
  for (const slot of gone) {
    slot.removal = removalOf(slot, selection, isMass);
    stopRender(slot);
    slot.problems = [];
    slot.commit = commit;
  }
  return gone.map(({ app }) => app);
}

function removalOf(
  { app, inventory, unit }: Slot,
  { unselected, cluster, known }: Selection,
  isMass: boolean,
): Removal {
  const how = inventory?.onRemove ?? unit?.onRemove ?? "hold";
  const term = unselected.find((other) => other.app === app)?.why;
  if (isMass)
    return {
      how: "hold",
      reason: "MassRemoval",
      why: "too many apps of this cluster would go at once",
    };
  if (cluster === undefined) {
    // P-71: whatever the apps ask for, a cluster whose file is gone is held.
    return {
      how: "hold",
      reason: "Unselected",
      why: `no Cluster document names this cluster; known are: ${known.join(", ") || "none"}`,
    };
  }
  if (term !== undefined) return { how, reason: "Unselected", why: term };
  return { how, reason: "AppRemoved", why: "its app file is gone" };
}

export function slotOf(world: World, app: string): Slot {
  const slot = world.slots.get(app) ?? createSlot(app);
  world.slots.set(app, slot);
  return slot;
}
