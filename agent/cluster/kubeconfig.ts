import { readFileSync } from "node:fs";
import { type Cluster, KubeConfig, type User } from "@kubernetes/client-node";

/** Which credentials: the pod's own, a file's, or what kubectl would use. */
export interface KubeconfigChoice {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly inCluster?: boolean;
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

/** Client-node parses kubeconfig and runs exec plugins; it never sends a request for us (T-1, T-7). */
export async function loadCredentials(settings: KubeconfigChoice): Promise<Credentials> {
  const config = new KubeConfig();
  if (settings.inCluster === true) config.loadFromCluster();
  else if (settings.kubeconfig !== undefined) config.loadFromFile(settings.kubeconfig);
  else config.loadFromDefault();
  if (settings.context !== undefined) useContext(config, settings.context);
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (cluster === null || user === null) {
    throw new Error(`The kubeconfig has no usable context "${config.getCurrentContext()}".`);
  }
  refuseUnsafe(cluster, user);
  return credentialsOf(config, cluster, user);
}

async function credentialsOf(
  config: KubeConfig,
  cluster: Cluster,
  user: User,
): Promise<Credentials> {
  const ca = pem(cluster.caData, cluster.caFile);
  const issued = user.exec === undefined ? undefined : await runPlugin(config);
  const cert = issued?.cert ?? pem(user.certData, user.certFile);
  const key = issued?.key ?? pem(user.keyData, user.keyFile);
  return {
    server: cluster.server,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(cluster.tlsServerName !== undefined && { servername: cluster.tlsServerName }),
    authorization: () => authorizationOf(config, user),
  };
}

async function authorizationOf(config: KubeConfig, user: User): Promise<string | undefined> {
  if (user.exec !== undefined) return (await runPlugin(config)).authorization;
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

async function runPlugin(config: KubeConfig): Promise<Issued> {
  const options: { headers: Record<string, string>; cert?: unknown; key?: unknown } = {
    headers: {},
  };
  await config.applyToHTTPSOptions(options as Parameters<KubeConfig["applyToHTTPSOptions"]>[0]);
  const authorization = options.headers.Authorization;
  return {
    ...(authorization !== undefined && { authorization }),
    ...(options.cert !== undefined && { cert: String(options.cert) }),
    ...(options.key !== undefined && { key: String(options.key) }),
  };
}

/** `loadFromCluster` names the pod's token as an auth provider of its own. */
function tokenFileOf(user: User): string | undefined {
  const file: unknown = user.authProvider?.config?.tokenFile;
  return typeof file === "string" ? file : undefined;
}

function useContext(config: KubeConfig, context: string): void {
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new Error(`The kubeconfig has no context "${context}"; it has ${known.join(", ")}.`);
  }
  config.setCurrentContext(context);
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
