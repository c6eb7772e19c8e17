import { join, resolve } from "node:path";
import { problemReport } from "../output/error.ts";
import { createMasker, maskSecret } from "../output/mask-secrets.ts";
import { count } from "../output/text.ts";
import { unmark } from "../output/unmark.ts";
import { toYamlStream } from "../output/yaml.ts";
import type { CommandArguments } from "./catalog.ts";
import { chooseUnits } from "./choose-units.ts";
import type { CommandContext } from "./context.ts";
import { describeFound, findProblems } from "./find-problems.ts";
import { chooseClusters } from "./fleet-view.ts";
import { textFlag, usage } from "./globals.ts";
import { inOrder } from "./in-order.ts";
import { type RenderedUnit, renderUnits } from "./render-fleet.ts";
import { renderWarnings } from "./render-warnings.ts";
import { openFleet, viewAt, withRepository } from "./repository.ts";
import { type CommandResult, text } from "./result.ts";

/** `holdfast render [APP…]`: what an agent would send, but for the marks of its installation. */
export async function render(
  context: CommandContext,
  { positionals: apps, flags }: CommandArguments,
): Promise<CommandResult> {
  return await withRepository(context, async (repository) => {
    const fleet = await openFleet(context, await viewAt(repository, textFlag(flags, "rev")));
    const chosen = chooseClusters(fleet, context.options);
    const units = chooseUnits(chosen, apps);
    const out = textFlag(flags, "out");
    const clusters = new Set(units.map(({ cluster }) => cluster.name));
    if (out === undefined && clusters.size > 1) throw tooMany([...clusters]);
    const rendered = await renderUnits(context, fleet, units);
    const documents = { rendered, showSecrets: flags.showSecrets === true };
    const meant = new Set(units.map(({ app }) => app));
    const found = findProblems(fleet, chosen, rendered).filter(
      ({ app }) => app !== undefined && (apps.length === 0 || meant.has(app)),
    );
    const output = out === undefined ? toText(documents) : await toFiles(context, documents, out);
    return {
      output: text(output),
      exitCode: found.every(({ isUnreached }) => isUnreached) ? 0 : 1,
      isIncomplete: found.some(({ isUnreached }) => isUnreached),
      reports: found.map((one) => problemReport(one.problem, describeFound(one), one.cluster)),
      warnings: renderWarnings(rendered),
    };
  });
}

function tooMany(clusters: readonly string[]): Error {
  const [first = ""] = clusters;
  return usage(
    `${count(clusters.length, "cluster")} do not fit into one stream`,
    `name one (--cluster ${first}), or write files: --out DIR`,
  );
}

interface Documents {
  readonly rendered: readonly RenderedUnit[];
  readonly showSecrets: boolean;
}

function toText({ rendered, showSecrets }: Documents): string {
  const mask = createMasker();
  const objects = rendered.flatMap((one) => inOrder(one).map(({ object }) => unmark(object)));
  return toYamlStream(showSecrets ? objects : objects.map((object) => maskSecret(object, mask)));
}

/** `DIR/<cluster>/<app>.yaml`; stdout gets the paths. */
async function toFiles(
  { ports, cwd }: CommandContext,
  { rendered, showSecrets }: Documents,
  out: string,
): Promise<string> {
  const lines: string[] = [];
  for (const one of rendered) {
    if (one.desired.length + one.hooks.length === 0) continue;
    const path = join(out, one.unit.cluster.name, `${one.unit.app}.yaml`);
    await ports.writeText(resolve(cwd, path), toText({ rendered: [one], showSecrets }));
    lines.push(`${path}\n`);
  }
  return lines.join("");
}
