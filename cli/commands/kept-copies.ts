import type { KeptObject } from "../../agent/cluster/kept-format.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { cliApiVersion } from "../output/document.ts";
import type { Style } from "../output/style.ts";
import { type CommandContext, nowText } from "./context.ts";
import type { CommandResult } from "./result.ts";
import type { Target } from "./targets.ts";

/** One object as one commit dropped it. */
export interface Copy {
  readonly kept: KeptObject;
  readonly commit: string;
  /** ISO 8601 */
  readonly at: string;
}

/** What was asked for. */
export interface RestoreWish {
  readonly app: string;
  /** `KIND/NAME` or `KIND/NAMESPACE/NAME`, with `*`; none: all. */
  readonly names: readonly string[];
  /** First digits of the commit that dropped them. */
  readonly from: string | undefined;
}

/** What is kept of an app on one cluster, and the App object by which its agent is asked. */
export interface KeptThere {
  readonly target: Target;
  /** One for each object and commit, the newest first. */
  readonly copies: readonly Copy[];
  readonly object: KubeObject | undefined;
}

/** A copy without its content. */
export function told({ kept: { ref }, commit, at }: Copy) {
  return { ref, commit, at };
}

export function sealedNote({ kept }: Copy): string {
  return kept.sealed === undefined ? "" : "values sealed";
}

/** The document of every form of this command. */
export function restoreReport(
  context: CommandContext,
  facts: Readonly<Record<string, unknown>>,
  draw: (style: Style) => string,
): CommandResult["output"] {
  const generatedAt = nowText(context);
  const head = { apiVersion: cliApiVersion, kind: "RestoreReport", generatedAt } as const;
  return { form: "document", document: { ...head, complete: true, problems: [], ...facts }, draw };
}
