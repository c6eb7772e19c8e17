import { servedKind } from "../../agent/cluster/client.ts";
import { ApiError } from "../../agent/cluster/errors.ts";
import { canonicalJson } from "../../agent/model/json.ts";
import { type KubeObject, refOf } from "../../agent/model/object.ts";
import type { Leftover, Leftovers } from "../../agent/model/status.ts";
import { pointerSegments, valueAt } from "../../agent/plan/compare.ts";
import { fieldText } from "../../agent/plan/field-paths.ts";
import { leftEntries } from "../../agent/plan/leftovers.ts";
import { maskFields } from "../../agent/plan/mask.ts";
import type { LeftRow } from "../output/leftovers-text.ts";
import { askClusters } from "./ask-clusters.ts";
import type { CommandContext, ConnectedCluster } from "./context.ts";
import type { HeldUnit } from "./find-held.ts";

const longest = 60;

/** What the agent told, without values. */
export function leftRows({ items }: Leftovers): readonly LeftRow[] {
  return items.flatMap((item) => rowsIn(item, undefined));
}

/** Values of leftovers as they live now, by cluster, as far as the caller may read them; a Secret's are masked. */
export async function leftoverRows(
  context: CommandContext,
  units: readonly HeldUnit[],
): Promise<ReadonlyMap<string, readonly LeftRow[]>> {
  const left = new Map(
    units.flatMap(({ target, question }) =>
      question.about === "leftovers" ? [[target.cluster, question.leftovers] as const] : [],
    ),
  );
  const targets = units.map(({ target }) => target).filter(({ cluster }) => left.has(cluster));
  const { answers } = await askClusters(context, targets, (cluster, target, signal) =>
    rowsOf(cluster, left.get(target.cluster)?.items ?? [], signal),
  );
  const read = new Map(answers.map(({ target, answer }) => [target.cluster, answer]));
  return new Map(
    [...left].map(([cluster, found]) => {
      return [cluster, read.get(cluster) ?? leftRows(found)] as const;
    }),
  );
}

async function rowsOf(
  { client }: ConnectedCluster,
  items: readonly Leftover[],
  signal: AbortSignal,
): Promise<readonly LeftRow[]> {
  const discovery = await client.discover(signal);
  const rows = await Promise.all(
    items.map(async (item) => {
      const { version } = servedKind(discovery, item.ref) ?? {};
      if (version === undefined) return rowsIn(item, undefined);
      return rowsIn(item, await readable(client.get({ ...item.ref, version }, signal)));
    }),
  );
  return rows.flat();
}

async function readable(reading: Promise<KubeObject | undefined>) {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

function rowsIn(
  { ref, manager, fields, stays = [] }: Leftover,
  live: KubeObject | undefined,
): readonly LeftRow[] {
  const values = live === undefined ? new Map<string, string>() : valuesIn(live);
  return fields.map((field) => ({
    ref,
    field,
    manager,
    now: values.get(field),
    stays: stays.includes(field),
  }));
}

function valuesIn(live: KubeObject): ReadonlyMap<string, string> {
  const found = leftEntries(live, []).flatMap(({ fields }) =>
    fields.flatMap(({ path, pointer }) => {
      if (pointer === undefined) return [];
      const value = valueAt(live, pointerSegments(pointer));
      return [{ path: fieldText(path), pointer, live: value, desired: undefined }];
    }),
  );
  return new Map(maskFields(refOf(live), found).map((field) => [field.path, short(field.live)]));
}

function short(value: unknown): string {
  if (value === undefined) return "";
  const text = typeof value === "string" ? value : canonicalJson(value);
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
