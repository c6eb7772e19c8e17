import type { KubeObject } from "../../agent/model/object.ts";
import type { Held, UnitStatus } from "../../agent/model/status.ts";
import { fromAppObject } from "../../agent/status/app-object.ts";
import type { Report } from "../output/error.ts";
import { askAgents } from "./ask-agents.ts";
import type { CommandContext } from "./context.ts";
import { checkNames } from "./fleet-view.ts";
import type { Target } from "./targets.ts";

/** One unit that waits for a person. */
export interface HeldUnit {
  readonly target: Target;
  readonly object: KubeObject;
  readonly status: UnitStatus;
  readonly held: Held;
}

export interface FoundHeld {
  readonly units: readonly HeldUnit[];
  /** How many clusters have the app. */
  readonly clusters: number;
  readonly unreached: readonly Report[];
}

/** Where an app is held, among the chosen clusters. Throws CliError when none of them has the app. */
export async function findHeld(context: CommandContext, app: string): Promise<FoundHeld> {
  const { answers, unreached } = await askAgents(context);
  const known = answers.flatMap(({ answer }) => answer.statuses.map((status) => status.app));
  if (unreached.length === 0) checkNames("app", [app], [...new Set(known)]);
  const units = answers.flatMap(({ target, answer }) =>
    answer.objects
      .filter(({ metadata }) => metadata.name === app)
      .flatMap((object) => heldUnit(target, object)),
  );
  return { units, clusters: known.filter((name) => name === app).length, unreached };
}

function heldUnit(target: Target, object: KubeObject): readonly HeldUnit[] {
  const status = fromAppObject(object);
  return status?.held === undefined ? [] : [{ target, object, status, held: status.held }];
}

/** A plan is named in full or by its first six or more digits. */
export function isPlan(plan: string | undefined, wanted: string): boolean {
  if (plan === undefined) return false;
  const digits = wanted.replace(/^sha256:/, "");
  const whole = plan.replace(/^sha256:/, "");
  return whole === digits || (digits.length >= 6 && whole.startsWith(digits));
}
