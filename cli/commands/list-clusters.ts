import type { CommandSpec } from "./catalog.ts";
import { clusterActions } from "./cluster-actions.ts";
import { prepareFlags } from "./prepare-flags.ts";

/** The clusters of the fleet: what Git says of them, who runs where, and edits of their files. */
export const clustersCommand: CommandSpec = {
  name: "clusters",
  summary: `the clusters of the fleet: ${clusterActions.join(" | ")}`,
  positionals: "<action> [words...]",
  completes: "clusters",
  flags: [
    { flags: "--label <k=v>", summary: "with add: a label; repeatable", repeatable: true },
    { flags: "--value <k=v>", summary: "with add: a value, as YAML; repeatable", repeatable: true },
    {
      flags: "--replace",
      summary: "with add: the cluster was rebuilt; its file gets the UID that --context shows",
    },
    { flags: "--live", summary: "with list, get: ask the clusters, not the status records" },
    ...prepareFlags.map((flag) => ({ ...flag, summary: `with add, label: ${flag.summary}` })),
  ],
  examples: [
    { line: "holdfast clusters list", says: "labels, agent, apps, worst state" },
    { line: "holdfast clusters get prod-eu-1", says: "one of them, app by app" },
    { line: "holdfast clusters targets shop", says: "who gets it, and why others do not" },
    {
      line: "holdfast clusters add prod-eu-2 --label env=prod --value replicas=3 --pr",
      says: "its file, as a pull request",
    },
    {
      line: "holdfast clusters add prod-eu-2 --context admin@eu2 --label env=prod",
      says: "with UID and version as the cluster says them",
    },
    {
      line: "holdfast clusters add prod-eu-2 --records hub/holdfast-records",
      says: "with its object, role and token in the records cluster",
    },
    { line: "holdfast clusters label prod-eu-2 tier=gold canary-", says: "which apps come and go" },
    { line: "holdfast clusters doctor prod-eu-1", says: "what is wrong there, each with its fix" },
  ],
  answers: "0 answered, prepared, fine · 1 declined, nothing to change, not fine",
  load: async () => (await import("./clusters.ts")).clusters,
};
