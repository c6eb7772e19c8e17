import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRenderTools } from "./children/tools.ts";
import { createAppObjects } from "./cluster/app-objects.ts";
import { createLiveCache } from "./cluster/cache.ts";
import type { ClusterClient } from "./cluster/client.ts";
import { createClusterRecords } from "./cluster/cluster-records.ts";
import { type Connection, connect } from "./cluster/connection.ts";
import { ensureFootprint } from "./cluster/footprint.ts";
import { clusterUid, installationOf } from "./cluster/installation.ts";
import { createInventoryStore } from "./cluster/inventory.ts";
import { createKeptStore } from "./cluster/kept.ts";
import { createRenderStore } from "./cluster/kept-renders.ts";
import { createKubernetesClient } from "./cluster/kubernetes.ts";
import { rememberedBy } from "./cluster/last-lease.ts";
import { createLease, type Lease } from "./cluster/lease.ts";
import { guardWrites } from "./cluster/leased.ts";
import { createRights } from "./cluster/rights.ts";
import { createSealer } from "./cluster/seal.ts";
import { createStateStore, installKey } from "./cluster/state.ts";
import { createTimeline, type Timeline } from "./cluster/timeline.ts";
import type { GitAuth, Settings } from "./config/settings.ts";
import type { Emit } from "./model/event.ts";
import { installationLabel } from "./model/names.ts";
import type { RenderTools } from "./render/tool.ts";
import { createHasher } from "./rendering/hasher.ts";
import { createRenderPool } from "./rendering/render-pool.ts";
import type { Clock } from "./schedule/clock.ts";
import { systemClock, systemRandom } from "./schedule/system.ts";
import { createGitSource, type GitSourceOptions } from "./source/git.ts";
import { createGitRecords } from "./source/git-records.ts";
import { rootedSource } from "./source/rooted.ts";
import type { ConfigSource } from "./source/source.ts";
import { type RecordCarrier, RecordError } from "./status/carrier.ts";
import { createEventWriter } from "./telemetry/kubernetes-events.ts";
import type { AgentPorts, ClusterPorts } from "./world.ts";

/** The config repository as the settings name it; the password is read anew for every exchange. */
function createSource(
  settings: Settings,
  { clock, emit, hide }: { readonly clock: Clock; readonly emit: Emit; readonly hide: Hide },
): ConfigSource {
  const { url, ref, auth } = settings.source;
  const storePath = settings.store.path;
  const source = createGitSource({ url, ref, storePath, clock, emit, ...gitAuth(auth, hide) });
  return rootedSource(source, settings.source.path);
}

function gitAuth(
  { passwordFile, username, caFile }: GitAuth,
  hide: Hide,
): Pick<GitSourceOptions, "credential" | "ca"> {
  const password = (file: string): string => {
    const text = readFileSync(file, "utf8").trim();
    hide(text);
    return text;
  };
  return {
    ...(passwordFile === undefined
      ? {}
      : { credential: { username, password: () => password(passwordFile) } }),
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile, "utf8") }),
  };
}

/** Where status records go, if anywhere; nothing is asked before the first turn. */
function createRecords(settings: Settings, facts: ProcessFacts): RecordCarrier | undefined {
  const { hide = () => {} } = facts;
  const { carrier, git, kubernetes } = settings.statusRecords;
  const { name: cluster } = settings.cluster;
  const clock = systemClock;
  if (carrier === "none") return undefined;
  if (carrier === "git") {
    const { url = "", auth, maxPushesPerMinute } = git;
    return createGitRecords({ url, cluster, maxPushesPerMinute, clock, ...gitAuth(auth, hide) });
  }
  const { kubeconfig = "", namespace } = kubernetes;
  const client = async () => {
    const connection = hiding(await recordsConnection(kubeconfig, facts), facts);
    return createKubernetesClient({ connection, clock, random: systemRandom });
  };
  return createClusterRecords({ client, cluster, namespace });
}

async function recordsConnection(
  kubeconfig: string,
  { tlsRejectUnauthorized }: ProcessFacts,
): Promise<Connection> {
  const refused = tlsRejectUnauthorized === undefined ? {} : { tlsRejectUnauthorized };
  try {
    return await connect({ kubeconfig, clock: systemClock, ...refused });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RecordError(`the kubeconfig of the records cluster cannot be used: ${why}`);
  }
}

/** From now on this value is masked wherever something is told (P7). */
type Hide = (secret: string) => void;

export interface ProcessFacts {
  readonly version: string;
  /** Pod or host name. */
  readonly instance: string;
  /** NODE_TLS_REJECT_UNAUTHORIZED, which is refused when set. */
  readonly tlsRejectUnauthorized?: string;
  /** Where pods find the API server: whose account counts when no kubeconfig is named. */
  readonly podServer?: string;
  /** Given in tests and by the demo instead of a kubeconfig. */
  readonly connection?: Connection;
  /** Given in tests instead of the binaries that settings and PATH name. */
  readonly tools?: RenderTools;
  /** Where to look for helm and kustomize. */
  readonly path?: string;
  /** Learns every credential as it is read. */
  readonly hide?: Hide;
  /** The last scrubber, for Kubernetes Events. */
  readonly redact?: (text: string) => string;
}

/** Everything an agent needs of the world, real. `listen` gets a second ear for what only a cluster can be told. */
export function createAgentPorts(settings: Settings, facts: ProcessFacts, emit: Emit): AgentPorts {
  const ears = new Set<Emit>([emit]);
  const tell: Emit = (event) => {
    for (const ear of ears) ear(event);
  };
  const clock = systemClock;
  const records = createRecords(settings, facts);
  return {
    clock,
    random: systemRandom,
    emit: tell,
    source: createSource(settings, { clock, emit: tell, hide: facts.hide ?? (() => {}) }),
    ...(records === undefined ? {} : { records }),
    version: facts.version,
    connect: (signal) => connectCluster({ settings, facts, tell, ears }, signal),
  };
}

interface Wiring {
  readonly settings: Settings;
  readonly facts: ProcessFacts;
  readonly tell: Emit;
  readonly ears: Set<Emit>;
}

async function connectCluster(wiring: Wiring, signal: AbortSignal): Promise<ClusterPorts> {
  const { settings, facts, tell, ears } = wiring;
  const { namespace } = settings;
  const [clock, random] = [systemClock, systemRandom];
  const connection = hiding(facts.connection ?? (await connectionOf(settings, facts)), facts);
  const client = createKubernetesClient({ connection, clock, random, emit: tell });
  await client.discover(signal);
  const uid = await clusterUid(client, signal);
  await ensureFootprint(client, namespace, signal);
  const key = await installKey({ client, namespace, fresh: () => randomBytes(32) }, signal);
  const hasher = createHasher(key);
  const pool = createRenderPool(key, toolsOf(wiring));
  pool.warm();
  const timeline = createTimeline(tell);
  const path = join(settings.store.path, `lease-${uid}.json`);
  const lease = leaseOf(wiring, client, rememberedBy(timeline, { path, clock }));
  const guarded = guardWrites(client, lease, settings.lease.writeTimeoutMs);
  const installation = installationOf(uid, namespace);
  const labelSelector = `${installationLabel}=${installation}`;
  const watching = { client, clock, random, hasher, emit: tell, labelSelector };
  const live = createLiveCache({ ...watching, timeline });
  const { name: cluster } = settings.cluster;
  const { instance } = facts;
  const { redact = (text: string) => text } = facts;
  const where = { namespace, cluster, clock, instance, redact };
  const events = createEventWriter({ client: guarded, ...where });
  ears.add(events.emit);
  return {
    client: guarded,
    lease,
    live,
    timeline,
    rights: createRights(client, clock),
    hasher,
    render: pool.run,
    inventories: createInventoryStore({ client: guarded, namespace, timeline }),
    kept: createKeptStore({ client: guarded, namespace, clock, sealer: createSealer(key) }),
    renders: createRenderStore({ client: guarded, namespace, clock, sealer: createSealer(key) }),
    apps: createAppObjects({ client: guarded, namespace, clock, random }),
    state: createStateStore({ client: guarded, namespace }),
    installation: { id: installation, clusterUid: uid, agentNamespace: namespace },
    close: async () => {
      events.stop();
      ears.delete(events.emit);
      await live.stop();
      await pool.close();
      await client.close();
    },
  };
}

function toolsOf({ settings, facts }: Wiring): RenderTools {
  const { helm, kustomize } = settings;
  const places = { helm: helm?.path, kustomize: kustomize?.path, path: facts.path ?? "" };
  return facts.tools ?? createRenderTools(places, systemClock);
}

/** The cluster's token is a secret like any other. */
function hiding(connection: Connection, { hide }: ProcessFacts): Connection {
  if (hide === undefined) return connection;
  return {
    ...connection,
    authorization: async (signal) => {
      const header = await connection.authorization(signal);
      if (header !== undefined) hide(header.replace(/^\S+ /, ""));
      return header;
    },
  };
}

function connectionOf(settings: Settings, facts: ProcessFacts): Promise<Connection> {
  const { kubeconfig, context } = settings;
  const { tlsRejectUnauthorized, podServer } = facts;
  return connect({
    clock: systemClock,
    ...(podServer !== undefined && { podServer }),
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
    ...(tlsRejectUnauthorized !== undefined && { tlsRejectUnauthorized }),
  });
}

/** Pod name and something random per start (P-84). */
function leaseOf(
  { settings, facts, tell }: Wiring,
  client: ClusterClient,
  timeline: Pick<Timeline, "saw">,
): Lease {
  return createLease({
    client,
    timeline,
    namespace: settings.namespace,
    identity: `${facts.instance}-${systemRandom.id()}`,
    clock: systemClock,
    random: systemRandom,
    durations: settings.lease,
    emit: tell,
  });
}
