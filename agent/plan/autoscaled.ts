import type { Desired } from "../model/change.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import { groupOf, type KubeObject } from "../model/object.ts";
import type { IgnoreRule } from "../model/unit.ts";

/** What an autoscaler of the same app aims at, and how far it may go. */
interface Scaling {
  readonly target: JsonObject;
  readonly min: number;
  readonly max: number;
}

/** A-50, N-10: replicas are an autoscaler's while live is within its bounds; beyond them Git decides. */
export function autoscaleRules(
  { ref, object }: Desired,
  live: KubeObject,
  declared: readonly Desired[],
): readonly IgnoreRule[] {
  const replicas = specOf(live)["replicas"];
  if (specOf(object)["replicas"] === undefined || typeof replicas !== "number") return [];
  const isScaled = declared
    .filter((other) => other.ref.namespace === ref.namespace)
    .flatMap((other) => scalingOf(other) ?? [])
    .some(({ target, min, max }) => aimsAt(target, object) && replicas >= min && replicas <= max);
  return isScaled ? [{ kind: ref.kind, fields: ["/spec/replicas"], managers: [] }] : [];
}

/** An absent bound is the API's default: an HPA needs at least one replica, KEDA may scale to none and up to a hundred. */
function scalingOf({ ref, object }: Desired): Scaling | undefined {
  const spec = specOf(object);
  const target = spec["scaleTargetRef"];
  if (!isJsonObject(target)) return undefined;
  if (ref.group === "autoscaling" && ref.kind === "HorizontalPodAutoscaler") {
    return { target, min: countOf(spec["minReplicas"], 1), max: countOf(spec["maxReplicas"], 0) };
  }
  if (ref.group !== "keda.sh" || ref.kind !== "ScaledObject") return undefined;
  return {
    target: { apiVersion: "apps/v1", kind: "Deployment", ...target },
    min: countOf(spec["minReplicaCount"], 0),
    max: countOf(spec["maxReplicaCount"], 100),
  };
}

function aimsAt(target: JsonObject, { apiVersion, kind, metadata }: KubeObject): boolean {
  const version = target["apiVersion"];
  return (
    target["kind"] === kind &&
    target["name"] === metadata.name &&
    typeof version === "string" &&
    groupOf(version) === groupOf(apiVersion)
  );
}

function specOf(object: KubeObject): JsonObject {
  const spec = object["spec"];
  return isJsonObject(spec) ? spec : {};
}

function countOf(value: unknown, preset: number): number {
  return typeof value === "number" ? value : preset;
}
