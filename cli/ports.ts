import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname } from "node:path";
import type { ToolPlaces } from "../agent/children/tools.ts";
import { createHasher } from "../agent/rendering/hasher.ts";
import { systemClock as clock, systemRandom as random } from "../agent/schedule/system.ts";
import type { RecordReader } from "../agent/status/carrier.ts";
import type {
  CliPorts,
  ConnectedCluster,
  ConnectWish,
  Contexts,
  RecordsCluster,
} from "./commands/context.ts";
import type { RecordsPlace } from "./commands/records-place.ts";
import { CliError } from "./commands/result.ts";
import type { ClonePlace } from "./repositories.ts";

/** What the environment says about kubeconfigs and TLS; read in main.ts. */
export interface KubeEnvironment {
  readonly kubeconfig: string | undefined;
  readonly tlsRejectUnauthorized: string | undefined;
  /** To open pull requests with. */
  readonly forgeToken?: string | undefined;
  /** Where helm and kustomize are, and where to look for them. */
  readonly tools?: ToolPlaces;
}

/** The adapters behind a command; each is loaded when it is first asked for. */
export function createCliPorts(environment: KubeEnvironment): CliPorts {
  // Offline there is no install key: digests of Secrets only have to agree within this process (NEG-32).
  const key = randomBytes(32);
  return {
    clock,
    random,
    hasher: async () => createHasher(key),
    renderTools: async () => {
      const { createRenderTools } = await import("../agent/children/tools.ts");
      return createRenderTools(environment.tools ?? { path: "" }, clock);
    },
    renderChart: async (wish, signal) => {
      const { renderChart } = await import("./chart.ts");
      const { findInPath } = await import("../agent/children/tools.ts");
      const { helm, path } = environment.tools ?? { path: "" };
      const found = helm ?? (await findInPath("helm", path));
      return await renderChart(wish, { helm: found, clock }, signal);
    },
    repository: async (wish, signal) => {
      const { openRepository } = await import("./repositories.ts");
      const { createGitSource } = await import("../agent/source/git.ts");
      const clone = (place: ClonePlace) => createGitSource({ ...place, clock, worker: false });
      return await openRepository(wish, clone, signal);
    },
    contexts: (kubeconfig) => readContexts(kubeconfig ?? oneFile(environment)),
    connect: (wish) => connectTo(wish, environment),
    recordsCluster: ({ context }, kubeconfig) => clientOf({ kubeconfig, context }, environment),
    records: (place, kubeconfig) => openRecords(place, kubeconfig, environment),
    acceptTipAnnotation: async () =>
      (await import("../agent/cluster/state.ts")).acceptTipAnnotation,
    forgeToken: (file) => forgeToken(file, environment),
    readText,
    async writeText(path, text, mode) {
      await mkdir(dirname(path), { recursive: true });
      if (mode !== undefined) await writeFile(path, "", { mode });
      if (mode !== undefined) await chmod(path, mode);
      await writeFile(path, text);
    },
  };
}

async function forgeToken(
  file: string | undefined,
  environment: KubeEnvironment,
): Promise<string | undefined> {
  const text = file === undefined ? environment.forgeToken : await readText(file);
  const token = text?.trim();
  if (token !== undefined && /^[!-~]+$/.test(token)) return token;
  if (file === undefined && (token === undefined || token === "")) return undefined;
  throw new CliError({
    what: "the token of the forge cannot be read",
    where: file ?? "HOLDFAST_FORGE_TOKEN",
    why: text === undefined ? "there is no such file" : "it holds no token, or more than one word",
  });
}

/** `KUBECONFIG` when it names one file; several are merged by the library that knows how. */
function oneFile({ kubeconfig }: KubeEnvironment): string | undefined {
  const isOne = kubeconfig !== undefined && kubeconfig !== "" && !kubeconfig.includes(delimiter);
  return isOne ? kubeconfig : undefined;
}

/** Names that the library makes up where there is no kubeconfig at all. */
const madeUp = ["loaded-context", "inClusterContext"];

async function readContexts(file: string | undefined): Promise<Contexts> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else if ((await readText(file)) !== undefined) config.loadFromFile(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError({
      what: "the kubeconfig cannot be read",
      where: file ?? "the default place",
      why,
      next: "name another one: --kubeconfig FILE",
    });
  }
  const names = config.getContexts().map(({ name }) => name);
  const current = config.getCurrentContext();
  return {
    names: names.filter((name) => !madeUp.includes(name)),
    current: madeUp.includes(current) || !names.includes(current) ? undefined : current,
  };
}

async function openRecords(
  place: RecordsPlace,
  kubeconfig: string | undefined,
  environment: KubeEnvironment,
): Promise<RecordReader> {
  if (place.carrier === "kubernetes") {
    const { createClusterRecords } = await import("../agent/cluster/cluster-records.ts");
    const { context, namespace } = place;
    const client = async () => (await clientOf({ kubeconfig, context }, environment)).client;
    return createClusterRecords({ client, namespace });
  }
  const { createGitRecords } = await import("../agent/source/git-records.ts");
  const { url, passwordFile } = place;
  const password = async (file: string) => (await readText(file))?.trim();
  return createGitRecords({
    url,
    clock,
    ...(passwordFile === undefined
      ? {}
      : { credential: { password: () => password(passwordFile) } }),
  });
}

/** One cluster by its context; nothing is asked yet. */
async function clientOf(
  { kubeconfig, context }: Pick<ConnectWish, "kubeconfig" | "context">,
  environment: KubeEnvironment,
): Promise<RecordsCluster> {
  const { connect } = await import("../agent/cluster/connection.ts");
  const { createKubernetesClient } = await import("../agent/cluster/kubernetes.ts");
  const file = kubeconfig ?? oneFile(environment);
  const { tlsRejectUnauthorized } = environment;
  const connection = await connect({
    clock,
    context,
    ...(file === undefined ? {} : { kubeconfig: file }),
    ...(tlsRejectUnauthorized === undefined ? {} : { tlsRejectUnauthorized }),
  });
  const { server, ca } = connection;
  const client = createKubernetesClient({ connection, clock, random });
  return { client, server, ...(ca === undefined ? {} : { ca }) };
}

async function connectTo(
  { kubeconfig, context, namespace }: ConnectWish,
  environment: KubeEnvironment,
): Promise<ConnectedCluster> {
  const { createAppObjects } = await import("../agent/cluster/app-objects.ts");
  const { createInventoryStore } = await import("../agent/cluster/inventory.ts");
  const { createKeptStore } = await import("../agent/cluster/kept.ts");
  const { createSealer } = await import("../agent/cluster/seal.ts");
  const { createStateStore } = await import("../agent/cluster/state.ts");
  const { clusterUid, installationOf } = await import("../agent/cluster/installation.ts");
  const { client } = await clientOf({ kubeconfig, context }, environment);
  return {
    client,
    apps: createAppObjects({ client, namespace, clock, random }),
    state: createStateStore({ client, namespace }),
    inventories: createInventoryStore({ client, namespace }),
    kept: createKeptStore({ client, namespace, clock, sealer: createSealer(randomBytes(32)) }),
    uid: (signal) => clusterUid(client, signal),
    installation: async (signal) => installationOf(await clusterUid(client, signal), namespace),
  };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
