import type { DriftCount, DriftedObject } from "../output/drift-report.ts";
import { driftCountsText, driftText } from "../output/drift-text.ts";
import { askFleet } from "./ask-fleet.ts";
import type { CommandContext } from "./context.ts";
import { driftResult } from "./drift-result.ts";
import { findDrift } from "./find-drift.ts";
import { checkNames, isMeant } from "./fleet-view.ts";
import { isGlob } from "./glob.ts";
import { withRepository } from "./repository.ts";
import type { CommandResult } from "./result.ts";

interface ListWish {
  readonly apps: readonly string[];
  readonly isLive: boolean;
  readonly withIgnored: boolean;
}

/** `drift list`: how many objects differ, by what the agents say; with `--live` each field, by asking the clusters. */
export async function listDrift(context: CommandContext, wish: ListWish): Promise<CommandResult> {
  return wish.isLive ? await listLive(context, wish) : await listCounts(context, wish);
}

async function listCounts(context: CommandContext, { apps }: ListWish): Promise<CommandResult> {
  const { answers, unreached } = await askFleet(context);
  const known = answers.flatMap(({ answer }) => answer.statuses.map(({ app }) => app));
  const names = apps.filter((app) => !isGlob(app));
  if (unreached.length === 0) checkNames("app", names, [...new Set(known)]);
  const counts = answers.flatMap(({ target: { cluster, environment }, answer }) =>
    answer.statuses
      .filter(({ app, objects }) => isMeant(app, apps) && objects.drifted > 0)
      .map(({ app, state, reason, objects: { drifted } }): DriftCount => {
        return { cluster, environment, app, state, reason, drifted };
      }),
  );
  const [first] = counts;
  const where = first === undefined ? "" : `${first.app} --cluster ${first.cluster}`;
  return driftResult(context, {
    facts: { units: counts },
    unreached,
    isDrifted: counts.length > 0,
    hint: `holdfast drift list ${where} --live`,
    draw: (style) => driftCountsText(counts, style),
  });
}

async function listLive(
  context: CommandContext,
  { apps, withIgnored }: ListWish,
): Promise<CommandResult> {
  const question = { apps, withIgnored, isMeant: () => true };
  const { objects, unreached } = await withRepository(context, (repository) =>
    findDrift(context, { repository, question }),
  );
  const open = objects.filter(({ action }) => action.kind !== "ignored");
  const nowMs = context.ports.clock.now();
  return driftResult(context, {
    facts: { objects },
    unreached,
    isDrifted: open.length > 0,
    hint: nextOf(open[0]),
    draw: (style) => (objects.length === 0 ? "" : driftText(objects, nowMs, style)),
  });
}

function nextOf(first: DriftedObject | undefined): string {
  if (first === undefined) return "";
  const about = `${first.app} ${first.ref.kind}/${first.ref.name}`;
  const where = `--cluster ${first.cluster}`;
  return `holdfast drift show ${about} ${where} · holdfast drift adopt ${about} --as value ${where}`;
}
