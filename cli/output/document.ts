import { writeJson } from "../../agent/model/json.ts";
import { escapeQuoted } from "./escape.ts";

export const cliApiVersion = "cli.holdfast.dev/v1";

/** What `-o json` and `-o yaml` print: the same shape for every command; only additions within a version (cli.md §1). */
export interface CliDocument {
  readonly apiVersion: typeof cliApiVersion;
  readonly kind: string;
  /** ISO 8601. */
  readonly generatedAt: string;
  /** False when something could not be reached: the answer holds for the rest. */
  readonly complete: boolean;
  readonly problems: readonly unknown[];
  readonly [field: string]: unknown;
}

/** One JSON document, invisible characters as escapes, a line break at the end. */
export function toJson(document: unknown, form: "indented" | "line" = "indented"): string {
  const line = writeJson(document);
  const text = form === "line" ? line : indent(line);
  return `${escapeQuoted(text, "surrogates")}\n`;
}

/** JSON.stringify cannot indent what writeJson wrote exactly, so the text is laid out anew; strings are passed over. */
function indent(json: string): string {
  let depth = 0;
  return json.replace(/"(?:[^"\\]|\\.)*"|\{\}|\[\]|[{[]|[}\]]|[,:]/g, (token) => {
    if (token === "{" || token === "[") return `${token}\n${"  ".repeat(++depth)}`;
    if (token === "}" || token === "]") return `\n${"  ".repeat(--depth)}${token}`;
    if (token === ",") return `,\n${"  ".repeat(depth)}`;
    return token === ":" ? ": " : token;
  });
}
