import type { KubeObject } from "../../agent/model/object.ts";
import type { Held, UnitStatus } from "../../agent/model/status.ts";
import { fromAppObject } from "../../agent/status/app-object.ts";
import type { Report } from "../output/error.ts";
import { askClusters } from "./ask-clusters.ts";
import type { CommandContext } from "./context.ts";
import { checkNames } from "./fleet-view.ts";
import { readStatus, wrongCluster } from "./read-status.ts";
import { findTargets, type Target } from "./targets.ts";

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
  const found = await findTargets(context);
  const { answers, failures } = await askClusters(
    context,
    found.targets,
    (cluster, _target, signal) => readStatus(context, cluster, signal),
  );
  const right = answers.filter(({ target, answer }) => wrongCluster(target, answer) === undefined);
  const known = right.flatMap(({ answer }) => answer.statuses.map((status) => status.app));
  const unreached = [...found.unreached, ...failures];
  if (unreached.length === 0) checkNames("app", [app], [...new Set(known)]);
  const units = right.flatMap(({ target, answer }) =>
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
