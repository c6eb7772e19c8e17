import { withIdentity } from "../output/edit-cluster.ts";
import { sections } from "../output/text.ts";
import { effectOn } from "./cluster-effect.ts";
import { type ClusterIdentity, identityOf, refuseKnownUid } from "./cluster-identity.ts";
import type { CommandContext } from "./context.ts";
import { checkNames, type FleetView, knownClusters } from "./fleet-view.ts";
import { listFlag, usage } from "./globals.ts";
import { deliver, preparePlace } from "./prepare.ts";
import { openFleet, withRepository } from "./repository.ts";
import { CliError, type CommandResult, text } from "./result.ts";

interface ReplaceWish {
  readonly name: string;
  readonly flags: Readonly<Record<string, unknown>>;
}

/** `clusters add NAME --replace`: the cluster was rebuilt under its name; its file gets the new UID and version. */
export async function replaceCluster(
  context: CommandContext,
  { name, flags }: ReplaceWish,
): Promise<CommandResult> {
  const facts = [...listFlag(flags, "label"), ...listFlag(flags, "value")];
  if (facts.length > 0) {
    throw usage("--replace writes the new UID alone", `holdfast clusters label ${name} k=v`);
  }
  return await withRepository(context, async (repository) => {
    const place = await preparePlace(context, repository, flags);
    const fleet = await openFleet(context, place.view);
    checkNames("cluster", [name], knownClusters(fleet));
    const identity = await newIdentity(context, fleet, name);
    const before = fleet.fleet.clusters.get(name);
    if (before?.spec.uid === identity.uid) {
      const same = `${name} has the UID ${identity.uid} already. Nothing to change.\n`;
      return { exitCode: 1, output: text(same) };
    }
    const files = await editedFile(context, { fleet, name, identity });
    const effect = await effectOn(context, { view: place.view, files, cluster: name });
    return await deliver(context, place, {
      kind: "ClusterReplace",
      files,
      branch: `replace-cluster-${name}`,
      message: `Cluster ${name} was rebuilt: UID ${identity.uid}\n`,
      ...effect,
      facts: { ...effect.facts, uid: { before: before?.spec.uid, after: identity.uid } },
      effect: (style) =>
        sections(
          `UID     ${before?.spec.uid ?? "none"} → ${identity.uid} (Kubernetes ${identity.version})\n`,
          effect.effect(style),
        ),
    });
  });
}

async function newIdentity(
  context: CommandContext,
  fleet: FleetView,
  name: string,
): Promise<ClusterIdentity> {
  if (fleet.fleet.clusters.get(name)?.spec.removed !== undefined) {
    throw new CliError({
      what: `${name} was removed from the fleet`,
      next: "add the new one under another name: holdfast clusters add NAME",
    });
  }
  const identity = await identityOf(context, name);
  if (identity === undefined) {
    throw usage("--replace reads the new UID from the cluster", "name its context: --context NAME");
  }
  refuseKnownUid(fleet, name, identity);
  return identity;
}

interface Edit {
  readonly fleet: FleetView;
  readonly name: string;
  readonly identity: ClusterIdentity;
}

async function editedFile(context: CommandContext, { fleet, name, identity }: Edit) {
  const path = fleet.fleet.clusters.get(name)?.file ?? "";
  const content = (await fleet.view.read([path], context.signal)).get(path);
  if (content === undefined) throw new CliError({ what: `${path} cannot be read` });
  const edited = withIdentity(new TextDecoder().decode(content), name, identity);
  const mode = fleet.tree.get(path)?.mode ?? "100644";
  return new Map([[path, { content: new TextEncoder().encode(edited), mode }]]);
}
