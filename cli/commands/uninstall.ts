import { isKindUnknown } from "../../agent/cluster/errors.ts";
import { type KubeObject, refOf, versionedRefOf } from "../../agent/model/object.ts";
import { cliApiVersion } from "../output/document.ts";
import type { Report } from "../output/error.ts";
import { plainStyle, type Style } from "../output/style.ts";
import { type Departure, departureText } from "../output/uninstall-text.ts";
import type { CommandArguments } from "./catalog.ts";
import { confirm, type Decision } from "./confirm.ts";
import { type CommandContext, nowText } from "./context.ts";
import { oneClusterName, type Reached, reach } from "./one-cluster.ts";
import type { CommandResult } from "./result.ts";
import { carryOut, type LeavingObject, planObjects } from "./uninstall-objects.ts";
import { findOwn, findRelease, type Release, remove } from "./uninstall-release.ts";
import { untilSilent } from "./uninstall-silence.ts";

/** `holdfast uninstall`: takes the agent off one cluster (security §10); every step may be cut short and done again. */
export async function uninstall(
  context: CommandContext,
  { flags }: CommandArguments,
): Promise<CommandResult> {
  const cluster = oneClusterName(context, "uninstall");
  const reached = await reach(context, cluster);
  try {
    const plan = await planDeparture(context, reached, flags.deleteObjects === true);
    const shown = shownOf(plan);
    const decision = await confirm(context, {
      preview: `${departureText(shown, plainStyle)}\n`,
      question: `Uninstall Holdfast from ${cluster} through context ${reached.context}?`,
      unattended: "holdfast uninstall --yes, or --dry-run for the preview alone",
    });
    const left = decision === "yes" ? await depart(context, reached, plan) : [];
    return answer(context, { cluster, shown, decision, left });
  } finally {
    await reached.client.close();
  }
}

interface Plan {
  readonly release: Release;
  readonly own: readonly KubeObject[];
  readonly apps: readonly KubeObject[];
  readonly inventories: readonly string[];
  readonly objects: readonly LeavingObject[];
  /** Inventories that cannot be read: what is in them stays marked, and they stay. */
  readonly unreadable: readonly Report[];
}

async function planDeparture(
  context: CommandContext,
  reached: Reached,
  isDeleting: boolean,
): Promise<Plan> {
  const { signal, options } = context;
  const { client } = reached;
  const discovery = await client.discover(signal);
  const place = { client, discovery, namespace: options.namespace };
  const listed = await reached.inventories.list(signal);
  const inventories = listed.flatMap((one) => ("stored" in one ? [one.stored.value] : []));
  const installation = await reached.installation(signal);
  const wish = { inventories, discovery, installation, isDeleting };
  return {
    release: await findRelease(place, signal),
    own: await findOwn(place, signal),
    apps: await listApps(context, reached),
    inventories: inventories.map(({ app }) => app),
    objects: await planObjects(context, reached, wish),
    unreadable: listed.flatMap((one) =>
      "unreadable" in one ? [leftReport(one.app, one.unreadable.message)] : [],
    ),
  };
}

async function listApps(
  { signal }: CommandContext,
  { apps }: Reached,
): Promise<readonly KubeObject[]> {
  try {
    return await apps.list(signal);
  } catch (error) {
    if (isKindUnknown(error)) return [];
    throw error;
  }
}

function shownOf({ release, own, apps, objects }: Plan): Departure {
  return {
    own: [...release.agent, ...release.rest, ...own].map(refOf),
    apps: apps.map(({ metadata }) => metadata.name),
    objects,
  };
}

/** The agent first, so that nobody works against what follows; the inventories last, so that this can be done again. */
async function depart(
  context: CommandContext,
  reached: Reached,
  { release, own, apps, inventories, objects, unreadable }: Plan,
): Promise<readonly Report[]> {
  const { signal } = context;
  const { client } = reached;
  await remove(client, release.agent, signal);
  await untilSilent(context, reached);
  const left = await carryOut(context, reached, objects);
  await remove(client, await asTheyAre(reached, apps, signal), signal);
  await remove(client, release.rest, signal);
  for (const app of inventories.filter((name) => !left.has(name))) {
    await reached.inventories.remove(app, signal);
  }
  if (left.size === 0) await remove(client, await asTheyAre(reached, own, signal), signal);
  return [...unreadable, ...[...left].map(([app, why]) => leftReport(app, why))];
}

/** The agent told and renewed until it ended. */
async function asTheyAre(
  { client }: Reached,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const found = await Promise.all(
    objects.map((object) => client.get(versionedRefOf(object), signal)),
  );
  return found.flatMap((object) => object ?? []);
}

function leftReport(app: string, why: string): Report {
  return {
    what: `not all of ${app} could be let go: its inventory stays`,
    why,
    next: "do away with the reason, and run the same command again",
  };
}

interface Outcome {
  readonly cluster: string;
  readonly shown: Departure;
  readonly decision: Decision;
  readonly left: readonly Report[];
}

function answer(
  context: CommandContext,
  { cluster, shown, decision, left }: Outcome,
): CommandResult {
  const said: Readonly<Record<Decision, (style: Style) => string>> = {
    no: () => "Declined. Nothing was written.\n",
    preview: (style) => `${departureText(shown, style)}Nothing was written (--dry-run).\n`,
    yes: () =>
      left.length === 0
        ? `Holdfast is gone from ${cluster}. Its namespace ${context.options.namespace} and the kind App are still there.\n`
        : `The agent is gone from ${cluster}; something of its apps is left.\n`,
  };
  const { namespace } = context.options;
  const isGone = decision === "yes" && left.length === 0;
  return {
    exitCode: decision === "no" || left.length > 0 ? 1 : 0,
    reports: left,
    hints: isGone
      ? [`kubectl delete namespace ${namespace}; kubectl delete crd apps.holdfast.dev`]
      : [],
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "UninstallReport",
        generatedAt: nowText(context),
        complete: left.length === 0,
        problems: left,
        cluster,
        done: decision === "yes",
        installation: shown.own,
        apps: shown.apps,
        objects: shown.objects.map(({ app, ref, fate, why }) => ({ ...ref, app, fate, why })),
      },
      draw: said[decision],
    },
  };
}
