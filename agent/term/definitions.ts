import { ApiError } from "../cluster/errors.ts";
import { crashEvent } from "../crash.ts";
import { followEpochs } from "../flight/epochs.ts";
import type { ObjectRef } from "../model/object.ts";
import type { World } from "../world.ts";
import { reviseServed } from "./unserved.ts";

/** C-11: what an aggregated API serves is known some time after its APIService says that it is there; 25 s in all. */
const pausesMs = [0, 1000, 2000, 4000, 8000, 10_000];

/** Definitions that changed, by name, and how often was asked since the last of them. */
interface Awaited {
  readonly names: Map<string, ObjectRef>;
  asked: number;
}

/** A-110, D-16: asks what is served whenever a CRD or an APIService changes, until the signal ends it. */
export async function followDefinitions(world: World, signal: AbortSignal): Promise<void> {
  const awaited: Awaited = { names: new Map(), asked: 0 };
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
    awaited.names.set(ref.name, ref);
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
  const { names } = awaited;
  while (names.size > 0 && awaited.asked < pausesMs.length) {
    await world.ports.clock.sleep(pausesMs[awaited.asked] ?? 0, signal);
    awaited.asked += 1;
    await reviseServed(world, signal).catch(unlessUnanswered);
    for (const [name, ref] of names) if (isAnswering(world, ref)) names.delete(name);
  }
  names.clear();
}

function unlessUnanswered(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}

function isDefinition({ group, kind }: ObjectRef): boolean {
  if (kind === "CustomResourceDefinition") return group === "apiextensions.k8s.io";
  return kind === "APIService" && group === "apiregistration.k8s.io";
}

/** CRDs are named `<plural>.<group>`, APIServices `<version>.<group>`. */
function isAnswering({ discovery }: World, { kind, name }: ObjectRef): boolean {
  const dot = name.indexOf(".");
  const [first, group] = [name.slice(0, dot), name.slice(dot + 1)];
  if (discovery.unknownGroups.has(group)) return false;
  return [...discovery.kinds.values()].some(
    (one) => one.group === group && first === (kind === "APIService" ? one.version : one.plural),
  );
}
