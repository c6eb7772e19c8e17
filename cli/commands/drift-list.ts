import { cliApiVersion } from "../output/document.ts";
import type { DriftCount, DriftedObject } from "../output/drift-report.ts";
import { driftCountsText, driftText } from "../output/drift-text.ts";
import type { Report } from "../output/error.ts";
import type { Style } from "../output/style.ts";
import { askFleet } from "./ask-fleet.ts";
import { type CommandContext, nowText } from "./context.ts";
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
  return report(context, {
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
  return report(context, {
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

interface Listed {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly unreached: readonly Report[];
  readonly isDrifted: boolean;
  readonly hint: string;
  draw(style: Style): string;
}

function report(
  context: CommandContext,
  { facts, unreached, isDrifted, hint, draw }: Listed,
): CommandResult {
  const complete = unreached.length === 0;
  return {
    exitCode: isDrifted ? 1 : 0,
    isIncomplete: !complete,
    reports: unreached,
    hints: isDrifted ? [hint] : [],
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "DriftReport",
        generatedAt: nowText(context),
        complete,
        problems: unreached,
        ...facts,
      },
      draw: (style) => draw(style) + (isDrifted ? "" : "no drift\n"),
    },
  };
}
