import type { CheckLine } from "../output/checks-text.ts";
import { askClusters } from "./ask-clusters.ts";
import type { CommandArguments } from "./catalog.ts";
import { checksResult } from "./check.ts";
import { checkInstalled } from "./check-cluster.ts";
import { fine, type Line, probe, wrong } from "./check-probes.ts";
import { gapLine } from "./check-rights.ts";
import type { CommandContext, ConnectedCluster } from "./context.ts";
import type { FleetView } from "./fleet-view.ts";
import { textFlag } from "./globals.ts";
import { compareRights } from "./rbac-check.ts";
import { openFleet, withRepository } from "./repository.ts";
import type { CommandResult } from "./result.ts";
import { findTargets, type Target } from "./targets.ts";

export interface DoctorWish {
  /** Default: every cluster that the other flags mean. */
  readonly name: string | undefined;
  readonly flags: CommandArguments["flags"];
}

/** `clusters doctor [NAME]`: what `check` looks at, with what Git says of each cluster. */
export async function examineClusters(
  given: CommandContext,
  { name, flags }: DoctorWish,
): Promise<CommandResult> {
  const options = name === undefined ? given.options : { ...given.options, clusters: [name] };
  const context = { ...given, options };
  return await withRepository(context, async (repository) => {
    const fleet = await openFleet(
      context,
      (await repository.head()) ?? (await repository.newest()),
    );
    const { targets, unreached } = await findTargets(context);
    const account = {
      namespace: options.namespace,
      name: textFlag(flags, "serviceAccount") ?? "holdfast",
    };
    const { answers, failures } = await askClusters(context, targets, (connected, target, signal) =>
      examine(context, { connected, target, fleet, account }, signal),
    );
    const clusters = answers.map(({ target, answer }) => ({
      cluster: target.cluster,
      lines: answer,
    }));
    const result = checksResult(context, clusters);
    const reports = [...unreached, ...failures];
    return { ...result, reports, isIncomplete: result.isIncomplete === true || reports.length > 0 };
  });
}

interface Patient {
  readonly connected: ConnectedCluster;
  readonly target: Target;
  readonly fleet: FleetView;
  readonly account: { readonly namespace: string; readonly name: string };
}

async function examine(
  context: CommandContext,
  { connected, target, fleet, account }: Patient,
  signal: AbortSignal,
): Promise<readonly CheckLine[]> {
  const { cluster, expected } = target;
  const wish = { fleet, cluster, units: expected?.units ?? [], account, secretsByName: false };
  const rights = async (end: AbortSignal): Promise<Line> =>
    gapLine(await compareRights(context, { connected, wish }, end), cluster);
  const nowMs = context.ports.clock.now();
  const { namespace } = account;
  return [
    await probe("identity", () => identityLine(connected, target, signal)),
    ...(await checkInstalled(context, { connected, namespace, nowMs, account, rights }, signal)),
  ];
}

/** NEG-72: whether the context leads to the cluster that its document is about. */
async function identityLine(
  connected: ConnectedCluster,
  { cluster, expected }: Target,
  signal: AbortSignal,
): Promise<Line> {
  const uid = await connected.uid(signal);
  const wanted = expected?.target.uid;
  if (wanted === undefined) return fine(`${uid} (its document names none)`);
  return wanted === uid
    ? fine(uid)
    : wrong(
        `${uid}, but its document says ${wanted}`,
        `another context, or it was rebuilt: holdfast clusters add ${cluster} --replace`,
      );
}
