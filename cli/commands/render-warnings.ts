import type { Report } from "../output/error.ts";
import type { RenderedUnit } from "./render-fleet.ts";

/** What a render is sure about and a person should still hear of: what is left out, and values that chance makes (N-30). */
export function renderWarnings(rendered: readonly RenderedUnit[]): readonly Report[] {
  return rendered.flatMap(({ unit, warnings }) =>
    warnings.map(({ message, file, line }) => ({
      what: `${unit.app}: ${message}`,
      ...(file === undefined ? {} : { where: line === undefined ? file : `${file}:${line}` }),
      cluster: unit.cluster.name,
    })),
  );
}
