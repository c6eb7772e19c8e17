import { layersOf } from "../../agent/fleet/app-settings.ts";
import { originOf, valueAt } from "../../agent/fleet/merge.ts";
import { isJsonObject, jsonEqual } from "../../agent/model/json.ts";
import type { CommandContext } from "./context.ts";
import { compareViews } from "./diff-revisions.ts";
import type { FleetView } from "./fleet-view.ts";
import type { Wanted } from "./wanted.ts";

export interface EffectWish {
  readonly wanted: Wanted;
  readonly before: Wanted | undefined;
  readonly app: string;
  readonly cluster: string;
}

/** Why a commit changes nothing of an app on a cluster; undefined: it does change something, or that cannot be told. */
export async function noEffectOf(
  context: CommandContext,
  { wanted, before, app, cluster }: EffectWish,
): Promise<string | undefined> {
  if (before?.fleet === undefined || wanted.fleet === undefined) return undefined;
  const options = {
    ...context.options,
    clusters: [cluster],
    selector: undefined,
    environments: [],
  };
  const { units, found } = await compareViews(
    { ...context, options },
    { before: before.view, after: wanted.view, apps: [app] },
  );
  const isSame =
    found.length === 0 &&
    units.every(({ objects, note }) => objects.length === 0 && note === undefined);
  if (!isSame) return undefined;
  return (
    hiddenBy({ before: before.fleet, after: wanted.fleet, app, cluster }) ?? "the same objects"
  );
}

interface Sides {
  readonly before: FleetView;
  readonly after: FleetView;
  readonly app: string;
  readonly cluster: string;
}

/** The override that hides the first value that the commit changed, or does not match this cluster. */
function hiddenBy({ before, after, app, cluster }: Sides): string | undefined {
  const [old, fresh] = [before.fleet.apps.get(app), after.fleet.apps.get(app)];
  const target = after.fleet.clusters.get(cluster);
  if (old === undefined || fresh === undefined || target === undefined) return undefined;
  const layers = layersOf(fresh, target, after.fleet);
  const { overrides: oldOverrides = [], ...oldSpec } = old.spec;
  const { overrides = [], ...spec } = fresh.spec;
  for (const pointer of changedLeaves(oldSpec, spec, "")) {
    const layer = originOf(layers, pointer);
    if (layer === undefined || !layer.pointer.startsWith("/spec/overrides/")) continue;
    const whole = `${layer.pointer}${pointer}`;
    const line = layer.document.positionOf(whole)?.line ?? layer.document.line;
    const value = JSON.stringify(valueAt(layer.value, pointer));
    return `spec${dots(pointer)} is hidden by ${dots(whole).slice(1)}: ${value} (${fresh.file}:${line})`;
  }
  const others = overrides.flatMap((override, index) =>
    jsonEqual(override, oldOverrides[index]) ||
    layers.some((one) => one.pointer === `/spec/overrides/${index}`)
      ? []
      : [
          `spec.overrides.${index} is for other clusters (${fresh.file}:${fresh.positionOf(`/spec/overrides/${index}`)?.line ?? fresh.line})`,
        ],
  );
  return others[0];
}

function dots(pointer: string): string {
  return pointer.replaceAll("/", ".");
}

/** Pointers of what differs, as deep as both are maps. */
function changedLeaves(a: unknown, b: unknown, at: string): readonly string[] {
  if (jsonEqual(a, b)) return [];
  if (!isJsonObject(a) || !isJsonObject(b)) return [at];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) =>
    changedLeaves(a[key], b[key], `${at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`),
  );
}
