import type { ExitCode } from "./commands/result.ts";
import { asksForHelp, helpFor } from "./help.ts";
import type { Host } from "./host.ts";

/** argv → exit code. Help is answered before anything else is loaded (cli.md §1). */
export async function run(host: Host): Promise<ExitCode> {
  if (host.args[0] === "__complete") {
    const { complete } = await import("./complete.ts");
    await complete(host, host.args.slice(1));
    return 0;
  }
  if (asksForHelp(host.args)) {
    host.stdout.write(helpFor(host.args));
    return 0;
  }
  const { execute } = await import("./execute.ts");
  return await execute(host);
}
