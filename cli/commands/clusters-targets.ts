import { cliApiVersion } from "../output/document.ts";
import { type TargetRow, targetsText } from "../output/targets-text.ts";
import { type CommandContext, nowText } from "./context.ts";
import { appNames, type ChosenCluster, checkNames, chooseClusters } from "./fleet-view.ts";
import { openFleet, withRepository } from "./repository.ts";
import type { CommandResult } from "./result.ts";

/** `clusters targets APP|CLUSTER`: who gets it by Git alone, and for the others the selector term that fails. */
export async function targets(context: CommandContext, name: string): Promise<CommandResult> {
  return await withRepository(context, async (repository) => {
    const view = await openFleet(context, await repository.newest());
    const chosen = chooseClusters(view, context.options);
    const apps = appNames(chosen);
    const clusters = chosen.map(({ target }) => target.name);
    checkNames("app or cluster", [name], [...apps, ...clusters]);
    const of = apps.includes(name) ? "app" : "cluster";
    const rows = chosen.flatMap(rowsOf).filter((row) => row[of] === name);
    return {
      exitCode: 0,
      output: {
        form: "document",
        document: {
          apiVersion: cliApiVersion,
          kind: "TargetReport",
          generatedAt: nowText(context),
          complete: true,
          problems: [],
          of,
          name,
          targets: rows,
        },
        draw: (style) => targetsText(rows, of, style),
      },
    };
  });
}

function rowsOf({ target, environment, selection }: ChosenCluster): readonly TargetRow[] {
  const { units, broken, unselected } = selection;
  const at = { cluster: target.name, environment };
  return [
    ...units.map(({ app, rollout }) => ({ ...at, app, selected: true, rollout, why: undefined })),
    ...broken.map(({ app, problems: [first] }) => {
      const why = `invalid: ${first?.message ?? "see holdfast validate"}`;
      return { ...at, app, selected: false, rollout: undefined, why };
    }),
    ...unselected.map(({ app, why }) => ({ ...at, app, selected: false, rollout: undefined, why })),
  ];
}
