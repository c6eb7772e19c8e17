import { isJsonObject } from "../model/json.ts";
import { type KubeObject, refOf } from "../model/object.ts";
import { assessPod } from "./pod.ts";

/** Selects the pods of a workload; undefined where labels alone cannot tell. */
export function podSelector(workload: KubeObject): string | undefined {
  if (workload.kind === "Job") return `job-name=${workload.metadata.name}`;
  const spec = isJsonObject(workload["spec"]) ? workload["spec"] : {};
  const selector = isJsonObject(spec["selector"]) ? spec["selector"] : {};
  const { matchLabels, matchExpressions = [] } = selector;
  const labels = Object.entries(isJsonObject(matchLabels) ? matchLabels : {});
  const isPlain = Array.isArray(matchExpressions) && matchExpressions.length === 0;
  if (!isPlain || labels.length === 0) return undefined;
  return labels.map(([key, value]) => `${key}=${String(value)}`).join(",");
}

/** One broken pod of a workload's newest revision, in the words of the kubelet. */
export interface BrokenPod {
  readonly name: string;
  readonly message: string;
}

/** The first broken pod of the newest revision; pods of older ones are on their way out, and strangers' are not ours. */
export function brokenPodOf(
  workload: KubeObject,
  pods: readonly KubeObject[],
): BrokenPod | undefined {
  const own = pods.filter((pod) => isControlled(pod, workload)).sort(newestFirst);
  const [newest] = own;
  if (newest === undefined) return undefined;
  const current = own
    .filter((pod) => revisionOf(pod) === revisionOf(newest))
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  for (const pod of current) {
    const { status, message } = assessPod(pod);
    if (status === "Degraded") return { name: pod.metadata.name, message };
  }
  return undefined;
}

function isControlled({ metadata }: KubeObject, workload: KubeObject): boolean {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return false;
  const { kind, name } = refOf(workload);
  if (kind === "Deployment")
    return owner.kind === "ReplicaSet" && owner.name.startsWith(`${name}-`);
  return owner.kind === kind && owner.name === name;
}

function revisionOf({ metadata: { labels = {} } }: KubeObject): string {
  return labels["pod-template-hash"] ?? labels["controller-revision-hash"] ?? "";
}

function newestFirst(a: KubeObject, b: KubeObject): number {
  const time = ({ metadata }: KubeObject) => metadata.creationTimestamp ?? "";
  if (time(a) === time(b)) return a.metadata.name < b.metadata.name ? -1 : 1;
  return time(a) < time(b) ? 1 : -1;
}
