import { withLabels } from "../output/edit-cluster.ts";
import { effectOn } from "./cluster-effect.ts";
import type { CommandContext } from "./context.ts";
import { checkNames, type FleetView, knownClusters } from "./fleet-view.ts";
import { usage } from "./globals.ts";
import { deliver, preparePlace } from "./prepare.ts";
import { openFleet, withRepository } from "./repository.ts";
import { CliError, type CommandResult, text } from "./result.ts";

interface LabelWish {
  readonly name: string;
  /** `k=v` sets, `k-` takes off. */
  readonly edits: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
}

/** `clusters label NAME k=v k-`: the edited file of the cluster, with which apps come and go. */
export async function labelCluster(
  context: CommandContext,
  { name, edits: words, flags }: LabelWish,
): Promise<CommandResult> {
  const edits = new Map(words.map(editOf));
  return await withRepository(context, async (repository) => {
    const place = await preparePlace(context, repository, flags);
    const fleet = await openFleet(context, place.view);
    checkNames("cluster", [name], knownClusters(fleet));
    const { path, content } = await fileOf(context, fleet, name);
    const edited = withLabels(content, name, edits);
    if (isSame(fleet, name, edits)) {
      return {
        exitCode: 1,
        output: text(`${name} has these labels already. Nothing to change.\n`),
      };
    }
    const mode = fleet.tree.get(path)?.mode ?? "100644";
    const files = new Map([[path, { content: new TextEncoder().encode(edited), mode }]]);
    const effect = await effectOn(context, { view: place.view, files, cluster: name });
    return await deliver(context, place, {
      kind: "ClusterLabel",
      files,
      branch: `label-${name}-${words.join("-")}`.replace(/[^A-Za-z0-9-]+/g, "-").replace(/-+$/, ""),
      message: `Label cluster ${name}: ${words.join(" ")}\n`,
      ...effect,
    });
  });
}

function editOf(word: string): readonly [string, string | undefined] {
  const at = word.indexOf("=");
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  if (at === -1 && word.length > 1 && word.endsWith("-")) return [word.slice(0, -1), undefined];
  throw usage(`${word} neither sets nor takes off a label`, "tier=gold sets, tier- takes off");
}

function isSame(
  { fleet }: FleetView,
  name: string,
  edits: ReadonlyMap<string, string | undefined>,
) {
  const labels = fleet.clusters.get(name)?.labels ?? {};
  return [...edits].every(([key, value]) => labels[key] === value);
}

interface Found {
  readonly path: string;
  readonly content: string;
}

async function fileOf(context: CommandContext, fleet: FleetView, name: string): Promise<Found> {
  const path = fleet.fleet.clusters.get(name)?.file ?? "";
  const content = (await fleet.view.read([path], context.signal)).get(path);
  if (content === undefined) throw new CliError({ what: `${path} cannot be read` });
  return { path, content: new TextDecoder().decode(content) };
}
