import { type Selection, selectUnits } from "../fleet/units.ts";
import type { Commit } from "../model/artifact.ts";
import { readFleet } from "../source/read-fleet.ts";
import type { World } from "../world.ts";
import { manifestSource } from "./manifest-source.ts";
import { type Manifests, readManifests } from "./manifests.ts";

/** What an app was at one commit. */
export interface Past {
  readonly selection: Selection;
  /** Absent: it was not a unit of this cluster there. */
  readonly manifests?: Manifests;
}

/** Reads and renders one app at any commit of the history; undefined when its fleet or the app itself does not render. */
export async function readPast(
  world: World,
  { app, commit }: { readonly app: string; readonly commit: Commit },
  signal: AbortSignal,
): Promise<Past | undefined> {
  const { source } = world.ports;
  const fleet = await readFleet(source, commit.id, signal);
  if (!fleet.ok) return undefined;
  const selection = selectUnits(fleet.value, world.settings.cluster.name, world.cluster.hasher);
  const unit = selection.units.find((candidate) => candidate.app === app);
  if (unit === undefined) return { selection };
  const tree = await source.tree(commit.id, signal);
  const manifests = await readManifests(manifestSource(world), { unit, commit, tree }, signal);
  return manifests.ok ? { selection, manifests: manifests.value } : undefined;
}
