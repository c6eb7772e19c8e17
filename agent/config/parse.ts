import { isJsonObject, type JsonObject } from "../model/json.ts";
import { documentApiVersion } from "../model/names.ts";
import type { Problem } from "../model/problem.ts";
import { parseYaml, type YamlDocument } from "../render/yaml.ts";
import type { Document, DocumentKind } from "./document.ts";
import { meaningRefusals } from "./meaning.ts";
import { nearest } from "./nearest.ts";
import { documentSchemas } from "./schemas.ts";
import { type Refusal, type Validate, validatorOf } from "./validator.ts";

/** A document that cannot be used, with what it tells of itself. */
export interface BrokenDocument {
  readonly file: string;
  readonly kind?: DocumentKind;
  readonly name?: string;
  readonly problems: readonly Problem[];
}

export interface ParsedDocuments {
  readonly documents: readonly Document[];
  readonly broken: readonly BrokenDocument[];
}

const kinds: readonly DocumentKind[] = ["Fleet", "Cluster", "Rollout", "App", "Approval"];
const validators = new Map<string, Validate>(
  kinds.map((kind) => [kind, validatorOf(documentSchemas[kind])]),
);

/** Every document of a file; a broken one does not take its neighbours with it, unless the file is no YAML at all. */
export function parseDocuments(file: string, bytes: Uint8Array | string): ParsedDocuments {
  const parsed = parseYaml(bytes, { file, reason: "ConfigInvalid" });
  if (!parsed.ok) return { documents: [], broken: [{ file, problems: parsed.problems }] };
  const read = parsed.value
    .filter((yaml) => yaml.value !== null)
    .map((yaml) => parseDocument(file, yaml));
  return {
    documents: read.flatMap((item) => (item.ok ? [item.document] : [])),
    broken: read.flatMap((item) => (item.ok ? [] : [item.broken])),
  };
}

type Read =
  | { readonly ok: true; readonly document: Document }
  | { readonly ok: false; readonly broken: BrokenDocument };

function parseDocument(file: string, yaml: YamlDocument): Read {
  const { value } = yaml;
  if (!isJsonObject(value)) {
    return broken(file, yaml, {
      refusals: [{ pointer: "", message: "this is no document: it has no fields" }],
    });
  }
  const kind = kinds.find((known) => known === value["kind"]);
  const refused = headRefusals(value, kind);
  if (refused.length > 0 || kind === undefined) {
    return broken(file, yaml, {
      refusals: refused,
      ...(newerFormat(value) ? { reason: "AgentOutdated" } : {}),
    });
  }
  const refusals = validators.get(kind)?.(value) ?? [];
  if (refusals.length > 0) return broken(file, yaml, { refusals });
  const document = typed(file, yaml, value);
  const meant = meaningRefusals(document);
  return meant.length > 0 ? broken(file, yaml, { refusals: meant }) : { ok: true, document };
}

/** apiVersion and kind come first: without them the rest means nothing. */
function headRefusals(value: JsonObject, kind: DocumentKind | undefined): readonly Refusal[] {
  const refusals: Refusal[] = [];
  const version = value["apiVersion"];
  if (version !== documentApiVersion) {
    const found = typeof version === "string" ? `it is "${version}"` : "it is missing";
    const pointer = version === undefined ? "" : "/apiVersion";
    refusals.push({ pointer, message: `apiVersion must be ${documentApiVersion}; ${found}` });
  }
  if (kind === undefined) refusals.push(kindRefusal(value["kind"]));
  return refusals;
}

function kindRefusal(kind: unknown): Refusal {
  const known = kinds.join(", ");
  if (typeof kind !== "string")
    return { pointer: "", message: `"kind" is missing; one of ${known}` };
  const meant = nearest(kind, kinds);
  const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return { pointer: "/kind", message: `kind "${kind}" is none of ${known}${hint}` };
}

function newerFormat(value: JsonObject): boolean {
  const version = value["apiVersion"];
  return (
    typeof version === "string" &&
    version.startsWith("holdfast.dev/") &&
    version !== documentApiVersion
  );
}

function broken(
  file: string,
  yaml: YamlDocument,
  { refusals, reason = "ConfigInvalid" }: Refused,
): Read {
  const value = isJsonObject(yaml.value) ? yaml.value : {};
  const kind = kinds.find((known) => known === value["kind"]);
  const name = isJsonObject(value["metadata"]) ? value["metadata"]["name"] : undefined;
  const problems = refusals
    .map((refusal) => problemOf({ file, yaml, refusal, reason }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  return {
    ok: false,
    broken: {
      file,
      problems,
      ...(kind === undefined ? {} : { kind }),
      ...(typeof name === "string" ? { name } : {}),
    },
  };
}

interface Refused {
  readonly refusals: readonly Refusal[];
  readonly reason?: Problem["reason"];
}

/** A refusal with its place: the key at fault, or the nearest one above it. */
function problemOf(at: {
  readonly file: string;
  readonly yaml: YamlDocument;
  readonly refusal: Refusal;
  readonly reason: Problem["reason"];
}): Problem {
  const { file, yaml, refusal, reason } = at;
  const { pointer, message } = refusal;
  const position = nearestPosition(yaml, pointer) ?? { line: yaml.line, column: 1 };
  const field = pointer.slice(1).split("/").join(".").replaceAll("~1", "/").replaceAll("~0", "~");
  return { reason, message, file, ...position, ...(field === "" ? {} : { field }) };
}

function nearestPosition(yaml: Pick<YamlDocument, "positionOf">, pointer: string) {
  for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const position = yaml.positionOf(at);
    if (position !== undefined) return position;
  }
  return yaml.positionOf("");
}

/** The schema has spoken: what it accepts has the type that is made from it. */
function typed(file: string, yaml: YamlDocument, value: JsonObject): Document {
  const { kind, metadata, spec } = value as unknown as Pick<Document, "kind" | "spec"> & {
    readonly metadata: Pick<Document, "name" | "labels">;
  };
  return {
    kind,
    name: metadata.name,
    labels: metadata.labels ?? {},
    spec: spec ?? {},
    file,
    line: yaml.line,
    positionOf: (pointer: string) => yaml.positionOf(pointer),
  } as Document;
}
