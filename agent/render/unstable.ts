import type { Desired } from "../model/change.ts";
import type { Hasher } from "../model/digest.ts";
import { isJsonObject, jsonEqual } from "../model/json.ts";
import { describeRef } from "../model/object.ts";
import type { Problem } from "../model/problem.ts";
import { editAt } from "./edit.ts";
import type { Render } from "./from-tool.ts";
import {
  type NormalizeContext,
  type Normalized,
  normalize,
  objectDigest,
  type RenderWarning,
  renderDigest,
} from "./normalize.ts";
import { escapePointer } from "./substitute.ts";

/**
 * N-30: a render normalised; paths that differ from a second render of the same input are named in `unstable`, stay out of
 * the digests, and are only ever sent when the object is made. What differs by name cannot be kept, so it is refused.
 */
export function normalizeRender(
  { objects, again }: Pick<Render, "objects" | "again">,
  context: NormalizeContext,
): Normalized {
  const first = normalize(objects, context);
  if (again === undefined) return first;
  const second = normalize(again, context);
  const [one, other] = [byId(first), byId(second)];
  const strangers = [...without(one, other), ...without(other, one)];
  const keep = (item: Desired) => settled(item, other.get(item.id), context.hasher);
  const [desired, hooks] = [first.desired.map(keep), first.hooks.map(keep)];
  const all = [...desired, ...hooks];
  return {
    ...first,
    desired,
    hooks,
    problems: [...first.problems, ...strangers.map(renamed)],
    warnings: [...first.warnings, ...all.flatMap(warningOf)],
    digest: renderDigest(all, context.hasher),
  };
}

function byId({ desired, hooks }: Normalized): ReadonlyMap<string, Desired> {
  return new Map([...desired, ...hooks].map((item) => [item.id, item]));
}

function without(
  items: ReadonlyMap<string, Desired>,
  known: ReadonlyMap<string, Desired>,
): readonly Desired[] {
  return [...items.values()].filter(({ id }) => !known.has(id));
}

function renamed({ file, line, ref }: Desired): Problem {
  const message = `two renders of the same files do not both have ${describeRef(ref)}: each would delete what the other made`;
  const next = "give the object a name that does not depend on chance or time";
  return { reason: "RenderFailed", file, line, ref, message, next };
}

function settled(item: Desired, other: Desired | undefined, hasher: Hasher): Desired {
  const unstable = other === undefined ? [] : unstablePaths(item.object, other.object);
  if (unstable.length === 0) return item;
  const stable = unstable.reduce(
    (object, pointer) => editAt(object, stepsOf(pointer), () => null),
    item.object,
  );
  return { ...item, unstable, digest: objectDigest(stable, hasher) };
}

function warningOf({ unstable = [], file, line, ref }: Desired): readonly RenderWarning[] {
  if (unstable.length === 0) return [];
  const message = `${unstable.join(", ")} differ between two renders of the same files; what lives in the cluster is kept`;
  return [{ message, file, line, ref }];
}

/** JSON pointers of what differs between two values; a list of another length differs as a whole. */
export function unstablePaths(a: unknown, b: unknown, pointer = ""): readonly string[] {
  if (jsonEqual(a, b)) return [];
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    return a.flatMap((item, index) => unstablePaths(item, b[index], `${pointer}/${index}`));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return [pointer];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => {
    const at = `${pointer}/${escapePointer(key)}`;
    return Object.hasOwn(a, key) && Object.hasOwn(b, key)
      ? unstablePaths(a[key], b[key], at)
      : [at];
  });
}

function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}
