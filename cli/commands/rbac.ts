import type { Unit } from "../../agent/model/unit.ts";
import { type CliDocument, cliApiVersion } from "../output/document.ts";
import { problemReport, type Report } from "../output/error.ts";
import { type Account, rbacManifests } from "../output/rbac-manifests.ts";
import { rbacText, rbacValues, rightsGapText } from "../output/rbac-text.ts";
import { listNames } from "../output/text.ts";
import { toYamlStream } from "../output/yaml.ts";
import { askClusters } from "./ask-clusters.ts";
import type { CommandArguments } from "./catalog.ts";
import { chooseUnits } from "./choose-units.ts";
import { type CommandContext, nowText } from "./context.ts";
import { describeFound, findProblems } from "./find-problems.ts";
import { type ChosenCluster, chooseClusters, type FleetView } from "./fleet-view.ts";
import { textFlag, usage } from "./globals.ts";
import { offlinePlurals } from "./plurals.ts";
import { type ClusterRules, rulesOfCluster } from "./rbac-rules.ts";
import { renderUnits } from "./render-fleet.ts";
import { openFleet, viewAt, withRepository } from "./repository.ts";
import { CliError, type CommandResult, type Output, text } from "./result.ts";
import { findTargets } from "./targets.ts";

/** `holdfast rbac [APP…]`: the least that the agent of one cluster must be allowed, by what the apps render to. */
export async function rbac(
  context: CommandContext,
  given: CommandArguments,
): Promise<CommandResult> {
  const { positionals: apps, flags } = given;
  if (flags.check === true && apps.length > 0) {
    throw usage(
      "--check is about all apps of a cluster",
      "leave the names out: what others need is no surplus",
    );
  }
  return await withRepository(context, async (repository) => {
    const fleet = await openFleet(context, await viewAt(repository, textFlag(flags, "rev")));
    const chosen = chooseClusters(fleet, context.options);
    const [one, ...more] = chosen;
    if (one === undefined || more.length > 0) throw notOne(chosen.map(({ target }) => target.name));
    const asked = { fleet, cluster: one, units: chooseUnits(chosen, apps), flags };
    return flags.check === true ? await check(context, asked) : await print(context, asked);
  });
}

interface Asked {
  readonly fleet: FleetView;
  readonly cluster: ChosenCluster;
  readonly units: readonly Unit[];
  readonly flags: CommandArguments["flags"];
}

async function print(
  context: CommandContext,
  { fleet, cluster, units, flags }: Asked,
): Promise<CommandResult> {
  const rendered = await renderUnits(context, fleet, units);
  const objects = rendered.flatMap(({ desired }) => desired.map(({ object }) => object));
  const rules = rulesOfCluster({
    cluster: cluster.target.name,
    namespace: context.options.namespace,
    rendered,
    pluralOf: offlinePlurals(objects),
    secretsByName: flags.secretsByName === true,
  });
  const meant = new Set(units.map(({ app }) => app));
  const found = findProblems(fleet, [cluster], rendered).filter(
    ({ app }) => app !== undefined && meant.has(app),
  );
  return {
    output: outputOf(context, rules, flags),
    exitCode: found.every(({ isUnreached }) => isUnreached) ? 0 : 1,
    isIncomplete: found.some(({ isUnreached }) => isUnreached),
    reports: found.map((each) => problemReport(each.problem, describeFound(each), each.cluster)),
    warnings: warningsOf(rules),
  };
}

async function check(
  context: CommandContext,
  { fleet, cluster, units, flags }: Asked,
): Promise<CommandResult> {
  const { name } = cluster.target;
  const account = accountOf(context, flags);
  const wish = {
    fleet,
    cluster: name,
    units,
    account,
    secretsByName: flags.secretsByName === true,
  };
  const { compareRights, gapReports } = await import("./rbac-check.ts");
  const { targets, unreached } = await findTargets({
    ...context,
    options: { ...context.options, clusters: [name] },
  });
  const { answers, failures } = await askClusters(context, targets, (connected, _target, signal) =>
    compareRights(context, { connected, wish }, signal),
  );
  const [answer] = answers;
  if (answer === undefined) throw new CliError([...unreached, ...failures]);
  const { missing, surplus, unknown } = answer.answer;
  const user = `system:serviceaccount:${account.namespace}:${account.name}`;
  return {
    exitCode: missing.length + surplus.length === 0 ? 0 : 1,
    isIncomplete: unknown.length > 0,
    reports: gapReports(name, answer.answer),
    output: {
      form: "document",
      document: {
        ...documentOf(context, "RightsComparison"),
        complete: unknown.length === 0,
        cluster: name,
        account: user,
        missing,
        surplus,
      },
      draw: (style) => rightsGapText({ missing, surplus }, user, style),
    },
  };
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
    return text(toYamlStream(rbacManifests(rules, accountOf(context, flags))));
  }
  const { cluster, apps, guessed } = rules;
  return {
    form: "document",
    document: { ...documentOf(context, "RightsReport"), cluster, apps, guessed },
    draw: (style) => rbacText(rules, style),
  };
}

function accountOf(
  { options: { namespace } }: CommandContext,
  flags: CommandArguments["flags"],
): Account {
  return { namespace, name: textFlag(flags, "serviceAccount") ?? "holdfast" };
}

function documentOf(context: CommandContext, kind: string): CliDocument {
  const generatedAt = nowText(context);
  return { apiVersion: cliApiVersion, kind, generatedAt, complete: true, problems: [] };
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
