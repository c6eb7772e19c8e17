import { withAccept } from "../output/edit-app.ts";
import { escapeLine } from "../output/escape.ts";
import { heldText } from "../output/held-text.ts";
import { leftoversText } from "../output/leftovers-text.ts";
import { sections } from "../output/text.ts";
import type { AcceptWish } from "./accept-app.ts";
import type { CommandContext, RepositoryView } from "./context.ts";
import { findHeld, type HeldUnit, isPlan } from "./find-held.ts";
import { checkNames } from "./fleet-view.ts";
import { textFlag, usage } from "./globals.ts";
import { leftRows } from "./leftover-values.ts";
import { deliver, preparePlace } from "./prepare.ts";
import { openFleet, withRepository } from "./repository.ts";
import { CliError, type CommandResult } from "./result.ts";

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
  return await withRepository(context, async (repository) => {
    const place = await preparePlace(context, repository, flags);
    const { plan, units } = await planToAccept(context, wish);
    const { path, text, mode } = await appFile(context, place.view, { app, units });
    const content = new TextEncoder().encode(withAccept(text, { plan, max }));
    const clusters = units.map(({ target }) => target.cluster);
    return await deliver(context, place, {
      kind: "AcceptPlan",
      files: new Map([[path, { content, mode }]]),
      branch: `accept-${app}-${plan.slice(0, 12)}`,
      message: `Accept ${whatOf(units)} of ${app}, plan ${plan}\n`,
      facts: { app, plan, ...(max === undefined ? {} : { max }), clusters },
      effect: (style) =>
        sections(
          `prune.accept of plan ${plan} in ${escapeLine(path)}: every cluster that holds it lets it through.`,
          ...units.map(({ status, question }) =>
            question.about === "held"
              ? heldText(status, question.held, style)
              : leftoversText(status, leftRows(question.leftovers), style),
          ),
        ),
    });
  });
}

function whatOf([first]: readonly HeldUnit[]): string {
  return first?.question.about === "leftovers" ? "the end of what others left" : "the deletions";
}

function maxOf(flags: CommitWish["flags"]): number | undefined {
  const max = textFlag(flags, "max");
  if (max === undefined) return undefined;
  if (/^[1-9][0-9]*$/.test(max)) return Number(max);
  throw usage(`--max ${max} is not a number of objects`, "--max 12");
}

interface Planned {
  readonly plan: string;
  /** Those that hold it; none where the digest was given in full. */
  readonly units: readonly HeldUnit[];
}

/** The digest as given in full, else the one that the clusters hold. */
async function planToAccept(context: CommandContext, wish: CommitWish): Promise<Planned> {
  const { app, plan } = wish;
  if (plan !== undefined && /^[0-9a-f]{12,64}$/.test(plan)) return { plan, units: [] };
  const { units, unreached } = await findHeld(context, wish);
  const meant = units.filter(
    ({ question }) =>
      question.plan !== undefined && (plan === undefined || isPlan(question.plan, plan)),
  );
  const plans = [...new Set(meant.flatMap(({ question }) => question.plan ?? []))];
  const [only] = plans;
  if (only !== undefined && plans.length === 1) return { plan: only, units: meant };
  if (unreached.length > 0) throw new CliError(unreached, 3);
  throw new CliError(
    {
      what: plans.length === 0 ? `nothing is held for ${app}` : `${app} is held with several plans`,
      why: plans.join(", "),
      next: "name one: --plan DIGEST",
    },
    plans.length === 0 ? 1 : 2,
  );
}

interface HeldApp {
  readonly app: string;
  readonly units: readonly HeldUnit[];
}

async function appFile(context: CommandContext, view: RepositoryView, { app, units }: HeldApp) {
  const { fleet, tree } = await openFleet(context, view);
  const [held] = units;
  if (held !== undefined && !fleet.apps.has(app)) {
    throw new CliError({
      what: `${app} has no app.yaml any more that could say it`,
      next: `holdfast accept ${app} --cluster ${held.target.cluster}, or for all a commit with the trailer "Holdfast-Accept: ${app}"`,
    });
  }
  checkNames("app", [app], [...fleet.apps.keys()]);
  const path = fleet.apps.get(app)?.file ?? "";
  const content = (await view.read([path], context.signal)).get(path);
  if (content === undefined) throw new CliError({ what: `${path} cannot be read` });
  const mode = tree.get(path)?.mode ?? "100644";
  return { path, text: new TextDecoder().decode(content), mode };
}
