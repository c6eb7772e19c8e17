import type { CommandArguments } from "./catalog.ts";
import { type ClusterAction, clusterActions } from "./cluster-actions.ts";
import type { CommandContext } from "./context.ts";
import { choiceFlag, listFlag, usage } from "./globals.ts";
import { destinations } from "./prepare-flags.ts";
import type { CommandResult } from "./result.ts";

/** `holdfast clusters ACTION`: each loads its own code. */
export async function clusters(
  context: CommandContext,
  { positionals: [action = "", ...words], flags }: CommandArguments,
): Promise<CommandResult> {
  const chosen = choiceFlag("clusters", action, clusterActions);
  checkFlags(chosen, flags);
  const isLive = flags.live === true;
  switch (chosen) {
    case "list":
      return await (await import("./clusters-list.ts")).listClusters(context, { isLive });
    case "get":
      return await (await import("./clusters-get.ts")).getCluster(context, {
        name: one(chosen, words),
        isLive,
      });
    case "targets":
      return await (await import("./clusters-targets.ts")).targets(context, one(chosen, words));
    case "add": {
      const wish = { name: one(chosen, words), flags };
      if (flags.replace === true) {
        return await (await import("./clusters-replace.ts")).replaceCluster(context, wish);
      }
      if (context.options.records !== undefined && (await isKnown(context, wish.name))) {
        return await (await import("./add-record.ts")).addRecord(context, wish.name);
      }
      return await (await import("./clusters-add.ts")).addCluster(context, wish);
    }
    case "doctor": {
      const { examineClusters } = await import("./clusters-doctor.ts");
      const name = words.length === 0 ? undefined : one(chosen, words);
      return await examineClusters(context, { name, flags });
    }
    case "label": {
      const { labelCluster } = await import("./clusters-label.ts");
      const [name = "", ...edits] = words;
      if (edits.length === 0) throw usage("label what how?", examples.label);
      return await labelCluster(context, { name, edits, flags });
    }
  }
}

const examples: Readonly<Record<ClusterAction, string>> = {
  list: "holdfast clusters list",
  get: "holdfast clusters get prod-eu-1",
  targets: "holdfast clusters targets shop",
  add: "holdfast clusters add prod-eu-2 --label env=prod",
  label: "holdfast clusters label prod-eu-1 tier=gold canary-",
  doctor: "holdfast clusters doctor prod-eu-1",
};

function one(action: ClusterAction, words: readonly string[]): string {
  const [name, ...more] = words;
  if (name !== undefined && more.length === 0) return name;
  throw usage(`clusters ${action} needs one name`, examples[action]);
}

function checkFlags(action: ClusterAction, flags: CommandArguments["flags"]): void {
  const facts = [...listFlag(flags, "label"), ...listFlag(flags, "value")];
  if (action !== "add" && (facts.length > 0 || flags.replace === true)) {
    const what = `--label, --value and --replace are for clusters add, not ${action}`;
    throw usage(what, examples.add);
  }
  const writes = action === "add" || action === "label";
  if (!writes && destinations.some((name) => flags[name] !== undefined)) {
    const next = "--pr, --push and --patch are for add and label";
    throw usage(`clusters ${action} writes nothing`, next);
  }
}

async function isKnown(context: CommandContext, name: string): Promise<boolean> {
  const { knownClusters } = await import("./fleet-view.ts");
  const { openFleet, withRepository } = await import("./repository.ts");
  return await withRepository(context, async (repository) =>
    knownClusters(await openFleet(context, await repository.newest())).includes(name),
  );
}
