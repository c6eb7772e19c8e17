import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { KubeObject } from "../model/object.ts";
import { refOf } from "../model/object.ts";
import type { Leftover } from "../model/status.ts";
import { isOurs } from "./attribute.ts";
import { isLegacy } from "./take-over.ts";

const lastApplied = '.annotations["kubectl.kubernetes.io/last-applied-configuration"]';

/**
 * fields that kubectl set on an object of ours and that Git does not declare. They stay, for dropping them might
 * mean something (an undeclared `spec.replicas` would become 1); they are told, with whoever set them.
 */
export function leftoversOf(live: KubeObject): readonly Leftover[] {
  const entries = live.metadata.managedFields ?? [];
  const own = entries.find(isOurs)?.fieldsV1;
  if (own === undefined) return [];
  const ref = refOf(live);
  return entries.filter(isLegacy).flatMap(({ manager = "unknown", fieldsV1 = {} }) => {
    const fields = paths({ node: fieldsV1, own, at: "" }).filter(
      (path) => !path.endsWith(lastApplied),
    );
    return fields.length === 0 ? [] : [{ ref, manager, fields }];
  });
}

interface Walk {
  readonly node: JsonObject;
  /** What we own there. */
  readonly own: JsonObject;
  readonly at: string;
}

/** The leaves of fieldsV1 as people write paths. A map or list in which we own something is no leaf: it stays anyway. */
function paths({ node, own, at }: Walk): readonly string[] {
  const children = Object.entries(node).filter(([key]) => key !== ".");
  if (children.length === 0) return at === "" || Object.keys(own).length > 0 ? [] : [at];
  return children.flatMap(([key, child]) =>
    paths({ node: asMap(child), own: asMap(own[key]), at: `${at}${step(key, at)}` }),
  );
}

function asMap(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

const plain = /^[A-Za-z_][\w-]*$/;

function step(key: string, at: string): string {
  const [, kind, rest = ""] = /^([fkvi]):(.*)$/s.exec(key) ?? [];
  if (kind !== "f") return `[${kind === "k" ? names(rest) : rest}]`;
  if (!plain.test(rest)) return `[${JSON.stringify(rest)}]`;
  return at === "" ? rest : `.${rest}`;
}

/** `{"containerPort":80,"protocol":"TCP"}` as `80,TCP`. */
function names(keys: string): string {
  const parsed: unknown = JSON.parse(keys);
  return isJsonObject(parsed) ? Object.values(parsed).map(String).join(",") : keys;
}
