import type { WriteOptions } from "../cluster.ts";
import { badRequest } from "../http/fault.ts";
import { cloneJson, isMap, type Json, mapAt } from "../json.ts";
import { builtinSchema } from "../kinds/builtin-schemas.ts";
import { applyDefaults, pruneUnknown } from "../kinds/crd-object.ts";
import { setDefaults } from "../kinds/defaults.ts";
import { goForm } from "../kinds/go-form.ts";
import { apiVersionAt, type Served } from "../kinds/resource.ts";
import { memberSchema, type Schema } from "../typed/schema.ts";
import { describeErrors, typeErrors } from "../typed/validate.ts";

const objectMeta = "apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** The object in a POST or PUT body, or after a patch: checked, normalised, with defaults. */
export function decodeObject(served: Served, body: unknown, options: WriteOptions): Json {
  const { resource } = served;
  const { kind } = resource;
  const expected = apiVersionAt(served);
  if (!isMap(body)) throw badRequest(`couldn't get version/kind; json parse error: not an object`);
  const sent = body;
  if (typeof sent.kind !== "string" || sent.kind === "") {
    throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body)}'`);
  }
  if (sent.apiVersion !== expected || sent.kind !== kind) {
    throw badRequest(wrongType(served, sent));
  }
  const label = `${kind} in version "${served.version.version}" cannot be handled as a ${kind}`;
  if (resource.builtin) {
    const errors = typeErrors(served.version.schema, sent, {
      allowDuplicates: true,
      allowUnknown: true,
    });
    if (errors.length > 0)
      throw badRequest(`${label}: json: cannot unmarshal ${describeErrors(errors)}`);
  }
  const unknown = resource.builtin
    ? unknownFields(served.version.schema, sent, "")
    : pruneUnknown(served.version.openApi, sent).unknown;
  reportUnknown(unknown, label, options);
  return normalise(served, sent);
}

function wrongType(served: Served, sent: Json): string {
  const { resource, version } = served;
  const expected = apiVersionAt(served);
  if (sent.apiVersion !== expected) {
    return `the API version in the data (${sent.apiVersion}) does not match the expected API version (${expected})`;
  }
  const group = resource.group === "" ? "core" : resource.group.split(".")[0];
  return `${sent.kind} in version "${version.version}" cannot be handled as a ${resource.kind}: converting (${version.version}.${sent.kind}) to (${group}.${resource.kind}): unknown conversion`;
}

function reportUnknown(unknown: readonly string[], label: string, options: WriteOptions): void {
  if (unknown.length === 0 || options.validation === "Ignore") return;
  const texts = unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
  if (options.validation === "Strict") {
    throw badRequest(`${label}: strict decoding error: ${texts.join(", ")}`);
  }
  options.warnings.push(...texts);
}

/** What the server makes of an object whose fields are known: dropped, defaulted and in canonical form. */
export function normalise(served: Served, object: Json): Json {
  const { resource, version } = served;
  const copy = cloneJson(object);
  if (!resource.builtin) {
    const { value } = pruneUnknown(version.openApi, copy);
    const pruned = isMap(value) ? value : copy;
    applyDefaults(version.openApi, pruned);
    return { ...pruned, metadata: metadataForm(mapAt(pruned, "metadata")) };
  }
  const formed = goForm(version.schema, copy);
  setDefaults(resource, formed);
  return { ...goForm(version.schema, formed), apiVersion: object.apiVersion, kind: object.kind };
}

export function metadataForm(metadata: Json): Json {
  const schema = builtinSchema(objectMeta);
  return schema.kind === "map" ? goForm(schema, metadata) : metadata;
}

/** What a kind looks like with nothing in it: what is in it anyway nobody adds. */
export function emptyObject(served: Served): Json {
  const type = { apiVersion: apiVersionAt(served), kind: served.resource.kind };
  if (!served.resource.builtin) return { ...type };
  return { ...goForm(served.version.schema, {}), ...type };
}

function unknownFields(schema: Schema, value: unknown, path: string): string[] {
  if (schema.kind === "list" && Array.isArray(value)) {
    return value.flatMap((item, index) => unknownFields(schema.items, item, `${path}[${index}]`));
  }
  if (schema.kind !== "map" || !isMap(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const inner = path === "" ? key : `${path}.${key}`;
    const known = memberSchema(schema, key);
    return known === undefined ? [inner] : unknownFields(known, member, inner);
  });
}
