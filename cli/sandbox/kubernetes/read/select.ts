import { badRequest } from "../http/fault.ts";
import { type Json, mapAt, textAt, valueAt } from "../json.ts";

export type Predicate = (object: Json) => boolean;

/** What `labelSelector` and `fieldSelector` let through. Throws a 400 on what cannot be read. */
export function selectorOf(query: URLSearchParams, namespace: string): Predicate {
  const labels = splitTerms(query.get("labelSelector") ?? "").map(labelTerm);
  const fields = splitTerms(query.get("fieldSelector") ?? "").map(fieldTerm);
  return (object) =>
    (namespace === "" || textAt(object, "metadata", "namespace") === namespace) &&
    labels.every((matches) => matches(object)) &&
    fields.every((matches) => matches(object));
}

/** Splits at commas that are not inside parentheses. */
function splitTerms(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== "");
}

function labelTerm(term: string): Predicate {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    return (object) => {
      const value = labelOf(object, key);
      const isIn = value !== undefined && values.includes(value);
      return operator === "in" ? isIn : !isIn;
    };
  }
  const equality = /^([^=!\s]+)\s*(==|=|!=)\s*([^=!]*)$/.exec(term);
  if (equality !== null) {
    const [, key = "", operator, value = ""] = equality;
    return (object) => (labelOf(object, key) === value.trim()) === (operator !== "!=");
  }
  if (/^!\s*\S+$/.test(term))
    return (object) => labelOf(object, term.slice(1).trim()) === undefined;
  if (/^[\w./-]+$/.test(term)) return (object) => labelOf(object, term) !== undefined;
  throw badRequest(`unable to parse requirement: found '${term}'`);
}

function labelOf(object: Json, key: string): string | undefined {
  const value = mapAt(object, "metadata", "labels")[key];
  return typeof value === "string" ? value : undefined;
}

function fieldTerm(term: string): Predicate {
  const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
  if (match === null) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
  const [, path = "", operator, value = ""] = match;
  return (object) => {
    const found = valueAt(object, ...path.split("."));
    return (String(found ?? "") === value) === (operator !== "!=");
  };
}
