import type { CommandSpec } from "./catalog.ts";
import { driftActions } from "./drift-actions.ts";
import { prepareFlags } from "./prepare-flags.ts";

const forClusters = prepareFlags.map((flag) => ({
  ...flag,
  summary: `without an app: ${flag.summary}`,
}));

/** Hands off, for a while. */
export const suspendCommand: CommandSpec = {
  name: "suspend",
  summary: "write nothing of an app, or to a whole cluster, until a time",
  positionals: "[app]",
  completes: "apps",
  flags: [
    { flags: "--reason <text>", summary: "shown wherever it has an effect; needed" },
    { flags: "--until <time>", summary: "2h, or 2026-11-22T06:00:00Z; at most 7d; needed" },
    ...forClusters,
  ],
  examples: [
    {
      line: "holdfast suspend shop --cluster prod-eu-1 --reason 'INC-9: patched by hand' --until 2h",
      says: "an app, at once; it ends by itself",
    },
    {
      line: "holdfast suspend --cluster prod-eu-1 --reason 'DC move' --until 2d --pr",
      says: "a whole cluster, by Git",
    },
  ],
  answers: "0 suspended, prepared · 1 declined, nothing to suspend",
  load: async () => (await import("./suspend.ts")).suspend,
};

export const resumeCommand: CommandSpec = {
  name: "resume",
  summary: "let a suspended app or cluster go on before its time",
  positionals: "[app]",
  completes: "apps",
  flags: forClusters,
  examples: [
    { line: "holdfast resume shop --cluster prod-eu-1", says: "an app; drift is set back again" },
    { line: "holdfast resume --cluster prod-eu-1 --push", says: "a whole cluster, by Git" },
  ],
  answers: "0 goes on, prepared · 1 declined, not suspended",
  load: async () => (await import("./suspend.ts")).resume,
};

/** What differs from Git by somebody else's hand, and what to do about it. */
export const driftCommand: CommandSpec = {
  name: "drift",
  summary: `what differs from what was applied: ${driftActions.join(" | ")}`,
  positionals: "<action> [words...]",
  actions: driftActions,
  completes: "apps",
  flags: [
    { flags: "--live", summary: "with list: fields, values and managers, by asking the clusters" },
    { flags: "--ignored", summary: "with list: what drift.ignore hides, too, and by which rule" },
    { flags: "--as <way>", summary: "with adopt: value (Git says what lives) | ignore (a rule)" },
    ...prepareFlags.map((flag) => ({ ...flag, summary: `with adopt: ${flag.summary}` })),
  ],
  examples: [
    { line: "holdfast drift list", says: "how many objects of which app differ, by status" },
    {
      line: "holdfast drift list --env prod --live",
      says: "each field: who, since when, and what is done",
    },
    {
      line: "holdfast drift show web Deployment/web --cluster prod-eu-3",
      says: "one object in full",
    },
    {
      line: "holdfast drift adopt web Deployment/web --as value --cluster prod-eu-3 --pr",
      says: "a hot patch into Git, where a person wrote the other value",
    },
    {
      line: "holdfast drift adopt web --as ignore --patch -",
      says: "leave these fields to others",
    },
  ],
  answers: "0 none, prepared · 1 some, nothing to adopt, declined",
  load: async () => (await import("./drift.ts")).drift,
};
