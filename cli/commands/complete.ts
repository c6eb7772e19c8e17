import { states } from "../../agent/model/state.ts";
import { shells } from "../output/completion-script.ts";
import type { CommandSpec, FlagSpec } from "./catalog.ts";
import { clusterActions } from "./cluster-actions.ts";
import type { CliPorts } from "./context.ts";
import { appNames, chooseClusters, readFleet } from "./fleet-view.ts";
import { forms, globalFlags } from "./globals.ts";
import { commands } from "./list.ts";

/** What only the repository knows. */
export interface KnownNames {
  readonly apps: readonly string[];
  readonly clusters: readonly string[];
  readonly environments: readonly string[];
}

export const noNames: KnownNames = { apps: [], clusters: [], environments: [] };

/** The words that may stand where the last of `words` stands. */
export function candidates(words: readonly string[], names: KnownNames): readonly string[] {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? "";
  const spec = commands.find(({ name }) => name === before.find((word) => !word.startsWith("-")));
  return offered({ spec, previous: before.at(-1) ?? "", current }, names)
    .filter((word) => word.startsWith(current))
    .sort();
}

interface Spot {
  readonly spec: CommandSpec | undefined;
  readonly previous: string;
  readonly current: string;
}

function offered({ spec, previous, current }: Spot, names: KnownNames): readonly string[] {
  const flags = [...(spec?.flags ?? []), ...globalFlags];
  const flag = flags.find((one) => one.flags.includes("<") && namesOf(one).includes(previous));
  if (flag !== undefined) return valuesOf(flag, names);
  if (current.startsWith("-")) return ["--help", ...flags.flatMap(namesOf)];
  if (spec === undefined) return commands.map(({ name }) => name);
  if (spec.actions !== undefined && previous === spec.name) return spec.actions;
  if (spec.completes === "apps") return names.apps;
  if (spec.completes === "clusters") return ofClusters(previous, names);
  return spec.completes === "shells" ? shells : [];
}

/** `clusters ACTION`, then what the action is about. */
function ofClusters(previous: string, { apps, clusters }: KnownNames): readonly string[] {
  if (previous === "clusters") return clusterActions;
  return previous === "targets" ? [...apps, ...clusters] : clusters;
}

function namesOf({ flags }: FlagSpec): readonly string[] {
  return flags.match(/--?[a-z][a-z-]*/g) ?? [];
}

function valuesOf(flag: FlagSpec, names: KnownNames): readonly string[] {
  const values: Readonly<Record<string, readonly string[]>> = {
    "--cluster": names.clusters,
    "--env": names.environments,
    "--output": forms,
    "--color": ["auto", "always", "never"],
    "--state": Object.keys(states),
    "--as": ["value", "ignore"],
  };
  return namesOf(flag).flatMap((name) => values[name] ?? []);
}

/** Apps, clusters and environments of the enclosing repository; none when there is none or it takes too long (cli.md §1). */
export async function knownNames(
  ports: CliPorts,
  cwd: string,
  signal: AbortSignal,
): Promise<KnownNames> {
  const repository = await ports.repository({ repo: undefined, ref: undefined, cwd }, signal);
  if (repository === undefined) return noNames;
  const fleet = await readFleet({ ports, signal }, await repository.newest());
  if (!fleet.ok) return noNames;
  const all = { clusters: [], selector: undefined, environments: [] };
  const chosen = chooseClusters(fleet.value, all);
  return {
    apps: appNames(chosen),
    clusters: chosen.map(({ target }) => target.name),
    environments: [...new Set(chosen.map(({ environment }) => environment))].filter(Boolean),
  };
}
