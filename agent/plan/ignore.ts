import type { Desired } from "../model/change.ts";
import { isJsonObject, jsonEqual } from "../model/json.ts";
import { type KubeObject, kindId, type ObjectRef } from "../model/object.ts";
import type { IgnoreRule } from "../model/unit.ts";
import { isOurs } from "./attribute.ts";
import { pointerSegments, valueAt } from "./compare.ts";
import { ownsPath } from "./fields-v1.ts";
import { matchesGlob } from "./glob.ts";
import { type Located, locate } from "./locate.ts";

/** What is sent, and, where that leaves something out, what is sent if the server demands it. */
export interface Payload {
  readonly payload: KubeObject;
  readonly whole?: KubeObject;
}

/**
 * The payload with the ignore rules carried out: of a path that differs, what another manager owns is left out,
 * and all else is sent as it lives, because leaving it out would delete it. There is no mode in which two own a field:
 * these rules are how one is left to somebody else. They count on updates only.
 */
export function shapePayload(
  desired: Desired,
  live: KubeObject,
  rules: readonly IgnoreRule[],
): Payload {
  const matching = rules.filter((rule) => concerns(rule, desired.ref));
  const paths = matching.flatMap((rule) => ignoredPaths(rule, desired.object, live));
  if (paths.length === 0) return { payload: desired.object };
  const left = new Set(paths.filter((path) => mayBeLeftOut(live, path)));
  const payload = shaped({ desired, live, paths }, left);
  return left.size === 0
    ? { payload }
    : { payload, whole: shaped({ desired, live, paths }, new Set()) };
}

/** Whether a rule leaves a live field to somebody else: that path, one above or below it, or all of its manager. */
export function isIgnored(
  rules: readonly IgnoreRule[],
  field: {
    readonly ref: ObjectRef;
    readonly pointer: string;
    readonly manager: string | undefined;
  },
): boolean {
  const { ref, pointer, manager = "" } = field;
  const segments = pointerSegments(pointer);
  return rules.some(
    (rule) =>
      concerns(rule, ref) &&
      (rule.managers.includes(manager) || rule.fields.some((one) => meets(one, segments))),
  );
}

function meets(pattern: string, segments: readonly string[]): boolean {
  const wanted = pointerSegments(pattern);
  return segments.every(
    (segment, at) => wanted[at] === undefined || wanted[at] === "*" || wanted[at] === segment,
  );
}

interface Shaping {
  readonly desired: Desired;
  readonly live: KubeObject;
  readonly paths: readonly IgnoredPath[];
}

function shaped({ desired, live, paths }: Shaping, leftOut: ReadonlySet<IgnoredPath>): KubeObject {
  const all = paths.reduce<unknown>((payload, path) => {
    const value = leftOut.has(path) ? undefined : valueAt(live, pointerSegments(path.live.pointer));
    return withValue(payload, pointerSegments(path.pointer), value);
  }, desired.object);
  return compact(all) as KubeObject;
}

/** N-30: what differs from render to render is ignored once it lives. */
export function unstableRule({ ref, unstable = [] }: Desired): readonly IgnoreRule[] {
  return unstable.length === 0 ? [] : [{ kind: kindId(ref), fields: unstable, managers: [] }];
}

/** A path of what is declared, and where it lives. */
interface IgnoredPath {
  readonly pointer: string;
  readonly live: Located;
}

function concerns(rule: IgnoreRule, ref: ObjectRef): boolean {
  const [kind = "", ...group] = rule.kind.split(".");
  const hasGroup = group.length === 0 || group.join(".") === ref.group;
  return (
    (kind === "*" || kind === ref.kind) &&
    hasGroup &&
    matches(rule.name, ref.name) &&
    matches(rule.namespace, ref.namespace)
  );
}

function matches(glob: string | undefined, text: string): boolean {
  return glob === undefined || matchesGlob(glob, text);
}

function ignoredPaths(rule: IgnoreRule, desired: KubeObject, live: KubeObject): IgnoredPath[] {
  const byField = rule.fields.flatMap((pattern) => expand(pattern, desired));
  const byManager = managedPointers(rule.managers, desired, live);
  return [...new Set([...byField, ...byManager])].flatMap((pointer) => {
    const found = locate(desired, live, pointer);
    if (found === undefined) return [];
    const wanted = valueAt(desired, pointerSegments(pointer));
    // what is equal stays in, so that it stays ours.
    const isSame = jsonEqual(wanted, valueAt(live, pointerSegments(found.pointer)));
    return isSame ? [] : [{ pointer, live: found }];
  });
}

/** Patterns with `*` for any key or item, against what is declared: what is not, like status, is not sent anyway. */
function expand(pattern: string, root: unknown): string[] {
  let found: { pointer: string; value: unknown }[] = [{ pointer: "", value: root }];
  for (const segment of pattern.slice(1).split("/")) {
    found = found.flatMap(({ pointer, value }) =>
      childrenOf(value)
        .filter(([key]) => segment === "*" || segment === key)
        .map(([key, child]) => ({ pointer: `${pointer}/${key}`, value: child })),
    );
  }
  return found.map(({ pointer }) => pointer);
}

function childrenOf(value: unknown): [string, unknown][] {
  if (Array.isArray(value)) return value.map((item, index) => [String(index), item]);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).map(([key, child]) => [
    key.replaceAll("~", "~0").replaceAll("/", "~1"),
    child,
  ]);
}

/** every declared leaf that one of these managers owns. */
function managedPointers(
  managers: readonly string[],
  desired: KubeObject,
  live: KubeObject,
): string[] {
  if (managers.length === 0) return [];
  const entries = (live.metadata.managedFields ?? []).filter(({ manager = "", subresource }) =>
    managers.includes(subresource === undefined ? manager : `${manager}:${subresource}`),
  );
  return leaves(desired, "").filter((pointer) => {
    const found = locate(desired, live, pointer);
    return found !== undefined && entries.some((entry) => ownsPath(entry, live, found.pointer));
  });
}

function leaves(value: unknown, pointer: string): string[] {
  const children = childrenOf(value);
  if (children.length === 0) return [pointer];
  return children.flatMap(([key, child]) => leaves(child, `${pointer}/${key}`));
}

/** Nothing can be left out of a list that only changes as a whole: there the live value is copied, always. */
function mayBeLeftOut(live: KubeObject, path: IgnoredPath): boolean {
  const others = (live.metadata.managedFields ?? []).filter((entry) => !isOurs(entry));
  return !path.live.isAtomic && others.some((entry) => ownsPath(entry, live, path.live.pointer));
}

/** A copy with the value at a path replaced, or left out when undefined; a list keeps the place until `compact`. */
function withValue(root: unknown, [segment, ...rest]: readonly string[], value: unknown): unknown {
  if (segment === undefined) return value;
  if (Array.isArray(root)) {
    return root.map((item, index) =>
      String(index) === segment ? withValue(item, rest, value) : item,
    );
  }
  if (!isJsonObject(root)) return root;
  const next = withValue(root[segment], rest, value);
  const { [segment]: _old, ...others } = root;
  return next === undefined ? others : { ...root, [segment]: next };
}

/** Closes the gaps of left-out list items. */
function compact(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== undefined).map(compact);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, compact(child)]));
}
