import type { KubeObject } from "../../agent/model/object.ts";
import type { Held, Leftovers, UnitStatus } from "../../agent/model/status.ts";
import { fromAppObject } from "../../agent/status/app-object.ts";
import type { Report } from "../output/error.ts";
import { askAgents } from "./ask-agents.ts";
import type { CommandContext } from "./context.ts";
import { checkNames } from "./fleet-view.ts";
import type { Target } from "./targets.ts";

/** What one unit asks a person: what is held, or fields that others left and that stay until somebody says so. */
export type Question =
  | { readonly about: "held"; readonly plan: string | undefined; readonly held: Held }
  | { readonly about: "leftovers"; readonly plan: string; readonly leftovers: Leftovers };

/** One unit that waits for a person. */
export interface HeldUnit {
  readonly target: Target;
  readonly object: KubeObject;
  readonly status: UnitStatus;
  readonly question: Question;
}

export interface FoundHeld {
  readonly units: readonly HeldUnit[];
  /** How many clusters have the app. */
  readonly clusters: number;
  readonly unreached: readonly Report[];
}

export interface HeldWish {
  readonly app: string;
  /** A digest, or its first digits. */
  readonly plan: string | undefined;
}

/**
 * Where an app is held, among the chosen clusters; else, or when the plan names them, where it has leftovers. Throws
 * CliError when none of them has the app.
 */
export async function findHeld(
  context: CommandContext,
  { app, plan }: HeldWish,
): Promise<FoundHeld> {
  const { answers, unreached } = await askAgents(context);
  const known = answers.flatMap(({ answer }) => answer.statuses.map((status) => status.app));
  if (unreached.length === 0) checkNames("app", [app], [...new Set(known)]);
  const all = answers.flatMap(({ target, answer }) =>
    answer.objects
      .filter(({ metadata }) => metadata.name === app)
      .flatMap((object) => asking(target, object)),
  );
  const clusters = known.filter((name) => name === app).length;
  return { units: ofOneKind(all, plan), clusters, unreached };
}

function asking(target: Target, object: KubeObject): readonly HeldUnit[] {
  const status = fromAppObject(object);
  if (status === undefined) return [];
  const { held, leftovers } = status;
  const questions: readonly Question[] = [
    ...(held === undefined ? [] : [{ about: "held", plan: held.plan, held } as const]),
    ...(leftovers?.plan === undefined
      ? []
      : [{ about: "leftovers", plan: leftovers.plan, leftovers } as const]),
  ];
  return questions.map((question) => ({ target, object, status, question }));
}

/** One question at a time: what is held comes first, unless the plan is one of leftovers. */
function ofOneKind(all: readonly HeldUnit[], plan: string | undefined): readonly HeldUnit[] {
  const held = all.filter(({ question }) => question.about === "held");
  const left = all.filter(({ question }) => question.about === "leftovers");
  const isOfLeft = plan !== undefined && left.some(({ question }) => isPlan(question.plan, plan));
  return held.length === 0 || isOfLeft ? left : held;
}

/** A plan is named in full or by its first six or more digits. */
export function isPlan(plan: string | undefined, wanted: string): boolean {
  if (plan === undefined) return false;
  const digits = wanted.replace(/^sha256:/, "");
  const whole = plan.replace(/^sha256:/, "");
  return whole === digits || (digits.length >= 6 && whole.startsWith(digits));
}
