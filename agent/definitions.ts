import { ApiError } from "./cluster/errors.ts";
import { crashEvent } from "./crash.ts";
import { followEpochs } from "./epochs.ts";
import type { ObjectRef } from "./model/object.ts";
import { reviseServed } from "./unserved.ts";
import type { World } from "./world.ts";

/** C-11: what an aggregated API serves is known some time after its APIService says that it is there; 25 s in all. */
const pausesMs = [0, 1000, 2000, 4000, 8000, 10_000];

/** Groups whose definitions changed, and how often was asked since the last of them. */
interface Awaited {
  readonly groups: Set<string>;
  asked: number;
}

/** A-110, D-16: asks what is served whenever a CRD or an APIService changes, until the signal ends it. */
export async function followDefinitions(world: World, signal: AbortSignal): Promise<void> {
  const awaited: Awaited = { groups: new Set(), asked: 0 };
  let underWay: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    try {
      await untilAnswered(world, awaited, signal);
    } catch (error) {
      if (!signal.aborted) world.ports.emit(crashEvent(error));
    }
    underWay = undefined;
  };
  const changed = (ref: ObjectRef): void => {
    if (!isDefinition(ref)) return;
    awaited.groups.add(groupDefined(ref));
    awaited.asked = 0;
    underWay ??= look();
  };
  const forget = world.cluster.live.onChange(changed); // ours are seen also where no others may be
  const over = new Promise((ended) => signal.addEventListener("abort", ended, { once: true }));
  await Promise.all([over, followEpochs(world, changed, signal)]);
  forget();
  await underWay;
}

async function untilAnswered(world: World, awaited: Awaited, signal: AbortSignal): Promise<void> {
  const { groups } = awaited;
  while (groups.size > 0 && awaited.asked < pausesMs.length) {
    await world.ports.clock.sleep(pausesMs[awaited.asked] ?? 0, signal);
    awaited.asked += 1;
    await reviseServed(world, signal).catch(unlessUnanswered);
    for (const group of groups) if (isAnswering(world, group)) groups.delete(group);
  }
  groups.clear();
}

function unlessUnanswered(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}

function isDefinition({ group, kind }: ObjectRef): boolean {
  if (kind === "CustomResourceDefinition") return group === "apiextensions.k8s.io";
  return kind === "APIService" && group === "apiregistration.k8s.io";
}

/** Both are named so: `<plural>.<group>`, `<version>.<group>`. */
function groupDefined({ name }: ObjectRef): string {
  return name.slice(name.indexOf(".") + 1);
}

function isAnswering({ discovery }: World, group: string): boolean {
  if (discovery.unknownGroups.has(group)) return false;
  return [...discovery.kinds.values()].some((kind) => kind.group === group);
}
