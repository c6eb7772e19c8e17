import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Cluster, Context, User } from "@kubernetes/client-node";
import { newClusters, newContexts, newUsers } from "@kubernetes/client-node/dist/config_types.js";
import { ExecAuth } from "@kubernetes/client-node/dist/exec_auth.js";
import { load } from "js-yaml";
import { isJsonObject } from "../model/json.ts";

/** Which credentials: a file's, the pod's own, or what kubectl would use. */
export interface KubeconfigChoice {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Where pods of this cluster find the API server: `https://host:port`. Counts when no file is named. */
  readonly podServer?: string;
}

export interface Credentials {
  readonly server: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  /** Asks the token file or the exec plugin each time; the caller keeps the answer for a while. */
  authorization(): Promise<string | undefined>;
}

/** What a kubeconfig says, as client-node reads it. */
interface Known {
  readonly clusters: readonly Cluster[];
  readonly users: readonly User[];
  readonly contexts: readonly Context[];
  readonly currentContext: string;
}

const account = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Client-node parses kubeconfig and runs exec plugins; it never sends a request for us (T-1, T-2, T-7). The whole of it costs a
 * second and 80 MiB, so an agent takes only these two parts, and the CLI the rest where several files are merged.
 */
export async function loadCredentials(settings: KubeconfigChoice): Promise<Credentials> {
  const known = await knownOf(settings);
  const { context: name = known.currentContext } = settings;
  const context = known.contexts.find((each) => each.name === name);
  if (context === undefined && settings.context !== undefined) {
    const names = known.contexts.map((each) => each.name);
    throw new Error(`The kubeconfig has no context "${name}"; it has ${names.join(", ")}.`);
  }
  const cluster = known.clusters.find((each) => each.name === context?.cluster);
  const user = known.users.find((each) => each.name === context?.user);
  if (cluster === undefined || user === undefined) {
    throw new Error(`The kubeconfig has no usable context "${name}".`);
  }
  refuseUnsafe(cluster, user);
  return credentialsOf(new ExecAuth(), cluster, user);
}

async function knownOf({ kubeconfig, podServer }: KubeconfigChoice): Promise<Known> {
  if (kubeconfig !== undefined) return knownIn(kubeconfig);
  if (podServer !== undefined && existsSync(`${account}/token`)) return podAccount(podServer);
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromDefault();
  return config;
}

function knownIn(file: string): Known {
  const content = load(readFileSync(file, "utf8"));
  const { clusters, users, contexts, ...rest } = isJsonObject(content) ? content : {};
  const at = (path: string | undefined) =>
    path === undefined || path === "" ? {} : { path: resolve(dirname(file), path) };
  return {
    clusters: newClusters(clusters).map((cluster) => {
      const { path: caFile } = at(cluster.caFile);
      return { ...cluster, ...(caFile !== undefined && { caFile }) };
    }),
    users: newUsers(users).map((user) => {
      const [{ path: certFile }, { path: keyFile }] = [at(user.certFile), at(user.keyFile)];
      return {
        ...user,
        ...(certFile !== undefined && { certFile }),
        ...(keyFile !== undefined && { keyFile }),
      };
    }),
    contexts: newContexts(contexts),
    currentContext: String(rest["current-context"] ?? ""),
  };
}

/** What every pod is given. */
function podAccount(server: string): Known {
  const name = "pod";
  const authProvider = { name: "tokenFile", config: { tokenFile: `${account}/token` } };
  return {
    clusters: [{ name, server, caFile: `${account}/ca.crt`, skipTLSVerify: false }],
    users: [{ name, authProvider }],
    contexts: [{ name, cluster: name, user: name }],
    currentContext: name,
  };
}

async function credentialsOf(
  plugins: ExecAuth,
  cluster: Cluster,
  user: User,
): Promise<Credentials> {
  const ca = pem(cluster.caData, cluster.caFile);
  const issued = hasPlugin(user) ? await runPlugin(plugins, user) : undefined;
  const cert = issued?.cert ?? pem(user.certData, user.certFile);
  const key = issued?.key ?? pem(user.keyData, user.keyFile);
  return {
    server: cluster.server,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(cluster.tlsServerName !== undefined && { servername: cluster.tlsServerName }),
    authorization: () => authorizationOf(plugins, user),
  };
}

async function authorizationOf(plugins: ExecAuth, user: User): Promise<string | undefined> {
  if (hasPlugin(user)) return (await runPlugin(plugins, user)).authorization;
  const file = tokenFileOf(user);
  if (file !== undefined) return `Bearer ${readFileSync(file, "utf8").trim()}`;
  if (user.token !== undefined) return `Bearer ${user.token}`;
  if (user.username === undefined) return undefined;
  const pair = Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64");
  return `Basic ${pair}`;
}

interface Issued {
  readonly authorization?: string;
  readonly cert?: string;
  readonly key?: string;
}

async function runPlugin(plugins: ExecAuth, user: User): Promise<Issued> {
  const options: { headers: Record<string, string>; cert?: unknown; key?: unknown } = {
    headers: {},
  };
  await plugins.applyAuthentication(
    user,
    options as Parameters<ExecAuth["applyAuthentication"]>[1],
  );
  const authorization = options.headers.Authorization;
  return {
    ...(authorization !== undefined && { authorization }),
    ...(options.cert !== undefined && { cert: String(options.cert) }),
    ...(options.key !== undefined && { key: String(options.key) }),
  };
}

function hasPlugin({ exec }: User): boolean {
  return exec !== undefined && exec !== null;
}

/** `loadFromCluster` names the pod's token as an auth provider of its own. */
function tokenFileOf(user: User): string | undefined {
  const file: unknown = user.authProvider?.config?.tokenFile;
  return typeof file === "string" ? file : undefined;
}

function refuseUnsafe(cluster: Cluster, user: User): void {
  if (cluster.skipTLSVerify) {
    throw new Error(
      `Cluster "${cluster.name}" sets insecure-skip-tls-verify: give its certificate-authority instead.`,
    ); // NEG-70
  }
  if (cluster.proxyUrl !== undefined) {
    throw new Error(`Cluster "${cluster.name}" sets proxy-url, which Holdfast does not use.`);
  }
  if (user.authProvider !== undefined && tokenFileOf(user) === undefined) {
    throw new Error(`User "${user.name}" has an auth-provider, which kubectl dropped: use exec.`);
  }
}

function pem(data: string | undefined, file: string | undefined): string | undefined {
  if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
  return file === undefined ? undefined : readFileSync(file, "utf8");
}
