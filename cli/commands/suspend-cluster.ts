import { withSuspend } from "../output/edit-cluster.ts";
import { escapeLine } from "../output/escape.ts";
import { count, listNames } from "../output/text.ts";
import type { CommandContext, NewBranch } from "./context.ts";
import { type ChosenCluster, chooseClusters, type FleetView } from "./fleet-view.ts";
import { usage } from "./globals.ts";
import { deliver, preparePlace } from "./prepare.ts";
import { openFleet, withRepository } from "./repository.ts";
import { CliError, type CommandResult, text } from "./result.ts";
import type { Pause } from "./suspend-app.ts";

interface Wish {
  /** undefined: they go on. */
  readonly pause: Pause | undefined;
  readonly flags: Readonly<Record<string, unknown>>;
}

/** Without an app: `spec.suspend` of the cluster files, as a commit to review. */
export async function pauseClusters(
  context: CommandContext,
  { pause, flags }: Wish,
): Promise<CommandResult> {
  refuseAll(context, pause);
  return await withRepository(context, async (repository) => {
    const place = await preparePlace(context, repository, flags);
    const fleet = await openFleet(context, place.view);
    const chosen = chooseClusters(fleet, context.options);
    const meant = chosen.filter(
      ({ target }) => pause !== undefined || target.suspend !== undefined,
    );
    const names = meant.map(({ target }) => target.name);
    if (names.length === 0) {
      const said = `${listNames(chosen.map(({ target }) => target.name))}: no file says suspend. Nothing to change.\n`;
      return { exitCode: 1, output: text(said) };
    }
    const word = pause === undefined ? "Resume" : "Suspend";
    return await deliver(context, place, {
      kind: "ClusterSuspend",
      files: await editedFiles(context, { fleet, meant, pause }),
      branch: `${word.toLowerCase()}-${names.slice(0, 3).join("-")}`,
      message: `${word} ${listNames(names)}${pause === undefined ? "" : `: ${pause.reason}`}\n`,
      facts: { clusters: names, suspend: pause ?? null },
      effect: () => `${meant.map((one) => effectOn(one, pause)).join("")}`,
    });
  });
}

/** Nobody pauses a whole fleet by leaving out a flag. */
function refuseAll({ options }: CommandContext, pause: Pause | undefined): void {
  const { clusters, environments, selector } = options;
  if (clusters.length + environments.length > 0 || selector !== undefined) return;
  const word = pause === undefined ? "resume" : "suspend";
  throw usage(
    `${word} what?`,
    `an app: holdfast ${word} APP --cluster NAME; whole clusters: --cluster, --env or -l`,
  );
}

interface Edit {
  readonly fleet: FleetView;
  readonly meant: readonly ChosenCluster[];
  readonly pause: Pause | undefined;
}

/** One file may describe several of them. */
async function editedFiles(
  context: CommandContext,
  { fleet, meant, pause }: Edit,
): Promise<NewBranch["files"]> {
  const texts = new Map<string, string>();
  for (const { target } of meant) {
    const path = fleet.fleet.clusters.get(target.name)?.file ?? "";
    const before = texts.get(path) ?? (await textOf(context, fleet, path));
    texts.set(path, withSuspend(before, target.name, pause));
  }
  const files = [...texts].map(([path, edited]) => {
    const mode = fleet.tree.get(path)?.mode ?? "100644";
    return [path, { content: new TextEncoder().encode(edited), mode }] as const;
  });
  return new Map(files);
}

async function textOf(
  { signal }: CommandContext,
  { view }: FleetView,
  path: string,
): Promise<string> {
  const content = (await view.read([path], signal)).get(path);
  if (content === undefined) throw new CliError({ what: `${path} cannot be read` });
  return new TextDecoder().decode(content);
}

function effectOn({ target, selection }: ChosenCluster, pause: Pause | undefined): string {
  const apps = count(selection.units.length, "app");
  const what =
    pause === undefined
      ? `goes on: ${apps}, and what differs from Git is set back`
      : `nothing is written until ${pause.until}: ${apps}`;
  return `${escapeLine(target.name)}  ${what}\n`;
}
