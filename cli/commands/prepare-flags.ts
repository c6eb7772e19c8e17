import type { FlagSpec } from "./catalog.ts";

/** Flags of every command that prepares an edit of the config repository (cli.md §1). */
export const prepareFlags: readonly FlagSpec[] = [
  {
    flags: "--pr",
    summary: "push a new branch and open a pull request (GitHub, GitLab, Gitea; see --token-file)",
  },
  { flags: "--push", summary: "push a new branch; the tracked one is never touched" },
  { flags: "--patch <file>", summary: "write a patch there (-: stdout)" },
  {
    flags: "--token-file <file>",
    summary: "the forge's token for --pr (default: the variable HOLDFAST_FORGE_TOKEN)",
  },
];

/** Names of those that say where the change goes, as commander gives them. */
export const destinations = ["pr", "push", "patch"] as const;
