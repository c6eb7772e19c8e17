import {
  encodeInventory,
  fillRatio,
  inventoryCapBytes,
} from "../../agent/cluster/inventory-format.ts";
import type { Inventory } from "../../agent/model/inventory.ts";
import { refId } from "../../agent/model/object.ts";
import { cliApiVersion } from "../output/document.ts";
import { inventoryText } from "../output/inventory-text.ts";
import { askClusters } from "./ask-clusters.ts";
import type { CommandArguments } from "./catalog.ts";
import { type CommandContext, nowText } from "./context.ts";
import { oneTarget } from "./one-target.ts";
import { CliError, type CommandResult } from "./result.ts";
import type { Target } from "./targets.ts";

/** `holdfast inventory APP`: every object that the agent of one cluster tracks for the app, and how full its list is. */
export async function inventory(
  context: CommandContext,
  { positionals: [app = ""] }: CommandArguments,
): Promise<CommandResult> {
  const command = `holdfast inventory ${app}`;
  const target = await oneTarget(context, { what: "an inventory", command });
  const { answers, failures } = await askClusters(
    context,
    [target],
    ({ inventories }, _target, signal) => inventories.read(app, signal),
  );
  const [answered] = answers;
  if (answered === undefined) throw new CliError(failures, 3);
  const found = answered.answer?.value;
  return found === undefined ? none(context, app, target) : listing(context, found, target);
}

function none(context: CommandContext, app: string, { cluster }: Target): CommandResult {
  const draw = () =>
    `${app} has no inventory on ${cluster}: nothing of it was ever applied there.\n`;
  const facts = { app, cluster, entries: [] };
  return { exitCode: 1, output: { form: "document", document: reportOf(context, facts), draw } };
}

function listing(context: CommandContext, found: Inventory, { cluster }: Target): CommandResult {
  const { app, namespace, onRemove, commit, changeId, installation, implicit } = found;
  const { renders = [], rollback } = found;
  const entries = [...found.entries.values()].sort((a, b) =>
    refId(a.ref) < refId(b.ref) ? -1 : 1,
  );
  const size = {
    bytes: encodeInventory(found).length,
    capBytes: inventoryCapBytes,
    fillRatio: fillRatio(found),
  };
  const facts = {
    app,
    cluster,
    namespace,
    onRemove,
    commit,
    changeId,
    installation,
    implicit,
    renders,
    ...(rollback !== undefined && { rollback }),
    size,
  };
  const nowMs = context.ports.clock.now();
  return {
    exitCode: 0,
    output: {
      form: "document",
      document: reportOf(context, { ...facts, entries }),
      draw: (style) =>
        inventoryText({ app, cluster, commit, entries, renders, ...size, nowMs }, style),
    },
  };
}

function reportOf(context: CommandContext, facts: Readonly<Record<string, unknown>>) {
  const generatedAt = nowText(context);
  const head = { apiVersion: cliApiVersion, kind: "InventoryReport", generatedAt } as const;
  return { ...head, complete: true, problems: [], ...facts };
}
