import { Document, isScalar, Scalar, visit } from "yaml";
import { escapeQuoted, isUnsafe } from "./escape.ts";

/** One YAML document that kubectl and YAML 1.2 parsers read alike: whatever either would take for more than text is quoted. */
export function toYaml(value: unknown): string {
  const document = new Document(value, { compat: "yaml-1.1", aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && needsQuotes(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return escapeQuoted(document.toString({ lineWidth: 0 }), "long");
}

/** `=` is a type of its own in YAML 1.1. */
function needsQuotes(value: unknown): boolean {
  if (typeof value !== "string") return false;
  return value === "=" || isUnsafe(value.replaceAll("\n", ""));
}

/** Several YAML documents, each after its own `---`. */
export function toYamlStream(values: readonly unknown[]): string {
  return values.map((value) => `---\n${toYaml(value)}`).join("");
}
