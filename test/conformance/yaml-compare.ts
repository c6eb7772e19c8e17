import { isJsonObject, jsonEqual } from "../../agent/model/json.ts";
import { parseYaml } from "../../agent/render/yaml.ts";
import { askKubectl, type Reading } from "./yaml-kubectl.ts";

/** One text judged: both read the same, both refuse it, or what is different. */
export type Verdict =
  | { readonly kind: "equal" | "both refuse" }
  /** Only we refuse, because reading on would lose or change something without a word. */
  | { readonly kind: "stricter"; readonly why: string }
  | { readonly kind: "different"; readonly what: string };

/**
 * Our reading of one text against kubectl's. What is no object to kubectl (values, Chart.yaml, kustomizations without a
 * name) is compared below a key of one, since kubectl prints nothing but objects.
 */
export async function compareYaml(kubectl: string, input: string | Uint8Array): Promise<Verdict> {
  const theirs = await askKubectl(kubectl, input);
  if (theirs.kind === "refused" && isNoObject.test(theirs.why)) {
    const text = typeof input === "string" ? input : new TextDecoder().decode(input);
    return compareWrapped(kubectl, text);
  }
  return compare(theirs, ourReading(input));
}

const isNoObject = /Object 'Kind' is missing|object has no kind|cannot unmarshal|missing metadata/;
const separator = /^---[ \t]*(?:#.*)?$/m;

async function compareWrapped(kubectl: string, text: string): Promise<Verdict> {
  const verdicts: Verdict[] = [];
  for (const part of text.split(separator)) {
    const wrapped = asField(part);
    verdicts.push(compare(await askKubectl(kubectl, wrapped), ourReading(wrapped)));
  }
  const order = ["different", "stricter", "both refuse", "equal"];
  return verdicts.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))[0] ?? same;
}

const head = "apiVersion: v1\nkind: X\nmetadata: { name: x }\n";

/** A document as the field `d` of an object that kubectl prints. */
export function asField(document: string): string {
  return `${head}d:\n${document.replace(/^(?=.)/gm, "  ")}\n`;
}

const same: Verdict = { kind: "equal" };

function compare(theirs: Reading, ours: Reading): Verdict {
  if (theirs.kind === "refused" && ours.kind === "refused") return { kind: "both refuse" };
  if (theirs.kind === "refused") return different(`kubectl refuses: ${theirs.why}`);
  if (ours.kind === "refused") {
    const why = onPurpose.find(({ says }) => says.test(ours.why))?.why;
    return why === undefined ? different(`only we refuse: ${ours.why}`) : { kind: "stricter", why };
  }
  if (theirs.objects.length !== ours.objects.length) {
    return different(`kubectl reads ${theirs.objects.length} objects, we ${ours.objects.length}`);
  }
  const index = theirs.objects.findIndex((object, at) => !jsonEqual(object, ours.objects[at]));
  if (index < 0) return same;
  const [a, b] = [theirs.objects[index], ours.objects[index]];
  return different(`object ${index + 1}: ${firstDifference(a, b, "")}`);
}

/** What kubectl reads and we refuse, each with the reason; everything else is a difference. */
const onPurpose: readonly { readonly says: RegExp; readonly why: string }[] = [
  { says: /stands here twice/, why: "a repeated key: kubectl drops one of the two values (T-10)" },
  {
    says: /does not fit into 64 bits|would be rounded/,
    why: "a number that kubectl rounds (T-20)",
  },
  { says: /cannot be a key|JSON has no/, why: "a number as key, which kubectl rewrites" },
  { says: /^the tag /, why: "a tag that kubectl ignores" },
  { says: /is a line break to kubectl/, why: "a line break of YAML 1.1 that editors show as text" },
  { says: /what follows \.\.\. is not read/, why: "text after ..., which kubectl drops" },
  { says: /document separator is expected/, why: "JSON values without a separator" },
  {
    says: /at its start or end, needs quotes/,
    why: "text in brackets that begins with ? or ends with :, two other things to kubectl",
  },
];

function different(what: string): Verdict {
  return { kind: "different", what: what.slice(0, 400) };
}

function ourReading(text: string | Uint8Array): Reading {
  const parsed = parseYaml(text, { file: "f" });
  if (!parsed.ok) return { kind: "refused", why: parsed.problems[0]?.message ?? "" };
  const objects = parsed.value.flatMap(({ value }) => flattened(value)).map(labelled);
  return { kind: "read", objects };
}

/** As kubectl's builder does before anything else: lists opened, empty documents dropped. */
function flattened(value: unknown): readonly unknown[] {
  if (value === null) return [];
  if (!isJsonObject(value)) return [value];
  const { items, kind } = value;
  const isList = Array.isArray(items) && typeof kind === "string" && kind.endsWith("List");
  return isList ? items.flatMap(flattened) : [value];
}

function labelled(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const metadata = isJsonObject(value["metadata"]) ? value["metadata"] : {};
  const labels = isJsonObject(metadata["labels"]) ? metadata["labels"] : {};
  return { ...value, metadata: { ...metadata, labels } };
}

function firstDifference(a: unknown, b: unknown, path: string): string {
  if (isJsonObject(a) && isJsonObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (!jsonEqual(a[key], b[key])) return firstDifference(a[key], b[key], `${path}.${key}`);
    }
  }
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    const at = a.findIndex((item, index) => !jsonEqual(item, b[index]));
    return firstDifference(a[at], b[at], `${path}[${at}]`);
  }
  return `${path}: kubectl ${shown(a)}, we ${shown(b)}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_key, item) =>
    typeof item === "bigint" ? `${item}n` : item,
  );
  return text === undefined ? "nothing" : text.slice(0, 120);
}
