import type { ClusterClient } from "../../agent/cluster/client.ts";
import { isKindUnknown } from "../../agent/cluster/errors.ts";
import { isJsonObject } from "../../agent/model/json.ts";
import { leaseName } from "../../agent/model/names.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { fromAppObject } from "../../agent/status/app-object.ts";
import { type CommandContext, type ConnectedCluster, nowText } from "./context.ts";
import type { Target } from "./targets.ts";

/** What the agent of one cluster has told, and when it was last heard. */
export interface ClusterStatus {
  readonly kubernetes: string;
  /** Version of the agent, where it is told. */
  readonly agent?: string;
  /** ISO 8601: when this was true. */
  readonly asOf: string;
  readonly statuses: readonly UnitStatus[];
  /** The App objects themselves, for requests. */
  readonly objects: readonly KubeObject[];
  readonly lease: AgentLease | undefined;
}

export interface AgentLease {
  /** ISO 8601: the agent's last sign of life. */
  readonly renewedAt: string | undefined;
  readonly durationSeconds: number;
  /** The oldest compare of all units, carried by the Lease (observability §3). */
  readonly comparedAt: string | undefined;
}

/** The App objects and the Lease of one cluster. A cluster without our CRD has no agent: that is an answer, too. */
export async function readStatus(
  { options, ports }: Pick<CommandContext, "options" | "ports">,
  { client, apps }: ConnectedCluster,
  signal: AbortSignal,
): Promise<ClusterStatus> {
  const { kubernetes } = await client.discover(signal);
  const objects = await listed(() => apps.list(signal));
  const statuses = objects.flatMap((object) => fromAppObject(object) ?? []);
  return {
    kubernetes,
    asOf: nowText({ ports }),
    objects,
    statuses,
    lease: await readLease(client, options.namespace, signal),
  };
}

async function listed(list: () => Promise<readonly KubeObject[]>): Promise<readonly KubeObject[]> {
  try {
    return await list();
  } catch (error) {
    if (isKindUnknown(error)) return [];
    throw error;
  }
}

const compared = "holdfast.dev/compared-at";

async function readLease(
  client: ClusterClient,
  namespace: string,
  signal: AbortSignal,
): Promise<AgentLease | undefined> {
  const kind = { group: "coordination.k8s.io", version: "v1", kind: "Lease" };
  const lease = await client.get({ ...kind, namespace, name: leaseName }, signal);
  if (lease === undefined) return undefined;
  const spec = isJsonObject(lease.spec) ? lease.spec : {};
  return {
    renewedAt: typeof spec.renewTime === "string" ? spec.renewTime : undefined,
    durationSeconds: Number(spec.leaseDurationSeconds ?? 45),
    comparedAt: lease.metadata.annotations?.[compared],
  };
}

/** The names of clusters that the App objects speak of: more or other than the target's means a wrong context. */
export function wrongCluster(
  { cluster, expected }: Target,
  { statuses }: ClusterStatus,
): string | undefined {
  const names = [...new Set(statuses.map((status) => status.cluster))];
  if (expected === undefined || names.length === 0 || names.includes(cluster)) return undefined;
  return names.join(", ");
}
