import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether this machine's Git can serve over HTTP. */
export const hasGit = (() => {
  try {
    execFileSync("git", ["http-backend"], { stdio: "ignore", env: { PATH: process.env.PATH } });
    return true;
  } catch (error) {
    // Without a request it answers with an error of its own, which is enough to know that it is there.
    return (
      error instanceof Error && "status" in error && error.status !== 127 && error.status !== null
    );
  }
})();

export interface RealGit {
  readonly url: string;
  /** A work tree with `origin` set to the served repository. */
  readonly work: string;
  readonly bare: string;
  git(...args: string[]): string;
  close(): Promise<void>;
}

/** A bare repository served by `git http-backend`, and a clone of it to commit in. */
export async function startRealGit(): Promise<RealGit> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-git-"));
  const bare = join(folder, "fleet.git");
  const work = join(folder, "work");
  runGit(folder, ["init", "-q", "--bare", "-b", "main", bare]);
  runGit(bare, ["config", "http.receivepack", "true"]);
  runGit(folder, ["init", "-q", "-b", "main", work]);
  runGit(work, ["remote", "add", "origin", bare]);
  const server = createServer((request, response) => bridge(folder, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}/fleet.git`,
    work,
    bare,
    git: (...args) => runGit(work, args),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let seconds = 1_767_225_600;

/** Runs the real Git without any of this machine's settings. */
export function runGit(cwd: string, args: readonly string[]): string {
  seconds += 1;
  const who = { name: "Ada", email: "ada@example.com" };
  return execFileSync("git", args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      HOME: cwd,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      GIT_AUTHOR_NAME: who.name,
      GIT_AUTHOR_EMAIL: who.email,
      GIT_COMMITTER_NAME: who.name,
      GIT_COMMITTER_EMAIL: who.email,
      GIT_AUTHOR_DATE: `${seconds} +0000`,
      GIT_COMMITTER_DATE: `${seconds} +0000`,
    },
  }).trim();
}

/** CGI, as far as `git http-backend` needs it. */
function bridge(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_NOSYSTEM: "1",
      HOME: root,
      REQUEST_METHOD: request.method,
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: String(request.headers["content-encoding"] ?? ""),
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      REMOTE_USER: "tester",
    },
  });
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.on("close", () => answer(Buffer.concat(chunks), response));
}

function answer(output: Buffer, response: ServerResponse): void {
  const end = output.indexOf("\r\n\r\n");
  const headers = output.subarray(0, end).toString().split("\r\n");
  for (const header of headers) {
    const colon = header.indexOf(":");
    const name = header.slice(0, colon);
    const value = header.slice(colon + 1).trim();
    if (name === "Status") response.statusCode = Number.parseInt(value, 10);
    else if (colon > 0) response.setHeader(name, value);
  }
  response.end(output.subarray(end + 4));
}
