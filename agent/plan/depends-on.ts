import type { Desired } from "../model/change.ts";
import { dependencyCycles } from "../model/cycles.ts";
import { describeRef, type KubeObject, type ObjectRef, refId } from "../model/object.ts";

const annotation = "config.kubernetes.io/depends-on";

/** `group/Kind/name` or `group/namespaces/ns/Kind/name`, separated by commas; undefined where one cannot be read (O-20). */
function readDependencies({ metadata }: KubeObject): readonly ObjectRef[] | undefined {
  const text = metadata.annotations?.[annotation];
  if (text === undefined) return [];
  const refs = text.split(",").map((part) => readRef(part.trim()));
  return refs.every((ref) => ref !== undefined) ? refs : undefined;
}

function readRef(text: string): ObjectRef | undefined {
  const parts = text.split("/");
  const [group = "", second = "", third = "", kind = "", name = ""] = parts;
  const isMember = parts.length === 5 && second === "namespaces";
  if (!isMember && parts.length !== 3) return undefined;
  const ref = isMember
    ? { group, kind, namespace: third, name }
    : { group, kind: second, namespace: "", name: third };
  return ref.kind === "" || ref.name === "" ? undefined : ref;
}

/** What an object says it needs, on live objects too; what cannot be read counts as nothing there. */
export function dependenciesOf(object: KubeObject): readonly ObjectRef[] {
  return readDependencies(object) ?? [];
}

/** O-22: what is wrong with the dependencies of an object, by id; the others go on. */
export function dependencyFaults(
  desired: readonly Desired[],
  placeOf: (desired: Desired) => number,
): ReadonlyMap<string, string> {
  const all = new Map(desired.map((one) => [one.id, one]));
  const named = desired.filter(({ object }) => readDependencies(object)?.length !== 0);
  const cycles = dependencyCycles(new Map(named.map((one) => [one.id, idsOf(one)])));
  const faults = named.flatMap((one) => {
    const fault = cycleText(cycles.get(one.id), all) ?? faultOf(one, all, placeOf);
    return fault === undefined ? [] : [[one.id, `${annotation}: ${fault}`] as const];
  });
  return new Map(faults);
}

function idsOf({ object }: Desired): readonly string[] {
  return dependenciesOf(object).map(refId);
}

function cycleText(
  path: readonly string[] | undefined,
  all: ReadonlyMap<string, Desired>,
): string | undefined {
  if (path === undefined) return undefined;
  const names = path.map((id) => {
    const found = all.get(id);
    return found === undefined ? id : describeRef(found.ref);
  });
  return `these wait for each other: ${names.join(" → ")}`;
}

function faultOf(
  one: Desired,
  all: ReadonlyMap<string, Desired>,
  placeOf: (desired: Desired) => number,
): string | undefined {
  const refs = readDependencies(one.object);
  if (refs === undefined) {
    return `"${one.object.metadata.annotations?.[annotation]}" is not group/Kind/name or group/namespaces/ns/Kind/name`;
  }
  const ids = refs.map(refId);
  const twin = refs.find((ref, index) => ids.indexOf(refId(ref)) !== index);
  if (twin !== undefined) return `${describeRef(twin)} is named twice`;
  for (const ref of refs) {
    const needed = all.get(refId(ref));
    if (needed === undefined) return `${describeRef(ref)} is no object of this app`;
    if (placeOf(needed) > placeOf(one)) return `${describeRef(ref)} comes in a later wave`;
  }
  return undefined;
}

/** O-21: layers in which every object comes after all that it needs; without such annotations there is one. */
export function layersOf(objects: readonly Desired[]): readonly (readonly Desired[])[] {
  const layers: Desired[][] = [];
  let rest = objects;
  while (rest.length > 0) {
    const open = new Set(rest.map(({ id }) => id));
    const free = rest.filter((one) => idsOf(one).every((id) => id === one.id || !open.has(id)));
    const layer = free.length === 0 ? rest : free; // a cycle: its members are refused anyway
    layers.push([...layer]);
    const done = new Set(layer.map(({ id }) => id));
    rest = rest.filter(({ id }) => !done.has(id));
  }
  return layers;
}
