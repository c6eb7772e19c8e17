import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { KubeObject } from "../model/object.ts";
import type { Problem } from "../model/problem.ts";
import type { Position, YamlDocument } from "./yaml.ts";

/** One object as a renderer gave it, with the place where a person wrote it. */
export interface RenderedObject {
  readonly object: KubeObject;
  readonly file: string;
  /** 1-based line of the object's first key. */
  readonly line: number;
  readonly positionOf: (pointer: string) => Position | undefined;
}

export interface Objects {
  readonly objects: readonly RenderedObject[];
  readonly problems: readonly Problem[];
}

interface Source {
  readonly value: unknown;
  readonly file: string;
  readonly line: number;
  readonly positionOf: (pointer: string) => Position | undefined;
}

/** Documents → objects: lists opened, empty ones dropped, and nothing without an identity let through. */
export function objectsIn(file: string, documents: readonly YamlDocument[]): Objects {
  const sources = documents.flatMap(({ value, line, positionOf }) =>
    flatten({ value, file, line, positionOf }),
  );
  const checked = sources.map((source) => ({ source, problems: identityProblems(source) }));
  return {
    objects: checked.flatMap(({ source, problems }) =>
      problems.length === 0 ? [{ ...source, object: cleaned(source.value) }] : [],
    ),
    problems: checked.flatMap(({ problems }) => problems),
  };
}

function flatten(source: Source): readonly Source[] {
  const { value, file, line, positionOf } = source;
  if (value === null) return [];
  if (!isJsonObject(value)) return [source];
  const { items, kind } = value;
  if (!Array.isArray(items) || typeof kind !== "string" || !kind.endsWith("List")) return [source];
  return items.flatMap((item: unknown, index) => {
    const at = `/items/${index}`;
    return flatten({
      value: item,
      file,
      line: positionOf(at)?.line ?? line,
      positionOf: (pointer) => positionOf(at + pointer),
    });
  });
}

function identityProblems(source: Source): readonly Problem[] {
  const { value } = source;
  if (!isJsonObject(value))
    return [problem(source, "", "this is no Kubernetes object: it has no fields")];
  const { apiVersion, kind, metadata } = value;
  if (isJsonObject(value["sops"])) {
    //
    const message = "this file is still encrypted (SOPS); no decryption is configured";
    return [{ ...problem(source, "/sops", message), reason: "DecryptFailed" }];
  }
  return [
    ...textProblem(source, "/apiVersion", apiVersion),
    ...textProblem(source, "/kind", kind),
    ...(isJsonObject(metadata)
      ? metadataProblems(source, metadata)
      : textProblem(source, "/metadata/name", undefined)),
  ];
}

function metadataProblems(source: Source, metadata: JsonObject): readonly Problem[] {
  const { name, generateName, namespace } = metadata;
  const isGenerated = name === undefined && typeof generateName === "string" && generateName !== "";
  return [
    ...(isGenerated ? [] : textProblem(source, "/metadata/name", name)),
    ...(namespace === undefined || namespace === null || typeof namespace === "string"
      ? []
      : textProblem(source, "/metadata/namespace", namespace)),
    ...textMapProblems(source, "labels", metadata["labels"]),
    ...textMapProblems(source, "annotations", metadata["annotations"]),
  ];
}

function textProblem(source: Source, pointer: string, value: unknown): readonly Problem[] {
  const field = pointer.slice(1).replaceAll("/", ".");
  if (value === undefined || value === null || value === "") {
    return [problem(source, pointer, `${field} is missing`)];
  }
  if (typeof value === "string") return [];
  return [problem(source, pointer, `${field} must be a string; write it in quotes`)];
}

function textMapProblems(source: Source, name: string, value: unknown): readonly Problem[] {
  const pointer = `/metadata/${name}`;
  if (value === undefined || value === null) return [];
  if (!isJsonObject(value)) return [problem(source, pointer, `metadata.${name} must be a map`)];
  return Object.entries(value).flatMap(([key, text]) => {
    if (typeof text === "string") return [];
    const at = `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    return [problem(source, at, `metadata.${name}["${key}"] must be a string; write it in quotes`)];
  });
}

function problem({ file, line, positionOf }: Source, pointer: string, message: string): Problem {
  const position = positionOf(pointer) ?? { line };
  const field = pointer.slice(1).replaceAll("/", ".");
  return {
    reason: "ObjectInvalid",
    file,
    ...position,
    message,
    ...(field === "" ? {} : { field }),
  };
}

/** An object without name has a `generateName`; it is named when the render is known. */
function cleaned(value: unknown): KubeObject {
  const object = value as KubeObject;
  const { namespace, labels, annotations, ...rest } = object.metadata;
  return {
    ...object,
    metadata: {
      ...rest,
      name: rest.name ?? "",
      ...(typeof namespace === "string" && namespace !== "" ? { namespace } : {}),
      ...(isJsonObject(labels) ? { labels } : {}),
      ...(isJsonObject(annotations) ? { annotations } : {}),
    },
  };
}
