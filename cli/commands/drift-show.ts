import type { ObjectRef } from "../../agent/model/object.ts";
import { driftDetailText } from "../output/drift-text.ts";
import type { CommandContext } from "./context.ts";
import { driftResult } from "./drift-result.ts";
import { findDrift } from "./find-drift.ts";
import { withRepository } from "./repository.ts";
import { CliError, type CommandResult } from "./result.ts";

interface ShowWish {
  readonly app: string;
  /** As it was named. */
  readonly object: string;
  readonly isMeant: (ref: ObjectRef) => boolean;
}

/** `drift show APP KIND/NAME`: per field both values, manager, operation, subresource and time; what rules hide, too. */
export async function showDrift(
  context: CommandContext,
  { app, object, isMeant }: ShowWish,
): Promise<CommandResult> {
  const question = { apps: [app], withIgnored: true, isMeant };
  const { objects, asked, unreached } = await withRepository(context, (repository) =>
    findDrift(context, { repository, question }),
  );
  if (asked === 0 && unreached.length === 0) throw undeclared(app, object);
  const isDrifted = objects.some(({ action }) => action.kind !== "ignored");
  const [first] = objects;
  const where = `${app} ${object} --cluster ${first?.cluster}`;
  return driftResult(context, {
    facts: { objects },
    unreached,
    isDrifted,
    hint: `holdfast drift adopt ${where} --as value, or --as ignore`,
    draw: (style) => driftDetailText(objects, style),
  });
}

function undeclared(app: string, object: string): CliError {
  return new CliError({
    what: `${app} declares no ${object} on these clusters`,
    next: `holdfast inventory ${app} --cluster NAME lists what it has`,
  });
}
