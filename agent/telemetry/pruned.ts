import type { ChangeResult } from "../model/change.ts";
import { hookOf } from "../model/hook.ts";

/** Deleted because Git no longer declares it; a hook that made room or has ended is not (O-17). */
export function isPruned({ change, outcome }: ChangeResult): boolean {
  if (outcome !== "deleted") return false;
  return change.action !== "delete" || hookOf(change.live) === undefined;
}
