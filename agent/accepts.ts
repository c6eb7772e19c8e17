import { selectUnits } from "./fleet/units.ts";
import { readFleet } from "./follow.ts";
import { manifestSource } from "./manifest-source.ts";
import { readManifests } from "./manifests.ts";
import type { Commit } from "./model/artifact.ts";
import type { Accept } from "./plan/guard.ts";
import type { Slot } from "./slot.ts";
import { trailersOf } from "./source/trailers.ts";
import type { World } from "./world.ts";

const historyLimit = 200;

/** Every permission in force for a held set of this unit: app.yaml, requests, trailers on commits not yet applied (P-52). */
export async function acceptsOf(
  world: World,
  slot: Slot,
  signal: AbortSignal,
): Promise<readonly Accept[]> {
  return [
    ...documentAccepts(slot),
    ...slot.requested,
    ...(await trailerAccepts(world, slot, signal)),
  ];
}

function documentAccepts({ unit }: Slot): readonly Accept[] {
  const accept = unit?.prune.accept;
  if (accept === undefined) return [];
  return [{ by: "plan", key: `app.yaml:${accept.plan}`, ...accept }];
}

/** On a commit reachable from the target and not from the applied one by any parent. */
async function trailerAccepts(
  world: World,
  { app, inventory, commit }: Slot,
  signal: AbortSignal,
): Promise<readonly Accept[]> {
  const target = world.accepted ?? commit;
  if (target === undefined || inventory?.commit === undefined) return [];
  const range = { from: inventory.commit, to: target.id, limit: historyLimit };
  const commits = await world.ports.source.log(range, signal);
  const found = commits.flatMap((each) =>
    trailersOf(each)
      .accepts.filter((accept) => accept.app === app)
      .map(({ max }) => ({ commit: each, max })),
  );
  const accepts = await Promise.all(
    found.map(async ({ commit: at, max }) => {
      const declared = await declaredAt(world, { app, commit: at }, signal);
      if (declared === undefined) return [];
      const key = `trailer:${at.id}`;
      return [{ by: "trailer" as const, key, declared, ...(max === undefined ? {} : { max }) }];
    }),
  );
  return accepts.flat();
}

/** Identities that an app declares at a commit; undefined when that commit cannot be read or rendered: then it accepts nothing. */
async function declaredAt(
  world: World,
  { app, commit }: { readonly app: string; readonly commit: Commit },
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const { source } = world.ports;
  const fleet = await readFleet(source, commit.id, signal);
  if (!fleet.ok) return undefined;
  const selection = selectUnits(fleet.value, world.settings.cluster.name, world.cluster.hasher);
  if (!selection.isComplete) return undefined;
  if (selection.broken.some((broken) => broken.app === app)) return undefined;
  const unit = selection.units.find((candidate) => candidate.app === app);
  if (unit === undefined) return new Set();
  const tree = await source.tree(commit.id, signal);
  const manifests = await readManifests(manifestSource(world), { unit, commit, tree }, signal);
  if (!manifests.ok) return undefined;
  const { desired, unsendable } = manifests.value;
  return new Set([...desired, ...unsendable.map((each) => each.desired)].map(({ id }) => id));
}
