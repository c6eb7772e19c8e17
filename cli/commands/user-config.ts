import { join } from "node:path";
import { parse } from "yaml";
import { isJsonObject } from "../../agent/model/json.ts";
import type { CommandContext } from "./context.ts";
import { CliError } from "./result.ts";

/** `~/.config/holdfast/config.yaml`. */
export interface UserConfig {
  /** Kubeconfig context by cluster name, where they differ. */
  readonly contexts: ReadonlyMap<string, string>;
}

/** Reads it; a missing file is an empty one, a broken one an error with its path. */
export async function readUserConfig({
  ports,
  home,
}: Pick<CommandContext, "ports" | "home">): Promise<UserConfig> {
  const path = join(home, ".config", "holdfast", "config.yaml");
  const content = await ports.readText(path);
  if (content === undefined) return { contexts: new Map() };
  try {
    return parseUserConfig(parse(content));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError({ what: "the configuration of holdfast cannot be read", where: path, why });
  }
}

/** Throws an Error that says what is wrong. */
export function parseUserConfig(value: unknown): UserConfig {
  if (value === null || value === undefined) return { contexts: new Map() };
  if (!isJsonObject(value)) throw new Error("it must be a map");
  const unknown = Object.keys(value).filter((key) => key !== "contexts" && key !== "statusRecords");
  if (unknown.length > 0) throw new Error(`unknown fields: ${unknown.join(", ")}`);
  const contexts = value.contexts ?? {};
  if (!isJsonObject(contexts)) throw new Error("contexts must map cluster names to contexts");
  const entries = Object.entries(contexts).map(([cluster, name]): [string, string] => {
    if (typeof name !== "string") throw new Error(`contexts.${cluster} must be a text`);
    return [cluster, name];
  });
  return { contexts: new Map(entries) };
}
