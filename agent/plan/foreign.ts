import type { Change, Desired, FieldDiff } from "../model/change.ts";
import { describeRef, type KubeObject } from "../model/object.ts";
import { isOurs } from "./attribute.ts";
import { ownsPath } from "./fields-v1.ts";
import { type Ownership, ownershipOf } from "./ownership.ts";
import type { PlanContext } from "./plan.ts";
import { isLegacy } from "./take-over.ts";

/** P-60, P-62: whose is it, and may we? Undefined: ours, or free to adopt; then only declared fields change (P-61). */
export function planForeign(
  desired: Desired,
  live: KubeObject,
  context: PlanContext,
): Change | undefined {
  const { unit, installation, declaredBy, takeOver } = context;
  const whose = ownershipOf(live, { installation, app: unit.app }, desired);
  switch (whose.owner) {
    case "us":
      return undefined;
    case "nobody":
    case "app": {
      const keeps = whose.owner === "app" && declaredBy === whose.app;
      return declaredBy !== undefined && (keeps || declaredBy < unit.app)
        ? conflict(desired, declaredBy, context)
        : undefined;
    }
    case "installation":
    case "tool":
      return takeOver || isAbandoned(whose, context) ? undefined : elsewhere(desired, whose);
  }
}

type Stranger = Extract<Ownership, { owner: "installation" | "tool" }>;

/** A restored backup bears marks of an installation that keeps no inventory here: nobody else will look after it. */
function isAbandoned(whose: Stranger, { abandoned }: PlanContext): boolean {
  return whose.owner === "installation" && abandoned?.has(whose.installation) === true;
}

function elsewhere({ ref }: Desired, whose: Stranger): Change {
  const owner = whose.owner === "tool" ? whose.tool : `Holdfast installation ${whose.installation}`;
  const why = `${describeRef(ref)} bears the marks of ${owner}`;
  return { action: "hold", ref, reason: "OwnedElsewhere", why };
}

/** P-62: the marked one keeps it, else the lowest name. Whether the other still declares it may not be known yet (P-63). */
export function conflict(
  desired: Desired,
  other: string,
  { mayLetGo = false }: Pick<PlanContext, "mayLetGo">,
): Change {
  if (mayLetGo) {
    const why = `app ${other} had it, and its render is not known yet`;
    return { action: "skip", ref: desired.ref, why, forget: false, waits: "Applying" };
  }
  return {
    action: "fail",
    ref: desired.ref,
    problem: {
      reason: "ObjectConflict",
      message: `${describeRef(desired.ref)} is declared by app ${other}, too, which keeps it`,
      ref: desired.ref,
      file: desired.file,
      line: desired.line,
      next: `remove it from one of the two apps`,
    },
  };
}

/** what is adopted may change no value that a living manager owns; what legacy ones left behind is free. */
export function disputed(
  desired: Desired,
  live: KubeObject,
  fields: readonly FieldDiff[],
): Change | undefined {
  const rivals = (live.metadata.managedFields ?? []).filter(
    (entry) => !isOurs(entry) && !isLegacy(entry),
  );
  const disputes = fields.flatMap(({ path, pointer }) => {
    const rival = rivals.find((entry) => ownsPath(entry, live, pointer));
    return rival === undefined ? [] : [{ path, manager: rival.manager ?? "unknown" }];
  });
  const [first] = disputes;
  if (first === undefined) return undefined;
  const { ref, file, line } = desired;
  const named = disputes.map(({ path, manager }) => `${path} (${manager})`).join(", ");
  const message = `${describeRef(ref)} exists, and others own what would change: ${named}`;
  const next = `write the live value to Git, add a drift.ignore rule, or run holdfast accept`;
  const problem = {
    reason: "FieldConflict",
    message,
    ref,
    file,
    line,
    field: first.path,
    next,
  } as const;
  return { action: "fail", ref, problem };
}
