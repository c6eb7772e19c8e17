import { refOf } from "../model/object.ts";
import type { RenderWarning } from "./normalize.ts";
import type { RenderedObject } from "./objects.ts";

const annotation = "helm.sh/hook";

/** Events of a release that a reconciler does not have, and tests, which nobody asked for (O-10). */
const never =
  /^(?:test|test-success|test-failure|pre-delete|post-delete|pre-rollback|post-rollback)$/;

export interface WithoutHooks {
  readonly objects: readonly RenderedObject[];
  readonly warnings: readonly RenderWarning[];
}

/**
 * O-10 as far as it goes without hooks: what helm would run around an install or upgrade is left out and said; tests and
 * hooks of deletes and rollbacks are never applied; `crd-install` is an ordinary object.
 */
export function withoutHooks(all: readonly RenderedObject[]): WithoutHooks {
  const objects: RenderedObject[] = [];
  const warnings: RenderWarning[] = [];
  for (const item of all) {
    const events = eventsOf(item);
    if (events.length === 0 || events.includes("crd-install")) objects.push(item);
    else if (!events.every((event) => never.test(event))) warnings.push(skipped(item, events));
  }
  return { objects, warnings };
}

function eventsOf({ object }: RenderedObject): readonly string[] {
  const text = object.metadata.annotations?.[annotation] ?? "";
  return text
    .split(",")
    .map((event) => event.trim())
    .filter((event) => event !== "");
}

function skipped({ object, file, line }: RenderedObject, events: readonly string[]): RenderWarning {
  const message = `this is a hook of helm (${events.join(", ")}); hooks are not run yet, so it is left out`;
  return { reason: "HookSkipped", message, file, line, ref: refOf(object) };
}
