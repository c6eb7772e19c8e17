import type { CommandSpec } from "./catalog.ts";
import { clustersCommand } from "./list-clusters.ts";
import { driftCommand, resumeCommand, suspendCommand } from "./list-hands-on.ts";
import { installCommand, uninstallCommand } from "./list-install.ts";
import { checkCommand, rbacCommand } from "./list-rights.ts";
import {
  explainCommand,
  historyCommand,
  inventoryCommand,
  restoreCommand,
  rollbackCommand,
  waitCommand,
} from "./list-units.ts";
import { prepareFlags } from "./prepare-flags.ts";

const statusCommand: CommandSpec = {
  name: "status",
  summary: "what needs attention, then the fleet",
  positionals: "[app...]",
  completes: "apps",
  flags: [
    { flags: "--state <state>", summary: "only units in this state; repeatable", repeatable: true },
    { flags: "--all", summary: "every unit, not only those that need attention" },
    { flags: "-w, --watch", summary: "again and again; with -o json one line per answer" },
    { flags: "--live", summary: "ask the clusters, not the status records" },
    { flags: "--exit-code", summary: "exit 1 when something needs attention" },
  ],
  examples: [
    { line: "holdfast status", says: "the whole fleet" },
    { line: "holdfast status shop --cluster 'prod-*' --all", says: "one app, every unit" },
    { line: "holdfast status --exit-code -o json", says: "for scripts" },
  ],
  answers: "0 answered · 1 with --exit-code: something needs attention",
  load: async () => (await import("./status.ts")).status,
};

const diffCommand: CommandSpec = {
  name: "diff",
  summary: "what would change, grouped over clusters",
  positionals: "[app...]",
  completes: "apps",
  flags: [
    { flags: "--live", summary: "against the clusters, by server-side dry run (default)" },
    { flags: "--rev <a..b>", summary: "between two commits, offline; B empty: the work tree" },
    { flags: "--short", summary: "counts only" },
    { flags: "--clusters", summary: "name every cluster of a variant" },
    { flags: "--full", summary: "created and deleted objects in full, every variant in full" },
  ],
  examples: [
    { line: "holdfast diff shop --rev main..", says: "what my uncommitted work changes" },
    { line: "holdfast diff --rev v1..v2 --env prod", says: "between two commits, production only" },
    { line: "holdfast diff shop --cluster prod-eu-1", says: "against what runs there" },
  ],
  answers: "0 no difference · 1 differences",
  load: async () => (await import("./diff.ts")).diff,
};

const renderCommand: CommandSpec = {
  name: "render",
  summary: "the objects of an app as YAML, offline",
  positionals: "[app...]",
  completes: "apps",
  flags: [
    { flags: "--rev <rev>", summary: "of this commit instead of the work tree" },
    { flags: "--out <dir>", summary: "one file per app and cluster; needed for several clusters" },
    { flags: "--show-secrets", summary: "values of Secrets as they are" },
  ],
  examples: [
    { line: "holdfast render shop --cluster prod-eu-1", says: "to stdout" },
    { line: "holdfast render --out rendered", says: "every app for every cluster" },
  ],
  answers: "0 rendered · 1 invalid",
  load: async () => (await import("./render.ts")).render,
};

const validateCommand: CommandSpec = {
  name: "validate",
  summary: "every document, every app for every cluster, offline",
  positionals: "[path]",
  completes: "files",
  flags: [{ flags: "--rev <rev>", summary: "this commit instead of the work tree" }],
  examples: [
    { line: "holdfast validate", says: "the work tree, uncommitted changes included" },
    { line: "holdfast validate --cluster prod-eu-1", says: "what one cluster would run" },
    { line: "holdfast validate -o json", says: "for CI" },
  ],
  answers: "0 valid · 1 invalid",
  load: async () => (await import("./validate.ts")).validate,
};

const acceptCommand: CommandSpec = {
  name: "accept",
  summary: "let a held deletion through",
  positionals: "[app]",
  completes: "apps",
  flags: [
    { flags: "--plan <digest>", summary: "what is accepted; needed where nobody can be asked" },
    { flags: "--commit", summary: "prepare prune.accept in app.yaml, for the whole fleet" },
    { flags: "--max <n>", summary: "with --commit: at most so many deletions" },
    ...prepareFlags.map((flag) => ({ ...flag, summary: `with --commit: ${flag.summary}` })),
    { flags: "--tip <rev>", summary: "instead of an app: follow a rewritten branch" },
  ],
  examples: [
    { line: "holdfast accept shop --cluster prod-us-1", says: "shows what is held, then asks" },
    { line: "holdfast accept shop --cluster prod-us-1 --plan 8c1f2a --yes", says: "for scripts" },
    {
      line: "holdfast accept shop --commit --pr",
      says: "for every cluster, by Git",
    },
  ],
  answers: "0 accepted · 1 nothing held, declined, plan changed",
  load: async () => (await import("./accept.ts")).accept,
};

const syncCommand: CommandSpec = {
  name: "sync",
  summary: "fetch and reconcile now",
  positionals: "[app...]",
  completes: "apps",
  flags: [{ flags: "--wait", summary: "until it was obeyed and the app is Synced, or cannot be" }],
  examples: [
    { line: "holdfast sync shop --cluster prod-eu-1", says: "one app on one cluster" },
    { line: "holdfast sync --env dev --wait --yes", says: "every app of an environment" },
  ],
  answers: "0 requested; with --wait: Synced · 1 declined, not Synced",
  load: async () => (await import("./sync.ts")).sync,
};

const versionCommand: CommandSpec = {
  name: "version",
  summary: "of this command line",
  positionals: "",
  completes: "nothing",
  flags: [],
  examples: [{ line: "holdfast version -o json", says: "for bug reports" }],
  answers: "0",
  load: async () => (await import("./version.ts")).version,
};

const completionCommand: CommandSpec = {
  name: "completion",
  summary: "completion script for a shell",
  positionals: "<shell>",
  completes: "shells",
  flags: [],
  examples: [
    { line: "source <(holdfast completion bash)", says: "bash" },
    { line: "source <(holdfast completion zsh)", says: "zsh" },
    { line: "holdfast completion fish | source", says: "fish" },
  ],
  answers: "0",
  load: async () => (await import("./completion.ts")).completion,
};

const demoCommand: CommandSpec = {
  name: "demo",
  summary: "a whole fleet on this machine: API servers, Git, agents, the page",
  positionals: "",
  completes: "nothing",
  flags: [
    { flags: "--once", summary: "play the tour, check every step, and end" },
    { flags: "--port <port>", summary: "of the status page (default: 8081, or a free one)" },
  ],
  examples: [
    { line: "holdfast demo", says: "runs until Ctrl-C, prints what to try" },
    {
      line: "holdfast demo --once",
      says: "merge, hand edit, deletion held, revert; under a minute",
    },
  ],
  answers: "0 every step was seen to happen · 1 one was not",
  load: async () => (await import("./demo.ts")).demo,
};

/** In the order of help. */
export const commands: readonly CommandSpec[] = [
  statusCommand,
  explainCommand,
  diffCommand,
  renderCommand,
  validateCommand,
  acceptCommand,
  syncCommand,
  waitCommand,
  rollbackCommand,
  historyCommand,
  inventoryCommand,
  restoreCommand,
  driftCommand,
  suspendCommand,
  resumeCommand,
  clustersCommand,
  rbacCommand,
  checkCommand,
  installCommand,
  uninstallCommand,
  completionCommand,
  versionCommand,
  demoCommand,
];
