import { join, resolve } from "node:path";
import { withAccept } from "../output/edit-app.ts";
import { filePatch } from "../output/patch.ts";
import type { AcceptWish } from "./accept-app.ts";
import type { CommandContext, Repository } from "./context.ts";
import { findHeld, isPlan } from "./find-held.ts";
import { checkNames } from "./fleet-view.ts";
import { textFlag, usage } from "./globals.ts";
import { openFleet, withRepository } from "./repository.ts";
import { CliError, type CommandResult, text } from "./result.ts";

interface CommitWish extends AcceptWish {
  readonly flags: Readonly<Record<string, unknown>>;
}

/** Prepares `prune.accept` in app.yaml, which lets the plan through on every cluster that holds it (P-52). */
export async function acceptInGit(
  context: CommandContext,
  wish: CommitWish,
): Promise<CommandResult> {
  const { app, flags } = wish;
  const max = maxOf(flags);
  const plan = await planToAccept(context, wish);
  return await withRepository(context, async (repository) => {
    const file = await appFile(context, repository, app);
    const edited = withAccept(file.text, { plan, max });
    const patch = filePatch(file.path, file.text, edited);
    const target = textFlag(flags, "patch") ?? "-";
    const next = [`git apply ${target === "-" ? "FILE" : target}, commit, open a pull request`];
    if (target === "-" || context.options.dryRun) {
      return { exitCode: 0, output: text(patch), hints: next };
    }
    await context.ports.writeText(resolve(context.cwd, target), patch);
    return { exitCode: 0, output: text(`${target}\n`), hints: next };
  });
}

function maxOf(flags: CommitWish["flags"]): number | undefined {
  const max = textFlag(flags, "max");
  if (max === undefined) return undefined;
  if (/^[1-9][0-9]*$/.test(max)) return Number(max);
  throw usage(`--max ${max} is not a number of objects`, "--max 12");
}

/** The digest as given in full, else the one that the clusters hold. */
async function planToAccept(context: CommandContext, { app, plan }: CommitWish): Promise<string> {
  if (plan !== undefined && /^[0-9a-f]{12,64}$/.test(plan)) return plan;
  const { units, unreached } = await findHeld(context, app);
  const plans = units.flatMap(({ held }) => held.plan ?? []);
  const meant = [...new Set(plan === undefined ? plans : plans.filter((one) => isPlan(one, plan)))];
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return only;
  if (unreached.length > 0) throw new CliError(unreached, 3);
  throw new CliError(
    {
      what: meant.length === 0 ? `nothing is held for ${app}` : `${app} is held with several plans`,
      why: meant.join(", "),
      next: "name one: --plan DIGEST",
    },
    meant.length === 0 ? 1 : 2,
  );
}

async function appFile(
  context: CommandContext,
  repository: Repository,
  app: string,
): Promise<{ readonly path: string; readonly text: string }> {
  const view = await repository.newest();
  const { fleet } = await openFleet(context, view);
  checkNames("app", [app], [...fleet.apps.keys()]);
  const path = fleet.apps.get(app)?.file ?? join("apps", app, "app.yaml");
  const content = (await view.read([path], context.signal)).get(path);
  if (content === undefined) throw new CliError({ what: `${path} cannot be read` });
  return { path, text: new TextDecoder().decode(content) };
}
