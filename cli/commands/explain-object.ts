import { describeRef, type ObjectRef, refId } from "../../agent/model/object.ts";
import { placeOf } from "../../agent/model/problem.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import type { CommandContext } from "./context.ts";
import type { ChosenCluster } from "./fleet-view.ts";
import { renderUnits } from "./render-fleet.ts";
import { CliError } from "./result.ts";
import type { Wanted } from "./wanted.ts";

export interface FoundObject {
  readonly app: string;
  readonly ref: ObjectRef;
  readonly place: string;
}

/** `Deployment/web` or `Deployment/shop/web`: which app declares it at that commit. Throws CliError unless it is one. */
export async function findObject(
  context: CommandContext,
  { wanted, chosen }: { readonly wanted: Wanted; readonly chosen: readonly ChosenCluster[] },
  text: string,
): Promise<FoundObject> {
  const [kind = "", ...rest] = text.split("/");
  const isMeant = (ref: ObjectRef) =>
    ref.kind.toLowerCase() === kind.toLowerCase() &&
    [ref.name, `${ref.namespace}/${ref.name}`].includes(rest.join("/"));
  const units = chosen.flatMap(({ selection }) => selection.units);
  const rendered =
    wanted.fleet === undefined ? [] : await renderUnits(context, wanted.fleet, units);
  const found = new Map(
    rendered.flatMap(({ unit: { app }, desired, hooks }) =>
      [...desired, ...hooks]
        .filter(({ ref }) => isMeant(ref))
        .map(
          (one) =>
            [`${app} ${refId(one.ref)}`, { app, ref: one.ref, place: placeOf(one) }] as const,
        ),
    ),
  );
  const [only, second] = [...found.values()];
  if (only !== undefined && second === undefined) return only;
  throw new CliError(
    only === undefined
      ? {
          what: `no app declares ${text} there`,
          next: "holdfast render --out DIR shows what they do",
        }
      : {
          what: `${text} is not one object`,
          why: [...found.values()]
            .map(({ app, ref }) => `${describeRef(ref)} of ${app}`)
            .join(", "),
          next: "write KIND/NAMESPACE/NAME, or name one cluster",
        },
  );
}

/** What the agent says of one object; most of the time nothing, which is good news only if the unit was compared. */
export function saidOf(ref: ObjectRef, status: UnitStatus | undefined): string {
  if (status === undefined) return "nobody says anything of it";
  const isIt = (other: ObjectRef | undefined) => other !== undefined && refId(other) === refId(ref);
  const problem = status.problems.find((one) => isIt(one.ref));
  if (problem !== undefined) return `${problem.reason}: ${problem.message}`;
  if (status.held?.deletions.some(isIt) === true) return "its deletion is held";
  const drift = status.drift.find((one) => isIt(one.ref));
  if (drift === undefined) return leftOf(ref, status) ?? "nothing is said against it";
  return `${drift.fields.map(({ path }) => path).join(", ")} differs, ${drift.action}`;
}

/** fields that others set and Git does not declare, and how to be rid of them. */
function leftOf(ref: ObjectRef, { leftovers, app, cluster }: UnitStatus): string | undefined {
  const found = leftovers?.items.filter((one) => refId(one.ref) === refId(ref)) ?? [];
  if (found.length === 0) return undefined;
  const all = found.map(({ manager, fields }) => `${fields.join(", ")} (set by ${manager})`);
  const plan = leftovers?.plan === undefined ? "" : `, plan ${leftovers.plan}`;
  return `Git does not declare ${all.join(", ")}; they stay until holdfast accept ${app} --cluster ${cluster}${plan}`;
}
