import type { Files } from "../model/artifact.ts";
import { isJsonObject } from "../model/json.ts";
import { fileNameOf, isInside } from "../model/paths.ts";
import type { Problem } from "../model/problem.ts";
import { escapePointer } from "./substitute.ts";
import { parseYaml } from "./yaml.ts";

const references = ["$ref", "$dynamicRef", "$recursiveRef"];
const dialect = /^https?:\/\/json-schema\.org\/[\w/.-]*#?$/;

/**
 * Helm follows a reference in a values schema to any file of this machine and any address, so only those that stay inside
 * the schema reach it (NEG-01).
 */
export function schemaProblems(folder: string, files: Files): readonly Problem[] {
  return [...files]
    .filter(([path]) => isInside(path, folder) && fileNameOf(path) === "values.schema.json")
    .flatMap(([file, bytes]) => {
      const parsed = parseYaml(bytes, { file });
      if (!parsed.ok) return parsed.problems;
      return parsed.value.flatMap(({ value, line, positionOf }) =>
        strayIn(value, "").map(({ pointer, text }): Problem => {
          const message = `the schema refers to ${text}; only references inside of it ("#/…") are followed`;
          const at = positionOf(pointer) ?? { line };
          const field = pointer.slice(1).replaceAll("/", ".");
          return { reason: "RemoteRefused", file, ...at, field, message, next };
        }),
      );
    });
}

const next = "put the definitions into $defs of the schema itself";

interface Stray {
  readonly pointer: string;
  readonly text: string;
}

function strayIn(value: unknown, pointer: string): readonly Stray[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) => strayIn(item, `${pointer}/${index}`));
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const at = `${pointer}/${escapePointer(key)}`;
    if (typeof item !== "string") return strayIn(item, at);
    const isStray =
      (references.includes(key) && !item.startsWith("#")) ||
      (key === "$schema" && !dialect.test(item));
    return isStray ? [{ pointer: at, text: item }] : [];
  });
}

/** A packed subchart cannot be looked into before helm does; then no schema is trusted. */
export function hasPackedCharts(folder: string, files: Files): boolean {
  return [...files.keys()].some(
    (path) => isInside(path, folder) && /(?:^|\/)charts\/[^/]+\.(?:tgz|tar\.gz)$/.test(path),
  );
}
