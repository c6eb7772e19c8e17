import type { ObjectRef } from "../../agent/model/object.ts";
import { cliApiVersion } from "../output/document.ts";
import { driftDetailText } from "../output/drift-text.ts";
import { type CommandContext, nowText } from "./context.ts";
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
  const complete = unreached.length === 0;
  const [first] = objects;
  const where = `${app} ${object} --cluster ${first?.cluster}`;
  return {
    exitCode: isDrifted ? 1 : 0,
    isIncomplete: !complete,
    reports: unreached,
    hints: isDrifted ? [`holdfast drift adopt ${where} --as value, or --as ignore`] : [],
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "DriftReport",
        generatedAt: nowText(context),
        complete,
        problems: unreached,
        objects,
      },
      draw: (style) => driftDetailText(objects, style) + (isDrifted ? "" : "no drift\n"),
    },
  };
}

function undeclared(app: string, object: string): CliError {
  return new CliError({
    what: `${app} declares no ${object} on these clusters`,
    next: `holdfast inventory ${app} --cluster NAME lists what it has`,
  });
}
