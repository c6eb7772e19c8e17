import type { Change } from "../model/change.ts";
import { waveOf } from "../model/hook.ts";
import { type GroupKind, type KubeObject, refId } from "../model/object.ts";
import { dependenciesOf } from "./depends-on.ts";
import { compareRefs, ranks, stageOf } from "./order.ts";

/** One deletion of the set, or something that is on its way already: then `live` terminates. */
export interface Going {
  readonly change: Change;
  readonly live: KubeObject | undefined;
}

/** What goes out together, rank after rank; awaited: the next step begins when all of it is gone. */
export interface PruneStep {
  readonly ranks: readonly (readonly Going[])[];
  readonly isAwaited: boolean;
}

/**
 * The way down: waves from the last to the first (O-14); in a wave admission first, so that nobody refuses what
 * follows, then custom resources while their controller still runs, then everything else in reverse, accounts and roles
 * late, definitions last (P-81, O-25).
 */
export function pruneSteps(all: readonly Going[]): readonly PruneStep[] {
  const waves = Map.groupBy(all, ({ live }) => (live === undefined ? 0 : waveOf(live)));
  const ordered = [...waves.keys()].sort((a, b) => b - a);
  const groups = ordered.flatMap((wave) => layersDown(waves.get(wave) ?? []));
  return groups.flatMap((members, index) => {
    const isLast = index === groups.length - 1;
    const parts = [isAdmission, isCustom, isOther].map((is) =>
      members.filter(({ change }) => is(change.ref)),
    );
    const [admission = [], custom = [], others = []] = parts;
    const hasController = others.some(({ change }) => controls(change.ref));
    return [
      { going: admission, isAwaited: !isLast },
      { going: custom, isAwaited: !isLast || hasController },
      { going: others, isAwaited: !isLast },
    ].flatMap(({ going, isAwaited }) =>
      going.length === 0 ? [] : [{ ranks: reversed(going), isAwaited }],
    );
  });
}

/** O-21: what names another as its dependency is gone before that one goes; without such annotations there is one layer. */
function layersDown(all: readonly Going[]): readonly (readonly Going[])[] {
  const layers: (readonly Going[])[] = [];
  let rest = all;
  while (rest.length > 0) {
    const needed = new Set(rest.flatMap(neededBy));
    const free = rest.filter(({ change }) => !needed.has(refId(change.ref)));
    const layer = free.length === 0 ? rest : free; // a cycle: in any order
    layers.push(layer);
    const done = new Set(layer);
    rest = rest.filter((one) => !done.has(one));
  }
  return layers;
}

function neededBy({ change, live }: Going): readonly string[] {
  const own = refId(change.ref);
  return (live === undefined ? [] : dependenciesOf(live).map(refId)).filter((id) => id !== own);
}

function reversed(going: readonly Going[]): readonly (readonly Going[])[] {
  const sorted = going
    .map((one) => ({ ...one, ref: one.change.ref }))
    .sort((a, b) => compareRefs(b.ref, a.ref)); // O-1
  return ranks(sorted).reverse();
}

function isAdmission({ group }: GroupKind): boolean {
  return group === "admissionregistration.k8s.io";
}

function isOther(kind: GroupKind): boolean {
  return !isAdmission(kind) && !isCustom(kind);
}

/** Groups that Kubernetes itself serves; everything else is somebody's controller's. */
const builtIn =
  /^(|apps|batch|autoscaling|policy|extensions|(networking|rbac\.authorization|storage|admissionregistration|apiextensions|apiregistration|coordination|discovery|events|node|scheduling|certificates|flowcontrol\.apiserver|resource)\.k8s\.io)$/;

function isCustom({ group }: GroupKind): boolean {
  return !builtIn.test(group);
}

/** What custom resources need in order to be cleaned up: whatever runs, and what defines or serves them. */
function controls(kind: GroupKind): boolean {
  const isDefinition = ["CustomResourceDefinition", "APIService"].includes(kind.kind);
  const runs = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod"].includes(kind.kind);
  return isDefinition || runs || stageOf(kind) === 1;
}
