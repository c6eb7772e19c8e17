import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import { conditionIs, conditionOf, degraded, healthy, progressing, textAt, words } from "./read.ts";

/** An extension API is there once its server answers. */
export function assessApiService(object: KubeObject): Health {
  if (conditionIs(object, "Available", "True") !== undefined) return healthy();
  const available = conditionOf(object, "Available");
  return progressing(available === undefined ? "not asked yet" : words(available));
}

/** Served, under the names it asks for (semantics §5.2). */
export function assessCustomResourceDefinition(object: KubeObject): Health {
  if (conditionIs(object, "Terminating", "True") !== undefined) return progressing("being deleted");
  const refused = conditionIs(object, "NamesAccepted", "False");
  if (refused !== undefined) return degraded(words(refused));
  const established = conditionOf(object, "Established");
  if (established?.status === "False" && established.reason !== "Installing") {
    return degraded(words(established));
  }
  if (established?.status !== "True") return progressing("not served yet");
  const loose = conditionIs(object, "NonStructuralSchema", "True");
  return healthy(loose === undefined ? "" : words(loose));
}

/** A namespace that goes away lets nothing new in. */
export function assessNamespace(object: KubeObject): Health {
  const isGoing = textAt(object, "status", "phase") === "Terminating";
  return isGoing ? progressing("being deleted") : healthy();
}
