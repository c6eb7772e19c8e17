import { readHook } from "../model/hook.ts";
import { refOf } from "../model/object.ts";
import type { RenderWarning } from "./normalize.ts";
import type { RenderedObject } from "./objects.ts";

interface WithoutSkipped {
  readonly objects: readonly RenderedObject[];
  readonly warnings: readonly RenderWarning[];
}

/**
 * O-10: hooks of events that a reconciler does not have (deletes, rollbacks, Sync), and tests, which nobody asked for, are
 * never applied, and said. That a test is not run surprises nobody, so it makes no Event.
 */
export function withoutSkippedHooks(all: readonly RenderedObject[]): WithoutSkipped {
  const read = all.map((item) => ({ item, reading: readHook(item.object) }));
  return {
    objects: read.flatMap(({ item, reading }) => (reading.is === "skipped" ? [] : [item])),
    warnings: read.flatMap(({ item: { object, file, line }, reading }) => {
      if (reading.is !== "skipped") return [];
      const message = `not applied: ${reading.told}`;
      const reason = reading.isTest ? {} : ({ reason: "HookSkipped" } as const);
      return [{ ...reason, message, file, line, ref: refOf(object) }];
    }),
  };
}
