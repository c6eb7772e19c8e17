import { cliApiVersion } from "../output/document.ts";
import { problemReport, type Report } from "../output/error.ts";
import { rbacManifests } from "../output/rbac-manifests.ts";
import { rbacText, rbacValues } from "../output/rbac-text.ts";
import { listNames } from "../output/text.ts";
import { toYamlStream } from "../output/yaml.ts";
import type { CommandArguments } from "./catalog.ts";
import { chooseUnits } from "./choose-units.ts";
import { type CommandContext, nowText } from "./context.ts";
import { describeFound, findProblems } from "./find-problems.ts";
import { chooseClusters } from "./fleet-view.ts";
import { textFlag, usage } from "./globals.ts";
import { offlinePlurals } from "./plurals.ts";
import { type ClusterRules, rulesOfCluster } from "./rbac-rules.ts";
import { renderUnits } from "./render-fleet.ts";
import { openFleet, viewAt, withRepository } from "./repository.ts";
import { type CommandResult, type Output, text } from "./result.ts";

/** `holdfast rbac [APP…]`: the least that the agent of one cluster must be allowed, by what the apps render to. */
export async function rbac(
  context: CommandContext,
  { positionals: apps, flags }: CommandArguments,
): Promise<CommandResult> {
  return await withRepository(context, async (repository) => {
    const fleet = await openFleet(context, await viewAt(repository, textFlag(flags, "rev")));
    const chosen = chooseClusters(fleet, context.options);
    const [one, ...more] = chosen;
    if (one === undefined || more.length > 0) throw notOne(chosen.map(({ target }) => target.name));
    const rendered = await renderUnits(context, fleet, chooseUnits(chosen, apps));
    const objects = rendered.flatMap(({ desired }) => desired.map(({ object }) => object));
    const rules = rulesOfCluster({
      cluster: one.target.name,
      namespace: context.options.namespace,
      rendered,
      pluralOf: offlinePlurals(objects),
      secretsByName: flags.secretsByName === true,
    });
    const meant = new Set(rendered.map(({ unit }) => unit.app));
    const found = findProblems(fleet, chosen, rendered).filter(
      ({ app }) => app !== undefined && meant.has(app),
    );
    return {
      output: outputOf(context, rules, flags),
      exitCode: found.every(({ isUnreached }) => isUnreached) ? 0 : 1,
      isIncomplete: found.some(({ isUnreached }) => isUnreached),
      reports: found.map((each) => problemReport(each.problem, describeFound(each), each.cluster)),
      warnings: warningsOf(rules),
    };
  });
}

function notOne(names: readonly string[]): Error {
  return usage(
    `rights are those of one cluster, not ${names.length}`,
    `name it: --cluster ${names[0] ?? "NAME"}`,
  );
}

function outputOf(
  context: CommandContext,
  rules: ClusterRules,
  flags: CommandArguments["flags"],
): Output {
  const { form, namespace } = context.options;
  if (flags.values === true) return text(rbacValues(rules, namespace));
  if (form === "yaml") {
    const name = textFlag(flags, "serviceAccount") ?? "holdfast";
    return text(toYamlStream(rbacManifests(rules, { namespace, name })));
  }
  const { cluster, apps, guessed } = rules;
  return {
    form: "document",
    document: {
      apiVersion: cliApiVersion,
      kind: "RightsReport",
      generatedAt: nowText(context),
      complete: true,
      problems: [],
      cluster,
      apps,
      guessed,
    },
    draw: (style) => rbacText(rules, style),
  };
}

function warningsOf({ guessed, apps }: ClusterRules): readonly Report[] {
  const escalating = apps.filter(({ grants }) => grants.length > 0).map(({ app }) => app);
  return [
    ...(guessed.length === 0
      ? []
      : [
          {
            what: `the plural of ${listNames(guessed)} is a guess`,
            why: "no CustomResourceDefinition of it is in the repository",
            next: "ask the cluster: kubectl api-resources",
          },
        ]),
    ...(escalating.length === 0
      ? []
      : [
          {
            what: `${listNames(escalating)} hands out rights that the agent does not have`,
            next: "add the rules with escalate and bind yourself, if it may",
          },
        ]),
  ];
}
