import { isJsonObject } from "../model/json.ts";

/** One setting: `source.interval`, with its flag and its variable. */
export interface SettingLeaf {
  readonly path: readonly string[];
  /** Without dashes in front: `source-interval`. */
  readonly flag: string;
  /** `HOLDFAST_SOURCE_INTERVAL` */
  readonly variable: string;
  readonly type: string;
  readonly description: string;
  readonly default?: unknown;
}

/** Every setting of a schema; help, documentation and the parser read this. */
export function settingLeaves(
  schema: object,
  path: readonly string[] = [],
): readonly SettingLeaf[] {
  const { properties } = schema as { readonly properties?: Readonly<Record<string, object>> };
  if (properties !== undefined) {
    return Object.entries(properties).flatMap(([key, inner]) =>
      settingLeaves(inner, [...path, key]),
    );
  }
  const leaf = schema as { type?: string; description?: string; default?: unknown };
  const words = path.flatMap((part) => part.split(/(?=[A-Z])/)).map((word) => word.toLowerCase());
  return [
    {
      path,
      flag: words.join("-"),
      variable: `HOLDFAST_${words.join("_").toUpperCase()}`,
      type: leaf.type ?? "string",
      description: leaf.description ?? "",
      ...(leaf.default === undefined ? {} : { default: leaf.default }),
    },
  ];
}

export type FlagValue = string | boolean | readonly string[] | undefined;

/** A text as the type that the setting has; what does not fit stays text, so that the schema refuses it. */
export function settingValue(given: unknown, type: string): unknown {
  if (typeof given !== "string") return given;
  if (type === "boolean") return given === "true" || (given === "false" ? false : given);
  if (type === "integer") return /^-?[0-9]{1,9}$/.test(given) ? Number(given) : given;
  if (type === "array")
    return given
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
  return given;
}

/** Kubernetes writes variables of its own for a Service named like us: `HOLDFAST_METRICS_PORT=tcp://10.0.0.1:8080`. */
export function isServiceLink(value: string | undefined): boolean {
  return value?.startsWith("tcp://") === true;
}

/** A nested value put into a copy. */
export function withValue(
  target: Readonly<Record<string, unknown>>,
  [key = "", ...rest]: readonly string[],
  value: unknown,
): Readonly<Record<string, unknown>> {
  const inner = target[key];
  const next = rest.length === 0 ? value : withValue(isJsonObject(inner) ? inner : {}, rest, value);
  return { ...target, [key]: next };
}
