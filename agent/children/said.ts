import { isJsonObject } from "../model/json.ts";
import type { Problem } from "../model/problem.ts";
import type { Unit } from "../model/unit.ts";
import { createRedactor } from "../telemetry/redact.ts";
import { withoutUser } from "../telemetry/url.ts";

const maxMessage = 2000;
const sensitive = /pass(?:word|wd|phrase)?$|token|secret|credential|private.?key|api.?key|^auth$/i;
const escapeCharacter = String.fromCharCode(27);
const colours = new RegExp(`${escapeCharacter}\\[[0-9;?]*[ -/]*[@-~]|${escapeCharacter}.`, "g");
const controls = /(?![\n\t])\p{Cc}/gu;
const addresses = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"']+/gi;

/** What a child printed besides, fit to be shown: no colours, no paths of this machine, no secret values (R13, P7). */
export function cleaned(
  text: string,
  { unit, tree }: { readonly unit: Unit; readonly tree: string },
): string {
  const redactor = createRedactor();
  for (const value of secretsIn([unit.values, unit.cluster.values])) redactor.add(value);
  const plain = text.replace(colours, "").replace(controls, "");
  const named = plain.replaceAll(`${tree}/`, "").replaceAll(tree, ".");
  return redactor.redact(named.replace(addresses, (address) => withoutUser(address)));
}

/** Texts below keys that sound secret; what a template fails with may quote them. */
function secretsIn(value: unknown, isSecret = false): readonly string[] {
  if (typeof value === "string") return isSecret ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item: unknown) => secretsIn(item, isSecret));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    secretsIn(item, isSecret || sensitive.test(key)),
  );
}

/** `chart/templates/x.yaml:12:3`, as helm and kustomize name places. */
const place = /([\w./@-]+\.(?:ya?ml|tpl|json|txt))(?::([0-9]+)(?::([0-9]+))?)?/;

/** The error a child ended with, as a problem at the place it names; `fileOf` knows which names are the unit's files. */
export function problemSaid(
  text: string,
  unit: Unit,
  fileOf: (name: string) => string | undefined,
): Problem {
  const lines = text.split("\n").map((line) => line.trimEnd());
  const start = lines.findLastIndex((line) => /^Error:/.test(line));
  const message = lines
    .slice(Math.max(0, start))
    .join("\n")
    .replace(/^Error: /, "")
    .replace(/\n+Use --debug flag to render out invalid YAML$/, "")
    .trim();
  const found = place.exec(message);
  const file = found === null ? undefined : fileOf(found[1] ?? "");
  const at = {
    ...(found?.[2] === undefined ? {} : { line: Number(found[2]) }),
    ...(found?.[3] === undefined ? {} : { column: Number(found[3]) }),
  };
  return {
    reason: "RenderFailed",
    message: message.slice(0, maxMessage) || "it failed without a word",
    ...(file === undefined ? { file: unit.file } : { file, ...at }),
  };
}
