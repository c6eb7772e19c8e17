import type { KeptRecord } from "../../agent/cluster/kept-format.ts";
import type { ObjectRef } from "../../agent/model/object.ts";
import { refId } from "../../agent/model/object.ts";
import { restoreText } from "../output/restore-text.ts";
import { askClusters } from "./ask-clusters.ts";
import type { CommandArguments } from "./catalog.ts";
import type { CommandContext } from "./context.ts";
import { matchesGlob } from "./glob.ts";
import { textFlag } from "./globals.ts";
import {
  type Copy,
  type KeptThere,
  type RestoreWish,
  restoreReport,
  sealedNote,
  told,
} from "./kept-copies.ts";
import { oneTarget } from "./one-target.ts";
import { bringBack } from "./restore-objects.ts";
import { CliError, type CommandResult } from "./result.ts";

/** `holdfast restore APP [KIND/NAME…]`: what was pruned, as it last lived (P-83). Without objects and `--from`: the list. */
export async function restore(
  context: CommandContext,
  { positionals: [app = "", ...names], flags }: CommandArguments,
): Promise<CommandResult> {
  const wish = { app, names, from: textFlag(flags, "from") };
  const kept = await find(context, wish);
  if (kept.copies.length === 0) return nothingKept(context, wish, kept);
  if (names.length === 0 && wish.from === undefined) return list(context, wish, kept);
  const chosen = choose(kept.copies, wish);
  if (chosen.length === 0) throw notKept(wish);
  return await bringBack(context, wish, { ...kept, copies: chosen });
}

async function find(context: CommandContext, { app }: RestoreWish): Promise<KeptThere> {
  const command = `holdfast restore ${app}`;
  const target = await oneTarget(context, { what: "what is kept", command });
  const { answers, failures } = await askClusters(
    context,
    [target],
    async ({ kept, apps }, _target, signal) => ({
      records: await kept.list(app, signal),
      objects: await apps.list(signal),
    }),
  );
  const [answered] = answers;
  if (answered === undefined) throw new CliError(failures, 3);
  const { records, objects } = answered.answer;
  const object = objects.find(({ metadata }) => metadata.name === app);
  return { target, copies: records.flatMap(copiesOf), object };
}

function copiesOf({ commit, at, objects }: KeptRecord): readonly Copy[] {
  return objects.map((kept) => ({ kept, commit, at }));
}

/** Of several copies of one object the newest. */
function choose(copies: readonly Copy[], { names, from = "" }: RestoreWish): readonly Copy[] {
  const meant = copies
    .filter(({ commit }) => commit.startsWith(from))
    .filter(({ kept: { ref } }) => names.length === 0 || names.some((name) => isMeant(ref, name)));
  return [...new Map([...meant].reverse().map((copy) => [refId(copy.kept.ref), copy])).values()];
}

function isMeant(ref: ObjectRef, text: string): boolean {
  const [kind = "", ...rest] = text.split("/");
  const pattern = rest.join("/");
  const names = [ref.name, `${ref.namespace}/${ref.name}`];
  return (
    matchesGlob(ref.kind.toLowerCase(), kind.toLowerCase()) &&
    names.some((name) => matchesGlob(name, pattern))
  );
}

function notKept({ app, names, from }: RestoreWish): CliError {
  const of = from === undefined ? "" : ` of ${from}`;
  return new CliError(
    {
      what: `no copy${of} is kept of ${names.length === 0 ? app : names.join(", ")}`,
      next: `holdfast restore ${app} lists what is kept: ten commits, thirty days`,
    },
    1,
  );
}

function nothingKept(
  context: CommandContext,
  { app }: RestoreWish,
  { target: { cluster } }: KeptThere,
): CommandResult {
  const draw = () => `Nothing of ${app} is kept on ${cluster}: nothing of it was deleted lately.\n`;
  return { exitCode: 1, output: restoreReport(context, { app, cluster, copies: [] }, draw) };
}

function list(
  context: CommandContext,
  { app }: RestoreWish,
  { target: { cluster }, copies }: KeptThere,
): CommandResult {
  const rows = copies.map((copy) => ({ ...told(copy), note: sealedNote(copy) }));
  const nowMs = context.ports.clock.now();
  return {
    exitCode: 0,
    hints: [`holdfast restore ${app} KIND/NAME --cluster ${cluster}`],
    output: restoreReport(context, { app, cluster, copies: rows }, (style) =>
      restoreText(rows, nowMs, style),
    ),
  };
}
