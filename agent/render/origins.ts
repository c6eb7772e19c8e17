import type { Files } from "../model/artifact.ts";
import { jsonEqual } from "../model/json.ts";
import { type KubeObject, kindId, refOf } from "../model/object.ts";
import type { Unit } from "../model/unit.ts";
import { readChart } from "./chart.ts";
import { valuesAt } from "./edit.ts";
import { readKustomization } from "./kustomization.ts";
import { objectsIn, type RenderedObject } from "./objects.ts";
import { parseYaml } from "./yaml.ts";

/** The place in the files people wrote. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  /** Only where the value is still the one that stands there. */
  readonly positionOf: RenderedObject["positionOf"];
}

/** From what a tool printed back to the files it read. */
export interface Origins {
  ofObject(item: RenderedObject): Origin;
  /** The file that a line of the output comes from. */
  ofLine(line: number): Origin;
}

const nowhere = (): undefined => undefined;

/** By helm's own comments; names come from the chart, so only files of the chart are believed. */
export function helmOrigins(unit: Unit, files: Files, text: string): Origins {
  const chart = readChart(unit, files);
  const { folder, name } = chart.ok ? chart.value : { folder: unit.path, name: "" };
  const prefix = folder === "." ? "" : `${folder}/`;
  const fallback = `${prefix}Chart.yaml`;
  const comments = sourceComments(text);
  const fileAt = (line: number): string => {
    const source = comments.findLast((comment) => comment.line <= line)?.path ?? "";
    const path = source.startsWith(`${name}/`) ? `${prefix}${source.slice(name.length + 1)}` : "";
    return files.has(path) ? path : (archiveOf(path, files) ?? fallback);
  };
  return {
    ofLine: (line) => ({ file: fileAt(line), line: 1, positionOf: nowhere }),
    ofObject({ object, line }) {
      const file = fileAt(line);
      return { file, line: lineOfKind(files.get(file), object.kind), positionOf: nowhere };
    },
  };
}

interface SourceComment {
  readonly line: number;
  readonly path: string;
}

/** Only right below a separator, where helm writes them: templates may hold the same words. */
function sourceComments(text: string): readonly SourceComment[] {
  const lines = text.split("\n");
  return lines.flatMap((content, index) => {
    const path = /^# Source: (.+)$/.exec(content)?.[1];
    return path !== undefined && lines[index - 1]?.trim() === "---"
      ? [{ line: index + 1, path }]
      : [];
  });
}

/** Of a subchart that is packed, the archive is what people committed. */
function archiveOf(path: string, files: Files): string | undefined {
  const match = /^(.*charts\/)([^/]+)\//.exec(path);
  if (match === null) return undefined;
  const [, folder = "", name = ""] = match;
  return [...files.keys()].find(
    (file) => file.startsWith(`${folder}${name}-`) && file.endsWith(".tgz"),
  );
}

/** A template is no YAML; if it names the kind in one line only, that is the object's. */
function lineOfKind(bytes: Uint8Array | undefined, kind: string): number {
  const lines = new TextDecoder().decode(bytes).split("\n");
  const found = lines.flatMap((line, index) =>
    line.trimEnd() === `kind: ${kind}` ? [index + 1] : [],
  );
  return found.length === 1 ? (found[0] ?? 1) : 1;
}

/** By identity, where one source file only has it; else the kustomization itself. */
export function kustomizeOrigins(unit: Unit, files: Files): Origins {
  const read = readKustomization(unit, files);
  const { file, resources } = read.ok ? read.value : { file: unit.path, resources: [] };
  const sources = [...new Set(resources)].flatMap((path) => objectsOf(path, files));
  const byKind = Map.groupBy(sources, ({ object }) => kindId(refOf(object)));
  const fallback: Origin = { file, line: 1, positionOf: nowhere };
  return {
    ofLine: () => fallback,
    ofObject({ object }) {
      const source = sourceOf(object, byKind.get(kindId(refOf(object))) ?? []);
      if (source === undefined) return fallback;
      return {
        file: source.file,
        line: source.line,
        positionOf: (pointer) =>
          isSame(source.object, object, pointer) ? source.positionOf(pointer) : undefined,
      };
    },
  };
}

function objectsOf(file: string, files: Files): readonly RenderedObject[] {
  const parsed = parseYaml(files.get(file) ?? "", { file });
  return parsed.ok ? objectsIn(file, parsed.value).objects : [];
}

/** Kustomize may have changed the namespace, and put something before or after the name. */
function sourceOf(
  { metadata }: KubeObject,
  candidates: readonly RenderedObject[],
): RenderedObject | undefined {
  const named = candidates.filter(({ object }) => object.metadata.name === metadata.name);
  const here = named.filter(({ object }) => object.metadata.namespace === metadata.namespace);
  const longer = candidates.filter(({ object }) => metadata.name.includes(object.metadata.name));
  return [named, here, named.length === 0 ? longer : []].find(({ length }) => length === 1)?.[0];
}

function isSame(a: KubeObject, b: KubeObject, pointer: string): boolean {
  const path = pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const [left, right] = [a, b].map((object) => valuesIn(object, path));
  return left !== undefined && jsonEqual(left, right);
}

function valuesIn(object: KubeObject, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return value[Number(key)];
    return valuesAt(value, [key])[0]?.value;
  }, object);
}
