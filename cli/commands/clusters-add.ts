import { parse } from "yaml";
import { folderOf } from "../../agent/model/paths.ts";
import { clusterYaml } from "../output/edit-cluster.ts";
import { sections } from "../output/text.ts";
import { effectOn } from "./cluster-effect.ts";
import { identityOf, identityText, refuseKnownUid } from "./cluster-identity.ts";
import type { CommandContext } from "./context.ts";
import { type FleetView, knownClusters } from "./fleet-view.ts";
import { listFlag, usage } from "./globals.ts";
import { deliver, preparePlace } from "./prepare.ts";
import { openFleet, withRepository } from "./repository.ts";
import { CliError, type CommandResult, text } from "./result.ts";

interface AddWish {
  readonly name: string;
  readonly flags: Readonly<Record<string, unknown>>;
}

/** `clusters add NAME`: the file of a new cluster, with which apps it would get. */
export async function addCluster(
  context: CommandContext,
  { name, flags }: AddWish,
): Promise<CommandResult> {
  const labels = pairsOf("--label", listFlag(flags, "label"));
  const values = valuesOf(listFlag(flags, "value"));
  return await withRepository(context, async (repository) => {
    const place = await preparePlace(context, repository, flags);
    const fleet = await openFleet(context, place.view);
    refuseTwin(fleet, name);
    const identity = await identityOf(context, name);
    refuseKnownUid(fleet, name, identity);
    const path = pathFor(fleet, name);
    const content = new TextEncoder().encode(clusterYaml({ name, labels, values, identity }));
    const files = new Map([[path, { content, mode: "100644" as const }]]);
    const effect = await effectOn(context, { view: place.view, files, cluster: name });
    const record =
      context.options.records === undefined ? undefined : await recordOf(context, name);
    if (record?.made.decision === "no") return { exitCode: 1, output: text(record.text) };
    return await deliver(context, place, {
      kind: "ClusterAdd",
      files,
      branch: `add-cluster-${name}`,
      message: `Add cluster ${name}\n`,
      ...effect,
      facts: {
        ...effect.facts,
        ...(identity === undefined ? {} : { identity }),
        ...(record === undefined ? {} : { record: record.made }),
      },
      effect: (style) =>
        sections(
          identity === undefined ? "" : identityText(identity),
          effect.effect(style),
          record?.text ?? "",
        ),
    });
  });
}

async function recordOf(context: CommandContext, name: string) {
  const { madeText, makeRecord } = await import("./make-record.ts");
  const made = await makeRecord(context, name);
  return { made, text: madeText(name, made) };
}

function refuseTwin({ fleet }: FleetView, name: string): void {
  const twin = fleet.clusters.get(name);
  if (twin === undefined) return;
  throw new CliError({
    what: `there is a cluster ${name} already`,
    where: `${twin.file}:${twin.line}`,
    next: `change its labels: holdfast clusters label ${name} k=v k-; it was rebuilt: --replace`,
  });
}

/** Beside the other clusters; the first one goes into the folder of that name, if the fleet reads it. */
function pathFor(view: FleetView, name: string): string {
  const { fleet, tree } = view;
  const first = knownClusters(view).flatMap((one) => fleet.clusters.get(one)?.file ?? [])[0];
  const folders = fleet.document.spec.folders ?? ["clusters"];
  const folder =
    first === undefined
      ? (folders.find((one) => one === "clusters") ?? folders[0] ?? "clusters")
      : folderOf(first);
  const path = folder === "." ? `${name}.yaml` : `${folder}/${name}.yaml`;
  if (!tree.has(path)) return path;
  throw new CliError({
    what: `there is a file ${path} already`,
    next: `move it, or add ${name} there by hand`,
  });
}

/** `k=v`, each key once. */
function pairsOf(flag: string, given: readonly string[]): Readonly<Record<string, string>> {
  const pairs = given.map((text): [string, string] => {
    const at = text.indexOf("=");
    if (at < 1) throw usage(`${flag} ${text} is no k=v`, `${flag} env=prod`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

/** A value is YAML, so that numbers, lists and maps keep their type. */
function valuesOf(given: readonly string[]): Readonly<Record<string, unknown>> {
  const entries = Object.entries(pairsOf("--value", given)).map(
    ([key, text]): [string, unknown] => {
      try {
        return [key, parse(text)];
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new CliError({
          what: `--value ${key}=${text} is no YAML`,
          why,
          next: `quote it: '${key}="…"'`,
        });
      }
    },
  );
  return Object.fromEntries(entries);
}
