import type { CommandSpec } from "./catalog.ts";

export const installCommand: CommandSpec = {
  name: "install",
  summary: "the agent of one cluster: prints its manifests, or applies them and waits",
  positionals: "",
  completes: "nothing",
  flags: [
    { flags: "--image <name>", summary: "of the agent: REGISTRY/holdfast:TAG or …@sha256:…" },
    { flags: "--values <file>", summary: "values of the chart; repeatable", repeatable: true },
    { flags: "--set <value>", summary: "one value, as in helm; repeatable", repeatable: true },
    { flags: "--apply", summary: "apply after a preview, and wait for the first Synced app" },
  ],
  examples: [
    {
      line: "holdfast install --repo https://git.example.com/acme/fleet --cluster prod-eu-1 --image registry.example.com/holdfast:0.1.0 --apply",
      says: "shows what it makes, asks, waits",
    },
    {
      line: "holdfast install --cluster prod-eu-1 --values rights.yaml > agent.yaml",
      says: "manifests, to be applied by somebody else",
    },
  ],
  answers: "0 printed, or the first app is Synced · 1 declined",
  load: async () => (await import("./install.ts")).install,
};

export const uninstallCommand: CommandSpec = {
  name: "uninstall",
  summary: "takes the agent off one cluster; what it made stays",
  positionals: "",
  completes: "nothing",
  flags: [{ flags: "--delete-objects", summary: "delete what the apps made, too" }],
  examples: [
    { line: "holdfast uninstall --cluster dev", says: "shows what goes and what stays, asks" },
    { line: "holdfast uninstall --cluster dev --delete-objects", says: "and the apps with it" },
  ],
  answers: "0 done · 1 declined, or something is left",
  load: async () => (await import("./uninstall.ts")).uninstall,
};
