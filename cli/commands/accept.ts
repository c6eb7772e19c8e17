import type { CommandArguments } from "./catalog.ts";
import type { CommandContext } from "./context.ts";
import { textFlag, usage } from "./globals.ts";
import type { CommandResult } from "./result.ts";

/** `holdfast accept APP`: on a cluster, or with `--commit` in Git; `--tip REV` follows a rewritten branch. */
export async function accept(
  context: CommandContext,
  given: CommandArguments,
): Promise<CommandResult> {
  const [app] = given.positionals;
  const tip = textFlag(given.flags, "tip");
  if ((app === undefined) === (tip === undefined)) {
    throw usage("name either an app or a --tip", "holdfast accept shop --cluster prod-us-1");
  }
  if (tip !== undefined) {
    const { acceptTip } = await import("./accept-tip.ts");
    return await acceptTip(context, tip);
  }
  const wish = { app: app ?? "", plan: textFlag(given.flags, "plan") };
  if (given.flags.commit === true) {
    const { acceptInGit } = await import("./accept-commit.ts");
    return await acceptInGit(context, { ...wish, flags: given.flags });
  }
  const { acceptOnClusters } = await import("./accept-app.ts");
  return await acceptOnClusters(context, wish);
}
