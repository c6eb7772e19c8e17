import { ApiError, isForbidden } from "../../agent/cluster/errors.ts";
import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { appCrd } from "../../agent/status/app-crd.ts";
import type { CheckLine } from "../output/checks-text.ts";
import { age } from "../output/text.ts";
import type { ConnectedCluster } from "./context.ts";

/** What a check looks at: one cluster, and the agent's namespace there. */
export interface Checked {
  readonly connected: ConnectedCluster;
  readonly namespace: string;
  readonly nowMs: number;
}

export type Line = Omit<CheckLine, "topic">;

/** One question; an API server that does not answer it is told, and the others go on. */
export async function probe(topic: string, ask: () => Promise<Line>): Promise<CheckLine> {
  try {
    return { topic, ...(await ask()) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const fix = isForbidden(error)
      ? "use a kubeconfig that may look at it"
      : "see that the API server answers, and try again";
    return { topic, verdict: "not seen", says: error.message, fix };
  }
}

export function fine(says: string): Line {
  return { verdict: "fine", says };
}

export function wrong(says: string, fix: string): Line {
  return { verdict: "wrong", says, fix };
}

const oldestMinor = 31;

/** The oldest Kubernetes with everything that is asked of it (cli.md §4.4). */
export async function versionLine({ connected }: Checked, signal: AbortSignal): Promise<Line> {
  const { kubernetes } = await connected.client.discover(signal);
  const [major = 0, minor = 0] = (kubernetes.match(/\d+/g) ?? []).map(Number);
  const isNew = major > 1 || (major === 1 && minor >= oldestMinor);
  const needed = `v1.${oldestMinor}`;
  return isNew
    ? fine(kubernetes)
    : wrong(`${kubernetes} is older than ${needed}`, `upgrade the cluster to ${needed} or newer`);
}

export const skewMs = 30_000;

/** The API server's clock, by the time it would give to an object that is never stored. */
export async function clockLine({ connected, nowMs }: Checked, signal: AbortSignal): Promise<Line> {
  const metadata = { name: "holdfast-clock", namespace: "default" };
  const object: KubeObject = { apiVersion: "v1", kind: "ConfigMap", metadata };
  const { object: made } = await connected.client.dryRun(object, undefined, signal);
  const serverMs = Date.parse(made.metadata.creationTimestamp ?? "");
  const apart = Math.abs(serverMs - nowMs);
  return apart <= skewMs
    ? fine("this machine and the API server agree")
    : wrong(
        `this machine and the API server are ${age(apart)} apart`,
        "set both clocks by NTP: Leases, suspensions and windows are read by them",
      );
}

/** Whether the caller may install what an installation consists of. */
export async function installLine(
  { connected, namespace }: Checked,
  signal: AbortSignal,
): Promise<Line> {
  const rbac = "rbac.authorization.k8s.io";
  const wanted = [
    { group: "", resource: "namespaces", namespace: "" },
    { group: "apiextensions.k8s.io", resource: "customresourcedefinitions", namespace: "" },
    { group: rbac, resource: "clusterroles", namespace: "" },
    { group: rbac, resource: "clusterrolebindings", namespace: "" },
    { group: rbac, resource: "roles", namespace },
    { group: "apps", resource: "deployments", namespace },
    { group: "", resource: "serviceaccounts", namespace },
  ].map((one) => ({ ...one, verb: "create", name: "" }));
  const may = await Promise.all(wanted.map((right) => connected.client.may(right, signal)));
  const lacked = wanted.filter((_right, index) => may[index] !== true);
  return lacked.length === 0
    ? fine("you may install everything that is needed")
    : wrong(
        `you may not create ${lacked.map(({ resource }) => resource).join(", ")}`,
        "ask an administrator of the cluster to install it, or to let you",
      );
}

/** The agent's own namespace. */
export async function namespaceLine(
  { connected, namespace }: Checked,
  signal: AbortSignal,
): Promise<Line> {
  const ref = { group: "", version: "v1", kind: "Namespace", namespace: "", name: namespace };
  const found = await connected.client.get(ref, signal);
  return found === undefined
    ? wrong(`there is no namespace ${namespace}`, "install it: holdfast install, or name it: -n")
    : fine(namespace);
}

/** The kind of the agent's status objects. */
export async function crdLine({ connected }: Checked, signal: AbortSignal): Promise<Line> {
  const { name } = appCrd.metadata;
  const group = "apiextensions.k8s.io";
  const ref = { group, version: "v1", kind: "CustomResourceDefinition", namespace: "", name };
  const found = await connected.client.get(ref, signal);
  if (found === undefined) {
    return wrong(`${name} is not there`, "install it with the chart: crds.install=true");
  }
  const status = isJsonObject(found.status) ? found.status : {};
  const conditions = Array.isArray(status.conditions) ? status.conditions.filter(isJsonObject) : [];
  const isReady = conditions.some(
    ({ type, status: is }) => type === "Established" && is === "True",
  );
  return isReady
    ? fine(`${name} is served`)
    : wrong(`${name} is not served yet`, `kubectl describe crd ${name}`);
}
