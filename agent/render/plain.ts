import type { Files } from "../model/artifact.ts";
import type { Parsed, Problem } from "../model/problem.ts";
import type { Unit } from "../model/unit.ts";
import type { Scope } from "./expression.ts";
import { objectsIn, type RenderedObject } from "./objects.ts";
import { substitute } from "./substitute.ts";
import { parseYaml, type YamlDocument } from "./yaml.ts";

/** What one unit may amount to (security §3). */
export const unitLimits = { bytes: 20 * 1024 * 1024, objects: 20_000, nodes: 2_000_000 } as const;

/** The manifests of a plain app, in path order, with expressions resolved. All problems at once. */
export function renderPlain(unit: Unit, files: Files): Parsed<readonly RenderedObject[]> {
  const problems: Problem[] = [];
  const objects: RenderedObject[] = [];
  const size = { bytes: 0, nodes: 0 };
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [file, bytes] of sorted) {
    size.bytes += bytes.byteLength;
    if (size.bytes > unitLimits.bytes) return tooMuch(unit, "20 MiB of manifests");
    const parsed = parseYaml(bytes, { file });
    if (!parsed.ok) {
      problems.push(...parsed.problems);
      continue;
    }
    size.nodes += parsed.value.reduce((sum, { nodes }) => sum + nodes, 0);
    if (size.nodes > unitLimits.nodes) return tooMuch(unit, "2 000 000 values");
    const resolved = parsed.value.map((document) => resolve(document, unit, file));
    const found = objectsIn(
      file,
      resolved.map(({ document }) => document),
    );
    problems.push(...resolved.flatMap((item) => item.problems), ...found.problems);
    objects.push(...found.objects);
    if (objects.length > unitLimits.objects) return tooMuch(unit, "20 000 objects");
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: objects };
}

/** More than one unit may amount to. */
export function tooMuch({ file }: Unit, what: string): Parsed<never> {
  const message = `the app has more than ${what}; split it`;
  return { ok: false, problems: [{ reason: "RenderLimit", file, message }] };
}

/** What expressions in a unit's manifests can read. */
export function scopeOf({ app, cluster, namespace, values }: Unit): Scope {
  return {
    cluster: { name: cluster.name, labels: cluster.labels, values: cluster.values },
    app: { name: app, namespace },
    values,
  };
}

/** A document with its expressions resolved; positions stay those of the text. */
export function resolve(document: YamlDocument, unit: Unit, file: string) {
  const { value, faults } = substitute(document.value, scopeOf(unit));
  const problems = faults.map(({ pointer, message, next }): Problem => {
    const position = document.positionOf(pointer) ?? { line: document.line };
    return {
      reason: "ValueUndefined",
      file,
      ...position,
      field: pointer.slice(1).replaceAll("/", "."),
      message: `on cluster ${unit.cluster.name}: ${message}`,
      ...(next === undefined ? {} : { next }),
    };
  });
  return { document: { ...document, value }, problems };
}
