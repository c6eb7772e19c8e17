import { groupOf, type KubeObject } from "../model/object.ts";
import { assessHealth } from "./assess.ts";
import type { HealthRules } from "./cel.ts";
import { numberAt, textAt } from "./read.ts";

/** How a hook stands: what it says of itself while it runs, or how it ended. */
export type HookResult =
  /** `isIdle`: nothing of it has begun to work, so nothing is cut off when it makes room. */
  | { readonly is: "running"; readonly says: string; readonly isIdle: boolean }
  | { readonly is: "succeeded" }
  | { readonly is: "failed"; readonly why: string };

/** Kinds that end, and say how; Degraded is final for them. Of all others it may pass (O-24). */
const ending = new Set(["batch/Job", "/Pod", "argoproj.io/Workflow"]);

/** A Job or Pod has ended well when it completed; anything else, when it is healthy (O-17). */
export function hookResult(live: KubeObject, rules: HealthRules | undefined): HookResult {
  const kind = `${groupOf(live.apiVersion)}/${live.kind}`;
  const { deletionTimestamp: _going, ...metadata } = live.metadata; // how it ended counts, also while it goes
  const { status, message } = assessHealth({ ...live, metadata }, rules);
  if (kind === "/Pod") return podResult(live, message);
  if (status === "Healthy") return { is: "succeeded" };
  if (status === "Degraded" && ending.has(kind)) return { is: "failed", why: message };
  const isIdle = kind === "batch/Job" && (numberAt(live, "status", "ready") ?? 0) === 0;
  return { is: "running", says: message, isIdle };
}

/** Ready is no end. */
function podResult(live: KubeObject, message: string): HookResult {
  const phase = textAt(live, "status", "phase");
  if (phase === "Succeeded") return { is: "succeeded" };
  if (phase === "Failed") return { is: "failed", why: message };
  return { is: "running", says: message, isIdle: phase !== "Running" };
}
