import { fromAppObject } from "../../agent/status/app-object.ts";
import { cliApiVersion } from "../output/document.ts";
import type { Report } from "../output/error.ts";
import { heldText } from "../output/held-text.ts";
import { type LeftRow, leftoversText } from "../output/leftovers-text.ts";
import { plainStyle, type Style } from "../output/style.ts";
import { count, listNames, sections } from "../output/text.ts";
import { askClusters } from "./ask-clusters.ts";
import { confirm } from "./confirm.ts";
import { type CommandContext, nowText } from "./context.ts";
import { type FoundHeld, findHeld, type HeldUnit, isPlan } from "./find-held.ts";
import { leftoverRows } from "./leftover-values.ts";
import { newRequest, writeRequest } from "./request.ts";
import { CliError, type CommandResult } from "./result.ts";

export interface AcceptWish {
  readonly app: string;
  readonly plan: string | undefined;
}

/** Lets what is held on the chosen clusters through, bound to the digest that was shown (P-52, P-85). */
export async function acceptOnClusters(
  context: CommandContext,
  wish: AcceptWish,
): Promise<CommandResult> {
  const found = await findHeld(context, wish);
  if (found.units.length === 0) return nothingHeld(context, wish, found);
  const other = found.units.filter(({ question }) => !fits(question.plan, wish));
  if (other.length > 0) return planChanged(context, wish, other);
  const plan = onePlan(found.units, wish);
  const isUnattended = context.options.yes && !context.terminal.isInteractive;
  if (isUnattended && wish.plan === undefined && plan !== undefined) {
    throw unbound(wish.app, plan);
  }
  const clusters = found.units.map(({ target }) => target.cluster);
  const rows = await leftoverRows(context, found.units);
  const decision = await confirm(context, {
    preview: preview({ units: found.units, rows }, plainStyle),
    question: questionOf(found.units),
    unattended: commandFor(wish.app, clusters[0], plan),
  });
  const failures = decision === "yes" ? await request(context, found.units, plan) : [];
  return answer(context, {
    wish,
    shown: { units: found.units, rows },
    plan,
    decision,
    failures: [...failures, ...found.unreached],
  });
}

function fits(plan: string | undefined, wish: AcceptWish): boolean {
  return wish.plan === undefined || isPlan(plan, wish.plan);
}

/** One question is about one plan. undefined: nothing would be deleted, the accept takes over what is there (P-60). */
function onePlan(units: readonly HeldUnit[], { app }: AcceptWish): string | undefined {
  const plans = [...new Set(units.map(({ question }) => question.plan))];
  if (plans.length === 1) return plans[0];
  throw new CliError({
    what: `${app} is held with ${plans.length} different plans`,
    where: units
      .map(({ target, question }) => `${target.cluster}: ${question.plan ?? "no plan"}`)
      .join(", "),
    next: `one at a time: --cluster ${units[0]?.target.cluster}`,
  });
}

/** What the question is about, in one sentence. */
function questionOf(units: readonly HeldUnit[]): string {
  const where = listNames(units.map(({ target }) => target.cluster));
  const question = units[0]?.question;
  if (question === undefined) return "";
  if (question.about === "leftovers") {
    return `Drop what others left on ${count(question.leftovers.count, "object")} of ${where}?`;
  }
  const { reason, deletions } = question.held;
  if (question.plan === undefined)
    return `Accept ${reason} on ${where}, and take over what is there?`;
  const number = deletions.length;
  return `Delete ${number === 1 ? "this object" : `these ${number} objects`} on ${where}?`;
}

function unbound(app: string, plan: string): Error {
  return new CliError({
    what: "--yes needs the plan that it agrees to",
    next: commandFor(app, undefined, plan),
  });
}

function commandFor(app: string, cluster: string | undefined, plan: string | undefined): string {
  const where = cluster === undefined ? "" : ` --cluster ${cluster}`;
  return `holdfast accept ${app}${where}${plan === undefined ? "" : ` --plan ${plan}`} --yes`;
}

interface Shown {
  readonly units: readonly HeldUnit[];
  /** Values of leftovers, by cluster. */
  readonly rows: ReadonlyMap<string, readonly LeftRow[]>;
}

function preview({ units, rows }: Shown, style: Style): string {
  const texts = units.map(({ target, status, question }) =>
    question.about === "held"
      ? heldText(status, question.held, style)
      : leftoversText(status, rows.get(target.cluster) ?? [], style),
  );
  return `${sections(...texts)}\n`;
}

/** Each cluster is asked again: what is there must still be what was shown. */
async function request(
  context: CommandContext,
  units: readonly HeldUnit[],
  plan: string | undefined,
): Promise<readonly Report[]> {
  const byCluster = new Map(units.map((unit) => [unit.target.cluster, unit]));
  const body = newRequest(context.ports, plan);
  const targets = units.map(({ target }) => target);
  const { answers, failures } = await askClusters(
    context,
    targets,
    async ({ client }, target, signal) => {
      const unit = byCluster.get(target.cluster);
      if (unit === undefined) return false;
      const stillHolds = (object: HeldUnit["object"]) => isSame(unit, object);
      return await writeRequest(
        client,
        { kind: "accept", body, object: unit.object, stillHolds },
        signal,
      );
    },
  );
  const changed = answers.filter(({ answer: isWritten }) => !isWritten);
  return [...failures, ...changed.map(({ target }) => movedOn(target.cluster))];
}

function isSame({ question }: HeldUnit, object: HeldUnit["object"]): boolean {
  const { held, leftovers } = fromAppObject(object) ?? {};
  if (question.about === "leftovers") return leftovers?.plan === question.plan;
  return held?.plan === question.plan && held?.reason === question.held.reason;
}

function movedOn(cluster: string): Report {
  return {
    what: `nothing was accepted on ${cluster}`,
    why: "what is held there has changed since it was shown",
    next: "run it again and look at the new plan",
  };
}

interface Outcome {
  readonly wish: AcceptWish;
  readonly shown: Shown;
  readonly plan: string | undefined;
  readonly decision: "yes" | "no" | "preview";
  readonly failures: readonly Report[];
}

function answer(context: CommandContext, outcome: Outcome): CommandResult {
  const { wish, shown, plan, decision, failures } = outcome;
  const { units } = shown;
  const clusters = units.map(({ target }) => target.cluster);
  const said = {
    yes: `Accepted ${plan === undefined ? wish.app : `plan ${plan}`} on ${listNames(clusters)}. Each object is checked again before it goes.\n`,
    no: "Declined. Nothing was written.\n",
    preview: "Nothing was written (--dry-run).\n",
  }[decision];
  return {
    exitCode: decision === "no" ? 1 : 0,
    isIncomplete: failures.length > 0,
    reports: failures,
    hints: decision === "yes" ? [`holdfast status ${wish.app}`] : [],
    output: document(context, {
      app: wish.app,
      plan,
      accepted: decision === "yes",
      units: units.map(factsOf),
      draw: (style) => (decision === "preview" ? preview(shown, style) : "") + said,
    }),
  };
}

function factsOf({ target, question }: HeldUnit) {
  const { cluster } = target;
  return question.about === "held"
    ? { cluster, ...question.held }
    : { cluster, plan: question.plan, leftovers: question.leftovers };
}

interface Drawn extends Readonly<Record<string, unknown>> {
  draw(style: Style): string;
}

function document(context: CommandContext, { draw, ...facts }: Drawn): CommandResult["output"] {
  return {
    form: "document",
    document: {
      apiVersion: cliApiVersion,
      kind: "AcceptReport",
      generatedAt: nowText(context),
      complete: true,
      problems: [],
      ...facts,
    },
    draw,
  };
}

function nothingHeld(
  context: CommandContext,
  { app }: AcceptWish,
  { clusters, unreached }: FoundHeld,
): CommandResult {
  const draw = () => `${app} is held on none of ${count(clusters, "cluster")}.\n`;
  return {
    exitCode: 1,
    isIncomplete: unreached.length > 0,
    reports: unreached,
    output: document(context, { app, accepted: false, units: [], draw }),
  };
}

function planChanged(
  context: CommandContext,
  { app, plan = "" }: AcceptWish,
  units: readonly HeldUnit[],
): CommandResult {
  const found = units.map(
    ({ target, question }) => `${target.cluster}: ${question.plan ?? "no plan"}`,
  );
  const draw = (style: Style) =>
    `${preview({ units, rows: new Map() }, style)}Nothing was accepted: plan ${plan} is not what is held (${found.join(", ")}).\n`;
  const shown = units.map(factsOf);
  return { exitCode: 1, output: document(context, { app, accepted: false, units: shown, draw }) };
}
