import { servedKind } from "../cluster/client.ts";
import { followKind, type Sink } from "../cluster/watch.ts";
import { type GroupKind, type KubeObject, type ObjectRef, refOf } from "../model/object.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";

const definition = { group: "apiextensions.k8s.io", kind: "CustomResourceDefinition" };
const service = { group: "apiregistration.k8s.io", kind: "APIService" };
const admission = [
  "MutatingWebhookConfiguration",
  "ValidatingWebhookConfiguration",
  "MutatingAdmissionPolicy",
  "MutatingAdmissionPolicyBinding",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
].map((kind) => ({ group: "admissionregistration.k8s.io", kind }));

/** Units are asked about again within this time, and not all at once. */
const spreadMs = 600_000;

/**
 * what the API server makes of an object depends on its CRD, on webhooks and on policies. A change of theirs brings
 * the next sweep of the units concerned forward. Whoever's they are: where the agent may not see them, the daily sweep
 * stands for it. CRDs and APIServices are told, too: what is served may be another.
 */
export async function followEpochs(
  world: World,
  told: (ref: ObjectRef) => void,
  signal: AbortSignal,
): Promise<void> {
  const kinds = [definition, service, ...admission].filter((kind) =>
    servedKind(world.discovery, kind)?.verbs.includes("watch"),
  );
  await Promise.all(kinds.map((kind) => followOne(world, { kind, told }, signal)));
}

interface Followed {
  readonly kind: GroupKind;
  readonly told: (ref: ObjectRef) => void;
}

async function followOne(
  world: World,
  { kind, told }: Followed,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, emit } = world.ports;
  const refused = new AbortController();
  const generations = new Map<string, number>();
  let isListed = false;
  const isTold = kind === definition || kind === service;
  const changed = (object: KubeObject): void => {
    const { name, generation = 0 } = object.metadata;
    const before = generations.get(name);
    generations.set(name, generation);
    if (!isListed) return;
    if (isTold) told(refOf(object));
    const isFirst = before === undefined && isTold; // nothing of its kind can be there yet
    if (before !== generation && !isFirst) rise(world, kind, name);
  };
  const gone = (name: string): void => {
    generations.delete(name);
    if (isTold) told({ ...kind, namespace: "", name });
    else rise(world, kind, name);
  };
  const sink: Sink = {
    listed: (objects) => {
      const names = new Set(objects.map(({ metadata }) => metadata.name));
      for (const name of generations.keys()) if (!names.has(name)) gone(name);
      for (const object of objects) changed(object);
      isListed = true;
    },
    changed,
    deleted: ({ metadata }) => gone(metadata.name),
    refused: () => refused.abort(),
  };
  const selection = { ...kind, metadataOnly: true };
  const either = AbortSignal.any([signal, refused.signal]);
  await followKind(
    { client: world.cluster.client, clock, random, emit },
    { selection, sink },
    either,
  );
}

function rise(world: World, kind: GroupKind, name: string): void {
  if (kind === service) return;
  const group = name.slice(name.indexOf(".") + 1);
  const slots = [...world.slots.values()];
  sweepSoon(world, kind === definition ? slots.filter((slot) => declares(slot, group)) : slots);
}

/** Brings the sweep of these units forward. */
export function sweepSoon({ ports }: World, slots: Iterable<Slot>): void {
  for (const slot of slots) {
    const at = ports.clock.monotonic() + spreadMs * ports.random.next();
    slot.sweepAtMs = Math.min(slot.sweepAtMs ?? at, at);
  }
}

function declares({ manifests }: Slot, group: string): boolean {
  return (manifests?.desired ?? []).some(({ ref }) => ref.group === group);
}
