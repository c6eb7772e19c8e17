import { isJsonObject } from "../model/json.ts";
import { leaseName } from "../model/names.ts";
import type { KubeObject } from "../model/object.ts";

/** What a Lease says. */
export interface LeaseRecord {
  /** `""`: released. */
  readonly holder: string;
  readonly durationMs: number;
  /** As written, by a clock that is not ours: only whether it changed counts. */
  readonly renewTime: string;
  readonly transitions: number;
}

/** Oldest compare of all units, beside the spec (observability §3). */
const comparedAtAnnotation = "holdfast.dev/compared-at";

export function recordOf(lease: KubeObject): LeaseRecord {
  const spec = isJsonObject(lease.spec) ? lease.spec : {};
  const { holderIdentity, leaseDurationSeconds, renewTime, leaseTransitions } = spec;
  return {
    holder: typeof holderIdentity === "string" ? holderIdentity : "",
    durationMs: typeof leaseDurationSeconds === "number" ? leaseDurationSeconds * 1000 : 0,
    renewTime: typeof renewTime === "string" ? renewTime : "",
    transitions: typeof leaseTransitions === "number" ? leaseTransitions : 0,
  };
}

export interface LeaseUpdate {
  readonly namespace: string;
  readonly holder: string;
  readonly durationMs: number;
  readonly now: number;
  readonly comparedAt: string | undefined;
}

/** The Lease to send: on top of `before` (its version is kept), or the first one. */
export function leaseObject(before: KubeObject | undefined, update: LeaseUpdate): KubeObject {
  const { namespace, holder, durationMs, now, comparedAt } = update;
  const last = before === undefined ? undefined : recordOf(before);
  const spec = isJsonObject(before?.spec) ? before.spec : {};
  const taken = last?.holder !== holder;
  const time = new Date(now).toISOString().replace("Z", "000Z");
  const annotations = {
    ...before?.metadata.annotations,
    ...(comparedAt !== undefined && { [comparedAtAnnotation]: comparedAt }),
  };
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      ...without(before),
      name: leaseName,
      namespace,
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: {
      ...spec,
      holderIdentity: holder,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      renewTime: time,
      leaseTransitions: (last?.transitions ?? 0) + (taken && last !== undefined ? 1 : 0),
      ...(taken && { acquireTime: time }),
    },
  };
}

/** `managedFields` left out keeps them. */
function without(before: KubeObject | undefined): Readonly<Record<string, unknown>> {
  const { managedFields: _fields, ...metadata } = before?.metadata ?? { name: leaseName };
  return metadata;
}
