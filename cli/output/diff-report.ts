import type { FieldDiff } from "../../agent/model/change.ts";
import { canonicalJson } from "../../agent/model/json.ts";
import { type KubeObject, type ObjectRef, refId } from "../../agent/model/object.ts";

export type DiffAction = "create" | "update" | "recreate" | "delete" | "run" | "hold" | "fail";

/** What would happen to one object. Values are masked already. */
export interface ObjectDiff {
  readonly action: DiffAction;
  readonly ref: ObjectRef;
  readonly file?: string;
  readonly line?: number;
  /** `live` is before, `desired` is after. */
  readonly fields: readonly FieldDiff[];
  /** Why, or under which condition. */
  readonly note?: string;
  /** What is created or deleted, for `--full`. */
  readonly object?: KubeObject;
}

/** One app on one cluster. */
export interface UnitDiff {
  readonly app: string;
  readonly cluster: string;
  readonly environment: string;
  /** Without the unchanged ones. */
  readonly objects: readonly ObjectDiff[];
  readonly unchanged: number;
  /** What happens to the unit as a whole: it comes, goes, or could not be compared. */
  readonly note?: string;
}

/** Clusters for which the very same would happen. */
export interface Variant {
  /** `A`, `B`, … the one with most clusters first. */
  readonly name: string;
  readonly clusters: readonly string[];
  readonly objects: readonly ObjectDiff[];
  readonly note?: string;
}

export interface DiffCounts {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
  readonly unchanged: number;
}

/** One app in one environment. Counts are those of one cluster, of the variant that most clusters share. */
export interface AppDiff {
  readonly app: string;
  readonly environment: string;
  readonly clusters: number;
  readonly counts: DiffCounts;
  readonly variants: readonly Variant[];
}

/** Groups units by app and environment, and within by what would happen; units without any difference are left out. */
export function groupDiffs(units: readonly UnitDiff[]): readonly AppDiff[] {
  const changed = units.filter(({ objects, note }) => objects.length > 0 || note !== undefined);
  const groups = Map.groupBy(changed, ({ app, environment }) => JSON.stringify([app, environment]));
  return [...groups.values()]
    .flatMap((group) => appDiff(group))
    .sort((a, b) => compare(a.app, b.app) || compare(a.environment, b.environment));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function appDiff(units: readonly UnitDiff[]): readonly AppDiff[] {
  const byEffect = [...Map.groupBy(units, effectOf).values()].sort(
    (a, b) => b.length - a.length || compare(a[0]?.cluster ?? "", b[0]?.cluster ?? ""),
  );
  const [first] = byEffect[0] ?? [];
  if (first === undefined) return [];
  const variants = byEffect.flatMap((group, index) => variant(group, variantName(index)));
  const { app, environment } = first;
  return [{ app, environment, clusters: units.length, counts: countsOf(first), variants }];
}

function variant(units: readonly UnitDiff[], name: string): readonly Variant[] {
  const [first] = units;
  if (first === undefined) return [];
  const { objects, note } = first;
  const clusters = units.map(({ cluster }) => cluster).sort();
  return [{ name, clusters, objects, ...(note === undefined ? {} : { note }) }];
}

/** A, B … Z, AA, AB … */
export function variantName(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : variantName(Math.floor(index / 26) - 1) + last;
}

/** Equal for two units exactly when the same would happen to them; who owns a field now does not matter. */
function effectOf({ objects, note }: UnitDiff): string {
  return canonicalJson([note, objects.map(objectEffect)]);
}

/** Compared as text: equal effects of one object. */
export function objectEffect({ action, ref, fields, note, object }: ObjectDiff): string {
  const values = fields.map(({ path, live, desired }) => [path, live, desired]);
  return canonicalJson([action, refId(ref), values, note, object]);
}

function countsOf({ objects, unchanged }: UnitDiff): DiffCounts {
  const of = (...actions: readonly DiffAction[]) =>
    objects.filter(({ action }) => actions.includes(action)).length;
  return {
    create: of("create"),
    update: of("update", "recreate"),
    delete: of("delete"),
    unchanged,
  };
}
