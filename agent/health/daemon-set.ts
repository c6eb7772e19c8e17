import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import { healthy, numberAt, progressing, textAt } from "./read.ts";

/** No node to run on is Healthy too (semantics §5.2). */
export function assessDaemonSet(object: KubeObject): Health {
  const desired = numberAt(object, "status", "desiredNumberScheduled");
  if (desired === undefined) return progressing("not seen by its controller yet");
  const count = (name: string) => numberAt(object, "status", name) ?? 0;
  const available = count("numberAvailable");
  if (available < desired) return progressing(`${available} of ${desired} pods available`);
  if (textAt(object, "spec", "updateStrategy", "type") === "OnDelete") return healthy();
  const updated = count("updatedNumberScheduled");
  if (updated < desired) return progressing(`${updated} of ${desired} pods updated`);
  const ready = count("numberReady");
  return ready < desired ? progressing(`${ready} of ${desired} pods ready`) : healthy();
}
