import type { CommandContext } from "./context.ts";
import { usage } from "./globals.ts";
import { CliError } from "./result.ts";
import { findTargets, type Target } from "./targets.ts";

/** For what is that of one cluster. Throws CliError where several are meant, or the one cannot be asked. */
export async function oneTarget(
  context: CommandContext,
  { what, command }: { readonly what: string; readonly command: string },
): Promise<Target> {
  const { targets, unreached } = await findTargets(context);
  const [target, second] = targets;
  if (target === undefined && unreached.length > 0) throw new CliError(unreached, 3);
  if (target !== undefined && second === undefined && unreached.length === 0) return target;
  throw usage(
    `${what} is that of one cluster, not ${targets.length + unreached.length}`,
    `name it: ${command} --cluster ${target?.cluster ?? "NAME"}`,
  );
}
