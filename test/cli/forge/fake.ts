import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FakeForge {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly heard: readonly Heard[];
  close(): Promise<void>;
}

/** A forge that answers one request after the other and writes down what it was asked. `undefined`: it never answers. */
export async function startForge(
  answerTo: (heard: Heard) => Answer | undefined,
): Promise<FakeForge> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const one: Heard = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body,
      };
      heard.push(one);
      const answer = answerTo(one);
      if (answer !== undefined) write(response, answer);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    origin: `http://127.0.0.1:${port}`,
    heard,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function read(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? undefined : JSON.parse(text);
}

function write(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const text = typeof body === "string" ? body : JSON.stringify(body ?? {});
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(text);
}

const [merge, head] = ["a".repeat(40), "b".repeat(40)];

/** Endpoints, headers and fields as the forges' own API documents say. */
export const realistic = {
  /** docs.github.com/rest/pulls/pulls, version 2022-11-28 */
  github: {
    open: { method: "POST", path: "/repos/acme/fleet/pulls" },
    read: { method: "GET", path: "/repos/acme/fleet/pulls/412" },
    authorization: { authorization: "Bearer s3cret", "x-github-api-version": "2022-11-28" },
    body: (title: string, body: string) => ({ title, body, head: "revert-shop", base: "main" }),
    opened: {
      id: 1,
      number: 412,
      state: "open",
      merged: false,
      merge_commit_sha: merge,
      title: "Roll back shop",
      html_url: "https://forge.example/acme/fleet/pull/412",
      head: { ref: "revert-shop", sha: head },
      base: { ref: "main" },
    },
    merged: { state: "closed", merged: true },
    exists: {
      status: 422,
      body: {
        message: "Validation Failed",
        errors: [
          {
            resource: "PullRequest",
            code: "custom",
            message: "A pull request already exists for acme:revert-shop.",
          },
        ],
      },
      says: "A pull request already exists",
    },
  },
  /** docs.gitlab.com/api/merge_requests */
  gitlab: {
    open: { method: "POST", path: "/projects/acme%2Ffleet/merge_requests" },
    read: { method: "GET", path: "/projects/acme%2Ffleet/merge_requests/412" },
    authorization: { "private-token": "s3cret" },
    body: (title: string, description: string) => ({
      title,
      description,
      source_branch: "revert-shop",
      target_branch: "main",
    }),
    opened: {
      id: 90_001,
      iid: 412,
      state: "opened",
      title: "Roll back shop",
      web_url: "https://forge.example/acme/fleet/-/merge_requests/412",
      source_branch: "revert-shop",
      target_branch: "main",
      sha: head,
      merge_commit_sha: null,
      squash_commit_sha: null,
    },
    merged: { state: "merged", merge_commit_sha: merge },
    exists: {
      status: 409,
      body: {
        message: ["Another open merge request already exists for this source branch: !411"],
      },
      says: "Another open merge request already exists",
    },
  },
  /** The API that Gitea describes in its swagger document; Forgejo keeps to it. */
  gitea: {
    open: { method: "POST", path: "/repos/acme/fleet/pulls" },
    read: { method: "GET", path: "/repos/acme/fleet/pulls/412" },
    authorization: { authorization: "token s3cret" },
    body: (title: string, body: string) => ({ title, body, head: "revert-shop", base: "main" }),
    opened: {
      id: 7,
      number: 412,
      state: "open",
      merged: false,
      merge_commit_sha: null,
      title: "Roll back shop",
      html_url: "https://forge.example/acme/fleet/pulls/412",
      base: { ref: "main" },
    },
    merged: { state: "closed", merged: true, merge_commit_sha: merge },
    exists: {
      status: 409,
      body: { message: "pull request already exists for these targets", url: "https://x/swagger" },
      says: "already exists for these targets",
    },
  },
} as const;

export const mergeCommit = merge;
export const headCommit = head;
