import { usage } from "./globals.ts";

type Labels = Readonly<Record<string, string>>;
type Term = (labels: Labels) => boolean;

const setTerm = /^([^\s!=,()]+)\s+(in|notin)\s+\(([^()]*)\)$/;
const equalTerm = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$/;
const keyTerm = /^(!?)\s*([^\s!=,()]+)$/;

/** `-l env=prod,tier!=canary,region in (eu,us),!legacy`, as kubectl reads it. Throws CliError. */
export function parseSelector(text: string): (labels: Labels) => boolean {
  const terms = splitTerms(text).map((term) => parseTerm(term.trim()));
  return (labels) => terms.every((term) => term(labels));
}

/** At commas outside parentheses. */
function splitTerms(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/);
}

function parseTerm(term: string): Term {
  return setOf(term) ?? equalOf(term) ?? keyOf(term) ?? refuse(term);
}

function setOf(term: string): Term | undefined {
  const [, key = "", operator, list = ""] = setTerm.exec(term) ?? [];
  if (operator === undefined) return undefined;
  const values = list.split(",").map((value) => value.trim());
  return (labels) => values.includes(labels[key] ?? "\0") === (operator === "in");
}

function equalOf(term: string): Term | undefined {
  const [, key = "", operator, value] = equalTerm.exec(term) ?? [];
  if (operator === undefined) return undefined;
  return (labels) => (labels[key] === value) === (operator !== "!=");
}

function keyOf(term: string): Term | undefined {
  const [, not, key] = keyTerm.exec(term) ?? [];
  return key === undefined ? undefined : (labels) => (labels[key] !== undefined) === (not === "");
}

function refuse(term: string): never {
  throw usage(`-l: "${term}" is not a label selector term`, "write k=v, k!=v, k in (a,b), k or !k");
}
