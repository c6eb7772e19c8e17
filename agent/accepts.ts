import { declaredIn } from "./manifests.ts";
import type { Commit } from "./model/artifact.ts";
import { readPast } from "./past.ts";
import type { Accept } from "./plan/guard.ts";
import type { Slot } from "./slot.ts";
import { trailersOf } from "./source/trailers.ts";
import type { World } from "./world.ts";

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
  { app, inventory, commit }: Slot,
  { only, signal }: Asking,
): Promise<readonly Accept[]> {
  const target = world.accepted ?? commit;
  if (target === undefined || inventory?.commit === undefined) return [];
  const range = { from: inventory.commit, to: target.id, limit: historyLimit };
  const commits = await world.ports.source.log(range, signal);
  const found = commits.flatMap((each) =>
    trailersOf(each)
      .accepts.filter((accept) => accept.app === app)
      .map((accept) => ({ at: each, accept })),
  );
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
