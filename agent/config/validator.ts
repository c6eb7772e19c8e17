import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { formatSays, formats } from "./formats.ts";
import { nearest } from "./nearest.ts";

/** One thing that a schema refuses; `pointer` names the key at fault. */
export interface Refusal {
  readonly pointer: string;
  readonly message: string;
}

/** All refusals of a value; none: it has the type that belongs to the schema. */
export type Validate = (value: unknown) => readonly Refusal[];

/** A validator for one schema, compiled when first used. */
export function validatorOf(schema: object): Validate {
  let compiled: ReturnType<typeof compile> | undefined;
  return function validate(value) {
    compiled ??= compile(schema);
    if (compiled(value)) return [];
    return dedupe((compiled.errors ?? []).flatMap(refusalOf));
  };
}

function compile(schema: object) {
  const how = { allErrors: true, verbose: true, allowUnionTypes: true };
  // That our schemas are schemas is a test's business: the rules for it take longer to compile than they do.
  const ajv = new Ajv2020({ ...how, validateSchema: false, meta: false });
  for (const [name, { isValid }] of Object.entries(formats)) {
    ajv.addFormat(name, { type: "string", validate: isValid });
  }
  return ajv.compile(schema);
}

function dedupe(refusals: readonly Refusal[]): readonly Refusal[] {
  return [...new Map(refusals.map((item) => [`${item.pointer} ${item.message}`, item])).values()];
}

/** An expression is judged when it has become a value (product.md, Expressions). */
export function isExpression(value: unknown): boolean {
  return typeof value === "string" && value.includes("${{");
}

const unhelpful = new Set(["propertyNames", "if", "allOf", "anyOf"]);

function refusalOf(error: ErrorObject): readonly Refusal[] {
  if (unhelpful.has(error.keyword) || isExpression(error.data)) return [];
  const key = keyAtFault(error);
  const pointer = key === undefined ? error.instancePath : join(error.instancePath, key);
  return [{ pointer, message: messageOf(error) }];
}

function keyAtFault({ keyword, params, propertyName }: ErrorObject): string | undefined {
  if (keyword === "additionalProperties") return String(params["additionalProperty"]);
  return propertyName;
}

function join(pointer: string, key: string): string {
  return `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function messageOf(error: ErrorObject): string {
  const { keyword, params, data } = error;
  switch (keyword) {
    case "additionalProperties":
      return unknownField(error, String(params["additionalProperty"]));
    case "required":
      return `"${params["missingProperty"]}" is missing`;
    case "type":
      return typeMessage(params["type"], data);
    case "enum":
      return oneOfMessage(params["allowedValues"], data);
    case "const":
      return `must be ${JSON.stringify(params["allowedValue"])}`;
    case "format":
      return formatMessage(String(params["format"]), data);
    case "minLength":
      return "must not be empty";
    case "maxProperties":
      return `must say one thing only; it says ${Object.keys(Object(data)).join(", ")}`;
    default:
      return `${error.message ?? keyword}; it is ${shown(data)}`;
  }
}

/** An address may hold a credential: it is never repeated (P7). */
function formatMessage(format: string, data: unknown): string {
  const says = `must be ${formatSays(format)}`;
  return format.endsWith("-url") ? says : `${says}; it is ${shown(data)}`;
}

function unknownField({ parentSchema }: ErrorObject, name: string): string {
  const known = Object.keys(Object(parentSchema?.["properties"]));
  const meant = nearest(name, known);
  if (meant !== undefined) return `unknown field "${name}"; did you mean "${meant}"?`;
  const list = known.length > 0 && known.length <= 12 ? `; known here: ${known.join(", ")}` : "";
  return `unknown field "${name}"${list}`;
}

function typeMessage(type: unknown, data: unknown): string {
  const wanted = Array.isArray(type) ? type.join(" or ") : String(type);
  const isScalar =
    typeof data === "number" || typeof data === "boolean" || typeof data === "bigint";
  const hint = wanted === "string" && isScalar ? "; write it in quotes" : "";
  return `must be ${article(wanted)}; it is ${shown(data)}${hint}`;
}

function oneOfMessage(allowed: unknown, data: unknown): string {
  const words = Array.isArray(allowed) ? allowed.map(String) : [];
  const meant = typeof data === "string" ? nearest(data, words) : undefined;
  const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return `must be one of ${words.join(", ")}; it is ${shown(data)}${hint}`;
}

function article(type: string): string {
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** A value as a message may show it: short, and never the inside of something big. */
function shown(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
