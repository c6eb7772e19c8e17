import type { ObjectRef } from "../../agent/model/object.ts";
import type { CommandArguments } from "./catalog.ts";
import type { CommandContext } from "./context.ts";
import { type DriftAction, driftActions } from "./drift-actions.ts";
import { matchesGlob } from "./glob.ts";
import { choiceFlag, textFlag, usage } from "./globals.ts";
import { destinations } from "./prepare-flags.ts";
import type { CommandResult } from "./result.ts";

const examples: Readonly<Record<DriftAction, string>> = {
  list: "holdfast drift list --env prod --live",
  show: "holdfast drift show web Deployment/web --cluster prod-eu-3",
  adopt: "holdfast drift adopt web Deployment/web --as value --cluster prod-eu-3",
};

/** `holdfast drift ACTION`: each loads its own code. */
export async function drift(
  context: CommandContext,
  { positionals: [action = "", ...words], flags }: CommandArguments,
): Promise<CommandResult> {
  const chosen = choiceFlag("drift", action, driftActions);
  checkFlags(chosen, flags);
  switch (chosen) {
    case "list": {
      const { listDrift } = await import("./drift-list.ts");
      const [isLive, withIgnored] = [flags.live === true, flags.ignored === true];
      return await listDrift(context, { apps: words, isLive: isLive || withIgnored, withIgnored });
    }
    case "show": {
      const [app, object, ...more] = words;
      if (app === undefined || object === undefined || more.length > 0) {
        throw usage("drift show needs an app and an object", examples.show);
      }
      const { showDrift } = await import("./drift-show.ts");
      return await showDrift(context, { app, object, isMeant: meant(object) });
    }
    case "adopt": {
      const [app, object, ...more] = words;
      if (app === undefined || more.length > 0) {
        throw usage("drift adopt needs an app, and takes one object", examples.adopt);
      }
      const as = choiceFlag("--as", textFlag(flags, "as") ?? "", ["value", "ignore"]);
      const { adoptDrift } = await import("./drift-adopt.ts");
      return await adoptDrift(context, { app, object, isMeant: meant(object), as, flags });
    }
  }
}

/** `Deployment/web` or `Deployment/shop/web`, with `*`; none: all. */
function meant(text: string | undefined): (ref: ObjectRef) => boolean {
  if (text === undefined) return () => true;
  const [kind = "", ...rest] = text.split("/");
  const pattern = rest.join("/");
  if (pattern === "") throw usage(`${text} names no object`, "write KIND/NAME");
  return (ref) =>
    matchesGlob(ref.kind.toLowerCase(), kind.toLowerCase()) &&
    [ref.name, `${ref.namespace}/${ref.name}`].some((name) => matchesGlob(name, pattern));
}

function checkFlags(action: DriftAction, flags: CommandArguments["flags"]): void {
  if (action !== "list" && (flags.live === true || flags.ignored === true)) {
    throw usage(`--live and --ignored are for drift list, not ${action}`, examples.list);
  }
  if (action === "adopt") return;
  if (flags.as !== undefined || destinations.some((name) => flags[name] !== undefined)) {
    throw usage(`drift ${action} writes nothing`, examples.adopt);
  }
}
