import type { CommandSpec } from "./catalog.ts";

export const rbacCommand: CommandSpec = {
  name: "rbac",
  summary: "the least that the agent must be allowed, by what the apps render to",
  positionals: "[app...]",
  completes: "apps",
  flags: [
    { flags: "--rev <rev>", summary: "of this commit instead of the work tree" },
    { flags: "--values", summary: "as values of the chart (rbac.mode scoped)" },
    { flags: "--check", summary: "compare with what the agent has; exit 1 when they differ" },
    {
      flags: "--service-account <name>",
      summary: "the agent's, in the namespace of -n (default: holdfast)",
    },
    { flags: "--secrets-by-name", summary: "Secrets are read one by one, not watched" },
  ],
  examples: [
    { line: "holdfast rbac --cluster prod-eu-1", says: "rule by rule" },
    {
      line: "holdfast rbac --cluster prod-eu-1 --values > rules.yaml",
      says: "for helm upgrade -f rules.yaml",
    },
    { line: "holdfast rbac --cluster prod-eu-1 -o yaml", says: "as Roles and bindings" },
    { line: "holdfast rbac --cluster prod-eu-1 --check", says: "missing and surplus rights" },
  ],
  answers: "0 printed, nothing missing or surplus · 1 something is",
  load: async () => (await import("./rbac.ts")).rbac,
};

export const checkCommand: CommandSpec = {
  name: "check",
  summary: "whether the agent of one cluster is well installed, each line with its fix",
  positionals: "",
  completes: "nothing",
  flags: [
    { flags: "--pre", summary: "before anything is installed: version, clock, your rights" },
    { flags: "--service-account <name>", summary: "the agent's (default: holdfast)" },
  ],
  examples: [
    { line: "holdfast check --pre --context admin@eu1", says: "can an agent be installed there?" },
    { line: "holdfast check --cluster prod-eu-1", says: "is the installed one well?" },
  ],
  answers: "0 fine · 1 not",
  load: async () => (await import("./check.ts")).check,
};
