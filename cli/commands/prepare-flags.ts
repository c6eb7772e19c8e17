import type { FlagSpec } from "./catalog.ts";

/** The token itself never stands on a command line, where other people of the machine see it. */
export const tokenFlag: FlagSpec = {
  flags: "--token-file <file>",
  summary: "the forge's token for --pr (default: the variable HOLDFAST_FORGE_TOKEN)",
};

/** Flags of every command that prepares an edit of the config repository (cli.md §1). */
export const prepareFlags: readonly FlagSpec[] = [
  {
    flags: "--pr",
    summary: "push a new branch and open a pull request (GitHub, GitLab, Gitea; see --token-file)",
  },
  { flags: "--push", summary: "push a new branch; the tracked one is never touched" },
  { flags: "--patch <file>", summary: "write a patch there (-: stdout)" },
  tokenFlag,
];

/** Names of those that say where the change goes, as commander gives them. */
export const destinations = ["pr", "push", "patch"] as const;
