import type { Commit } from "../model/artifact.ts";
import type { Accept } from "../plan/guard.ts";
import { declaredIn } from "../rendering/manifests.ts";
import { readPast } from "../rendering/past.ts";
import type { FoundTrailer, Slot } from "../slot.ts";
import { trailersOf } from "../source/trailers.ts";
import type { World } from "../world.ts";

/** How far back trailers are looked for. */
export const historyLimit = 200;

interface Asking {
  /** Those that name a digest. */
  readonly only?: "plans" | undefined;
  readonly signal: AbortSignal;
}

/** Every permission in force for a held set of this unit: app.yaml, requests, trailers on commits not yet applied (P-52). */
export async function acceptsOf(
  world: World,
  slot: Slot,
  asking: Asking,
): Promise<readonly Accept[]> {
  return [
    ...documentAccepts(slot),
    ...slot.requested,
    ...(await trailerAccepts(world, slot, asking)),
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
  slot: Slot,
  { only, signal }: Asking,
): Promise<readonly Accept[]> {
  const { app } = slot;
  const found = await foundTrailers(world, slot, signal);
  const accepts = await Promise.all(
    found.map(async ({ at, accept: { plan, max } }): Promise<readonly Accept[]> => {
      const most = max === undefined ? {} : { max };
      if (plan !== undefined)
        return [{ by: "plan", key: `trailer:${at.id}:${plan}`, plan, ...most }];
      const declared =
        only === "plans" ? undefined : await declaredAt(world, { app, commit: at }, signal);
      return declared === undefined
        ? []
        : [{ by: "trailer", key: `trailer:${at.id}`, declared, ...most }];
    }),
  );
  return accepts.flat();
}

/** History does not change: what two commits hold between them is looked up once. */
async function foundTrailers(
  { accepted, ports }: World,
  slot: Slot,
  signal: AbortSignal,
): Promise<readonly FoundTrailer[]> {
  const { app, inventory, commit } = slot;
  const target = accepted ?? commit;
  if (target === undefined || inventory?.commit === undefined) return [];
  const { id: to } = target;
  const { commit: from } = inventory;
  const range = `${from}..${to}`;
  if (slot.trailers?.range === range) return slot.trailers.found;
  const commits = await ports.source.log({ from, to, limit: historyLimit }, signal);
  const found = commits.flatMap((at) =>
    trailersOf(at)
      .accepts.filter((accept) => accept.app === app)
      .map((accept) => ({ at, accept })),
  );
  slot.trailers = { range, found };
  return found;
}

/** Identities that an app declares at a commit; undefined when that commit cannot be read or rendered: then it accepts nothing. */
async function declaredAt(
  world: World,
  { app, commit }: { readonly app: string; readonly commit: Commit },
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const past = await readPast(world, { app, commit }, signal);
  if (past === undefined || !past.selection.isComplete) return undefined;
  if (past.selection.broken.some((broken) => broken.app === app)) return undefined;
  const declared = past.manifests === undefined ? [] : declaredIn(past.manifests);
  return new Set(declared.map(({ id }) => id));
}
