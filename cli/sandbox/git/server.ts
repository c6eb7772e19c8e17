import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { type Misbehaviour, misbehave, spoil } from "./misbehave.ts";
import { advertiseReceive, receivePack } from "./receive-pack.ts";
import { createSandboxRepository, type SandboxRepository } from "./repository.ts";
import { advertiseUpload, advertiseV2, uploadPack } from "./upload-pack.ts";

export interface GitServerOptions {
  /** Default: a free one. */
  readonly port?: number;
  readonly user?: string;
  /** Basic-auth password; absent: everybody may read and push. */
  readonly token?: string;
  /** Names; default `fleet`. */
  readonly repositories?: readonly string[];
  /** `false`: an old server (G29). */
  readonly v2?: boolean;
  readonly shallow?: boolean;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly isAuthorized: boolean;
}

/** A running Git server; the shorthands act on its first repository. */
export interface SandboxGit extends Omit<SandboxRepository, "objects" | "refs" | "defaultBranch"> {
  /** Of the first repository, to clone from and push to. */
  readonly url: string;
  readonly port: number;
  repository(name: string): SandboxRepository;
  urlOf(name: string): string;
  /** From now on; undefined: behaves again. */
  misbehave(behaviour: Misbehaviour | undefined): void;
  /** Every request so far. */
  readonly requests: readonly SeenRequest[];
  /** Changes what is asked for, as when a token is revoked. */
  setToken(token: string | undefined): void;
  close(): Promise<void>;
}

/** Starts a Git smart-HTTP server on loopback: clone, fetch (shallow, protocol 0 and 2) and push. Nothing is kept when it closes. */
export async function startGitServer(options: GitServerOptions = {}): Promise<SandboxGit> {
  const names = options.repositories ?? ["fleet"];
  const repositories = new Map(names.map((name) => [name, createSandboxRepository()]));
  const first = repositories.get(names[0] ?? "") ?? createSandboxRepository();
  const requests: SeenRequest[] = [];
  const state: State = {
    options,
    repositories,
    requests,
    token: options.token,
    behaviour: undefined,
  };
  const server = createServer((request, response) => {
    handle(state, request, response).catch((error: unknown) => {
      response.writeHead(500).end(error instanceof Error ? error.message : "failed");
    });
  });
  const port = await listen(server, options.port ?? 0);
  const urlOf = (name: string) => `http://127.0.0.1:${port}/${name}.git`;

  function repository(name: string): SandboxRepository {
    const found = repositories.get(name);
    if (found === undefined) throw new Error(`No repository ${name}`);
    return found;
  }

  return {
    ...first,
    url: urlOf(names[0] ?? ""),
    port,
    repository,
    urlOf,
    requests,
    misbehave: (behaviour) => {
      state.behaviour = behaviour;
    },
    setToken: (token) => {
      state.token = token;
    },
    close: () => stop(server),
  };
}

interface State {
  readonly options: GitServerOptions;
  readonly repositories: ReadonlyMap<string, SandboxRepository>;
  readonly requests: SeenRequest[];
  token: string | undefined;
  behaviour: Misbehaviour | undefined;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function handle(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const { authorization } = request.headers;
  const method = request.method ?? "GET";
  const path = url.pathname + url.search;
  state.requests.push({ method, path, isAuthorized: authorization !== undefined });
  const { behaviour } = state;
  if (behaviour !== undefined && (await misbehave(behaviour, request, response))) return;
  if (!isAllowed(state, authorization)) {
    const realm = { "www-authenticate": 'Basic realm="holdfast sandbox"' };
    response.writeHead(401, realm).end("Log in");
    return;
  }
  const asked = routeOf(state, url);
  if (asked === undefined) {
    response.writeHead(404).end("No such repository");
    return;
  }
  await answer({ ...state, ...asked, behaviour }, request, response);
}

interface Route {
  readonly repository: SandboxRepository;
  readonly service: string;
  readonly isAdvertisement: boolean;
}

const route = /^\/(.+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

function routeOf({ repositories }: State, url: URL): Route | undefined {
  const [, name = "", action = ""] = route.exec(url.pathname) ?? [];
  const repository = repositories.get(name);
  const isAdvertisement = action === "info/refs";
  const service = isAdvertisement ? (url.searchParams.get("service") ?? "") : action;
  return repository === undefined ? undefined : { repository, service, isAdvertisement };
}

async function answer(
  asked: State & Route,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { repository, service, isAdvertisement, options, behaviour } = asked;
  const wantsV2 = String(request.headers["git-protocol"] ?? "").includes("version=2");
  const body = await bodyOf(request);
  const exchange = { repository, isV2: wantsV2 && options.v2 !== false, body, options };
  const told = isAdvertisement ? advertise(exchange, service) : serve(exchange, service);
  const kind = isAdvertisement ? "advertisement" : "result";
  response.writeHead(200, {
    "content-type": `application/x-${service}-${kind}`,
    "cache-control": "no-cache",
  });
  const isFetch = kind === "result" && service === "git-upload-pack";
  const isPack = isFetch && !body.includes("command=ls-refs");
  response.end(isPack ? spoil(behaviour, told) : told);
}

function isAllowed({ token, options }: State, authorization: string | undefined): boolean {
  if (token === undefined) return true;
  const [, encoded = ""] = /^Basic (.+)$/i.exec(authorization ?? "") ?? [];
  const [user, ...password] = Buffer.from(encoded, "base64").toString().split(":");
  return password.join(":") === token && (options.user === undefined || options.user === user);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks);
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}

interface Exchange {
  readonly repository: SandboxRepository;
  readonly isV2: boolean;
  readonly body: Buffer;
  readonly options: GitServerOptions;
}

function advertise({ repository, isV2, options }: Exchange, service: string): Buffer {
  if (service === "git-receive-pack") return advertiseReceive(repository);
  const upload = { shallow: options.shallow !== false, v2: isV2 };
  return isV2 ? advertiseV2(upload) : advertiseUpload(repository, upload);
}

function serve({ repository, isV2, body }: Exchange, service: string): Buffer {
  return service === "git-receive-pack"
    ? receivePack(repository, body)
    : uploadPack(repository, body, isV2);
}
