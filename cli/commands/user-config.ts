import { join } from "node:path";
import { parse } from "yaml";
import { isJsonObject } from "../../agent/model/json.ts";
import type { ForgeSetting } from "../forge/place.ts";
import type { CommandContext } from "./context.ts";
import { parseForges } from "./forge-config.ts";
import { parseStatusRecords, type RecordsPlace } from "./records-place.ts";
import { CliError } from "./result.ts";

/** `~/.config/holdfast/config.yaml`. */
export interface UserConfig {
  /** Kubeconfig context by cluster name, where they differ. */
  readonly contexts: ReadonlyMap<string, string>;
  /** Where pull requests are opened, by host, where its name does not tell. */
  readonly forges: ReadonlyMap<string, ForgeSetting>;
  /** Absent: clusters are asked themselves. */
  readonly statusRecords: RecordsPlace | undefined;
}

const nothing: UserConfig = {
  contexts: new Map(),
  forges: new Map(),
  statusRecords: undefined,
};
const fields = ["contexts", "forges", "statusRecords"];

/** Reads it; a missing file is an empty one, a broken one an error with its path. */
export async function readUserConfig({
  ports,
  home,
}: Pick<CommandContext, "ports" | "home">): Promise<UserConfig> {
  const path = join(home, ".config", "holdfast", "config.yaml");
  const content = await ports.readText(path);
  if (content === undefined) return nothing;
  try {
    return parseUserConfig(parse(content));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError({ what: "the configuration of holdfast cannot be read", where: path, why });
  }
}

/** Throws an Error that says what is wrong. */
export function parseUserConfig(value: unknown): UserConfig {
  if (value === null || value === undefined) return nothing;
  if (!isJsonObject(value)) throw new Error("it must be a map");
  const unknown = Object.keys(value).filter((key) => !fields.includes(key));
  if (unknown.length > 0) throw new Error(`unknown fields: ${unknown.join(", ")}`);
  const contexts = value.contexts ?? {};
  if (!isJsonObject(contexts)) throw new Error("contexts must map cluster names to contexts");
  const entries = Object.entries(contexts).map(([cluster, name]): [string, string] => {
    if (typeof name !== "string") throw new Error(`contexts.${cluster} must be a text`);
    return [cluster, name];
  });
  return {
    contexts: new Map(entries),
    forges: parseForges(value.forges),
    statusRecords: parseStatusRecords(value.statusRecords),
  };
}
