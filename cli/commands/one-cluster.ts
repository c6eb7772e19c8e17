import type { CommandContext, ConnectedCluster } from "./context.ts";
import { isGlob } from "./glob.ts";
import { usage } from "./globals.ts";
import { CliError } from "./result.ts";
import { readUserConfig } from "./user-config.ts";

/** The one cluster that `--cluster` names; it need not be in Git yet. */
export function oneClusterName(
  { options }: Pick<CommandContext, "options">,
  command: string,
): string {
  const [name, ...more] = options.clusters;
  if (name !== undefined && more.length === 0 && !isGlob(name)) return name;
  throw usage(`${command} is for one cluster`, `name it: holdfast ${command} --cluster NAME`);
}

export interface Reached extends ConnectedCluster {
  readonly cluster: string;
  /** Of the kubeconfig. */
  readonly context: string;
}

/** Connects to a cluster that may have no agent, by `--context`, or the context that has or is mapped to its name. */
export async function reach(context: CommandContext, cluster: string): Promise<Reached> {
  const { options, ports, signal } = context;
  const named = options.kubeContext ?? (await contextOf(context, cluster));
  const { kubeconfig, namespace } = options;
  const connected = await ports.connect({ kubeconfig, context: named, namespace }, signal);
  return { ...connected, cluster, context: named };
}

async function contextOf(context: CommandContext, cluster: string): Promise<string> {
  const { contexts } = await readUserConfig(context);
  const mapped = contexts.get(cluster);
  if (mapped !== undefined) return mapped;
  const { names } = await context.ports.contexts(context.options.kubeconfig);
  if (names.includes(cluster)) return cluster;
  throw new CliError({
    what: `${cluster} cannot be reached`,
    why: "the kubeconfig has no context of that name, and none is mapped to it",
    next: names.length === 0 ? "name one: --kubeconfig FILE" : `name one: --context ${names[0]}`,
  });
}
