import { isJsonObject, type JsonObject } from "../../agent/model/json.ts";
import type { Dialect, ForgeKind, PullState } from "./forge.ts";

/** docs.github.com/rest/pulls/pulls; the version of the API is pinned by its header. */
const github: Dialect = {
  path: (project) => `/repos/${project}/pulls`,
  headers: (token) => ({
    accept: "application/vnd.github+json",
    "x-github-api-version": "2022-11-28",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }),
  body: ({ title, body, head, base }) => ({ title, body, head, base }),
  read: readPull,
  page: (web, { head, base }) => `${web}/compare/${branch(base)}...${branch(head)}?expand=1`,
};

/** docs.gitlab.com/api/merge_requests: a project is named by its path, as one part of the address. */
const gitlab: Dialect = {
  path: (project) => `/projects/${encodeURIComponent(project)}/merge_requests`,
  headers: (token) => (token === undefined ? {} : { "private-token": token }),
  body: ({ title, body, head, base }) => ({
    title,
    description: body,
    source_branch: head,
    target_branch: base,
  }),
  read: readMergeRequest,
  page: (web, { head, base }) => {
    const wish = new URLSearchParams({
      "merge_request[source_branch]": head,
      "merge_request[target_branch]": base,
    });
    return `${web}/-/merge_requests/new?${wish}`;
  },
};

/** The API of Gitea, and of Forgejo, which keeps to it. */
const gitea: Dialect = {
  path: (project) => `/repos/${project}/pulls`,
  headers: (token) => (token === undefined ? {} : { authorization: `token ${token}` }),
  body: ({ title, body, head, base }) => ({ title, body, head, base }),
  read: readPull,
  page: (web, { head, base }) => `${web}/compare/${branch(base)}...${branch(head)}`,
};

export const dialects: Readonly<Record<ForgeKind, Dialect>> = { github, gitlab, gitea };

function branch(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}

function readPull(answer: JsonObject): PullState | undefined {
  const { number, title, html_url: url, state, merged, merge_commit_sha: merge, base } = answer;
  const ref = isJsonObject(base) ? base.ref : undefined;
  if (typeof number !== "number" || typeof url !== "string") return undefined;
  const isMerged = merged === true;
  return {
    number,
    url,
    title: textOf(title),
    state: isMerged ? "merged" : openOr(state, "open"),
    base: textOf(ref),
    // GitHub names a trial merge there as long as the pull request is open.
    mergeCommit: isMerged && typeof merge === "string" ? merge : undefined,
  };
}

function readMergeRequest(answer: JsonObject): PullState | undefined {
  const { iid, title, web_url: url, state, target_branch: base } = answer;
  if (typeof iid !== "number" || typeof url !== "string") return undefined;
  const isMerged = state === "merged";
  return {
    number: iid,
    url,
    title: textOf(title),
    state: isMerged ? "merged" : openOr(state, "opened"),
    base: textOf(base),
    mergeCommit: isMerged ? mergeCommitOf(answer) : undefined,
  };
}

/** A fast-forward has no merge commit: the last commit of its branch is what came to the target. */
function mergeCommitOf({
  merge_commit_sha: merge,
  squash_commit_sha: squash,
  sha,
}: JsonObject): string | undefined {
  return [merge, squash, sha].find((one) => typeof one === "string");
}

function openOr(state: unknown, open: string): "open" | "closed" {
  return state === open ? "open" : "closed";
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
