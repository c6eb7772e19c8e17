import type { CommandSpec } from "./catalog.ts";
import { prepareFlags, tokenFlag } from "./prepare-flags.ts";

/** What has happened to an app, by the agents' own memory. */
export const historyCommand: CommandSpec = {
  name: "history",
  summary: "the changes of an app, and how far each got",
  positionals: "<app>",
  completes: "apps",
  flags: [
    { flags: "--limit <n>", summary: "at most so many changes (20, as many as agents keep)" },
    { flags: "--live", summary: "ask the clusters: status records hold the last five changes" },
  ],
  examples: [
    { line: "holdfast history shop", says: "newest first, over all clusters" },
    { line: "holdfast history shop --env prod -o json", says: "with the entry of every cluster" },
  ],
  answers: "0 answered",
  load: async () => (await import("./history.ts")).history,
};

/** What one agent tracks. */
export const inventoryCommand: CommandSpec = {
  name: "inventory",
  summary: "the objects that the agent of one cluster tracks for an app",
  positionals: "<app>",
  completes: "apps",
  flags: [],
  examples: [
    {
      line: "holdfast inventory shop --cluster prod-eu-1",
      says: "objects, their states, the size",
    },
    {
      line: "holdfast inventory shop --context admin@eu1 -o wide",
      says: "with UIDs, no repository",
    },
  ],
  answers: "0 listed · 1 nothing was ever applied there",
  load: async () => (await import("./inventory.ts")).inventory,
};

/** What the agent kept of the objects it deleted. */
export const restoreCommand: CommandSpec = {
  name: "restore",
  summary: "what was pruned, as it last lived; without objects: the list",
  positionals: "<app> [object...]",
  completes: "apps",
  flags: [
    { flags: "--from <rev>", summary: "as this commit dropped it (default: the newest copy)" },
  ],
  examples: [
    { line: "holdfast restore shop --cluster prod-us-7", says: "what is kept there" },
    { line: "holdfast restore shop CronJob/legacy-import --cluster prod-us-7", says: "one object" },
    { line: "holdfast restore shop --from 3f1c2d9 --cluster prod-us-7", says: "all it dropped" },
  ],
  answers: "0 listed, restored · 1 nothing kept, declined",
  load: async () => (await import("./restore.ts")).restore,
};

/** Back to what was live, by a commit. */
export const rollbackCommand: CommandSpec = {
  name: "rollback",
  summary: "prepare a commit that brings an app back to what was live",
  positionals: "<app>",
  completes: "apps",
  flags: [
    { flags: "--to <rev>", summary: "this commit (default: the last one live on every cluster)" },
    {
      flags: "--now",
      summary: "on the clusters at once, to a healthy render that their agents kept; no commit",
    },
    { flags: "--reason <text>", summary: "with --now: why, for the status" },
    { flags: "--until <time>", summary: "with --now: 2h, or a time (default: the next change)" },
    ...prepareFlags,
  ],
  examples: [
    { line: "holdfast rollback shop", says: "what it would do; then asks where it should go" },
    { line: "holdfast rollback shop --pr --yes", says: "a pull request from revert-shop-3f1c2d9" },
    { line: "holdfast rollback shop --push", says: "asks, then pushes that branch alone" },
    { line: "holdfast rollback shop --to v1.8 --patch back.patch", says: "no cluster is asked" },
    {
      line: 'holdfast rollback shop --now --reason "orders fail" --cluster prod-us-7',
      says: "without Git, until the next change",
    },
  ],
  answers: "0 prepared, requested · 1 nothing to go back to, declined",
  load: async () => (await import("./rollback.ts")).rollback,
};

/** For pipelines: blocks until a commit runs. */
export const waitCommand: CommandSpec = {
  name: "wait",
  summary: "until a commit is live",
  positionals: "[app...]",
  completes: "apps",
  flags: [
    { flags: "--rev <rev>", summary: "this commit (default: the one that is checked out)" },
    { flags: "--require <share>", summary: "of the clusters (100%)" },
    { flags: "--fail-fast", summary: "end as soon as a unit needs attention" },
    { flags: "--live", summary: "ask the clusters, not the status records" },
  ],
  examples: [
    { line: "holdfast wait --env prod --timeout 15m", says: "all apps, every production cluster" },
    { line: "holdfast wait shop --rev v1.8 --require 90% --fail-fast", says: "for pipelines" },
  ],
  answers: "0 live · 1 with --fail-fast: something needs attention",
  load: async () => (await import("./wait.ts")).wait,
};

/** Why a change is not live. */
export const explainCommand: CommandSpec = {
  name: "explain",
  summary: "how far a commit got, stage by stage, and what stands in its way",
  positionals: "<app|kind/name>",
  completes: "apps",
  flags: [
    { flags: "--rev <rev>", summary: "this commit (default: the newest that touches the app)" },
    { flags: "--pr <number>", summary: "the commit by which this pull request was merged" },
    { flags: "--value <path>", summary: "instead: which file and line a value comes from" },
    tokenFlag,
  ],
  examples: [
    { line: "holdfast explain shop --cluster prod-eu-1", says: "one cluster, with cause and fix" },
    { line: "holdfast explain shop --rev v1.8", says: "the worst cluster, and how many are live" },
    { line: "holdfast explain shop --pr 412 --env prod", says: "what became of a pull request" },
    { line: "holdfast explain Deployment/web --cluster prod-eu-1", says: "by one of its objects" },
    {
      line: "holdfast explain shop --value replicas --cluster prod-eu-1",
      says: "who says it, and what that hides",
    },
  ],
  answers: "0 live, or said somewhere · 1 not",
  load: async () => (await import("./explain.ts")).explain,
};
