import type { JsonObject } from "../../agent/model/json.ts";

export const forgeKinds = ["github", "gitlab", "gitea"] as const;
export type ForgeKind = (typeof forgeKinds)[number];

/** One repository on a forge. */
export interface ForgePlace {
  readonly kind: ForgeKind;
  /** Of its REST API, without a slash at the end. */
  readonly api: string;
  /** Of its pages, without a slash at the end. */
  readonly web: string;
  /** `acme/fleet`; on GitLab groups may nest. */
  readonly project: string;
}

export interface NewPull {
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  /** Branch that was pushed. */
  readonly head: string;
  /** Branch that it asks to be merged into. */
  readonly base: string;
}

export interface OpenedPull {
  readonly number: number;
  readonly url: string;
}

/** A pull request, or a merge request, as its forge tells it. */
export interface PullState extends OpenedPull {
  readonly title: string;
  readonly state: "open" | "closed" | "merged";
  /** Branch that it was, or would be, merged into. */
  readonly base: string;
  /** Full id of the commit on that branch; only when merged. */
  readonly mergeCommit: string | undefined;
}

export interface Forge {
  open(pull: NewPull, signal: AbortSignal): Promise<OpenedPull>;
  pull(number: number, signal: AbortSignal): Promise<PullState>;
}

/** What differs from forge to forge: paths, headers, names of fields. */
export interface Dialect {
  /** `/repos/acme/fleet/pulls` */
  path(project: string): string;
  headers(token: string | undefined): Readonly<Record<string, string>>;
  body(pull: NewPull): JsonObject;
  /** Undefined: the answer is not that of a pull request. */
  read(answer: JsonObject): PullState | undefined;
  /** Page on which a person opens it by hand. */
  page(web: string, pull: Pick<NewPull, "head" | "base">): string;
}
