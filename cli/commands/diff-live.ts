import { createMasker } from "../output/mask-secrets.ts";
import { askClusters } from "./ask-clusters.ts";
import type { CommandArguments } from "./catalog.ts";
import { chosenApps } from "./choose-units.ts";
import type { CommandContext, ConnectedCluster } from "./context.ts";
import { diffAnswer } from "./diff-answer.ts";
import { findProblems } from "./find-problems.ts";
import { chooseClusters } from "./fleet-view.ts";
import { type LiveDiff, planLive } from "./plan-live.ts";
import { openFleet, withRepository } from "./repository.ts";
import type { CommandResult } from "./result.ts";
import { findTargets } from "./targets.ts";

/** `diff` against what runs: the server's dry run is the judge, as for the agent. Nothing is written. */
export async function diffLive(
  context: CommandContext,
  given: CommandArguments,
): Promise<CommandResult> {
  return await withRepository(context, async (repository) => {
    const fleet = await openFleet(context, await repository.newest());
    const chosen = chooseClusters(fleet, context.options);
    const isMeant = chosenApps(chosen, given.positionals);
    const found = await findTargets(context);
    const mask = createMasker();
    const ask = async (
      connected: ConnectedCluster,
      { cluster }: { readonly cluster: string },
      signal: AbortSignal,
    ): Promise<LiveDiff> => {
      const here = chosen.find(({ target }) => target.name === cluster);
      const units = (here?.selection.units ?? []).filter(({ app }) => isMeant(app));
      return await planLive(
        context,
        { connected, fleet, units, environment: here?.environment ?? "", mask },
        signal,
      );
    };
    const { answers, failures } = await askClusters(
      { ...context, isPatient: true },
      found.targets,
      ask,
    );
    const rendered = answers.flatMap(({ answer }) => answer.rendered);
    const asked = new Set(answers.map(({ target }) => target.cluster));
    const reached = chosen.filter(({ target }) => asked.has(target.name));
    return diffAnswer(context, given, {
      units: answers.flatMap(({ answer }) => answer.units),
      found: findProblems(fleet, reached, rendered).filter(
        ({ app }) => app === undefined || isMeant(app),
      ),
      unreached: [...found.unreached, ...failures],
      between: { from: "live", to: fleet.view.commit ?? fleet.view.title },
    });
  });
}
