import { type Discovery, servedKind } from "../cluster/client.ts";
import type { Change, Desired } from "../model/change.ts";
import { apiVersionVersion, describeRef } from "../model/object.ts";
import type { Reason } from "../model/reason.ts";
import { defines } from "./definitions.ts";

/**
 * What stands in the way of an object whose kind is not served as declared; undefined: it is. What
 * waits for a definition of the same app is no failure.
 */
export function unservedChange(
  discovery: Discovery,
  desired: Desired,
  declared: readonly Desired[] = [],
): Change | undefined {
  const { ref, object } = desired;
  const version = apiVersionVersion(object.apiVersion);
  if (servedKind(discovery, ref, version) !== undefined) return undefined;
  if (discovery.unknownGroups.has(ref.group)) {
    return failure(desired, "DiscoveryFailed", `the API group ${ref.group} does not answer`);
  }
  const served = discovery.versions.get(`${ref.group}/${ref.kind}`);
  if (served !== undefined) {
    return failure(
      desired,
      "ApiRemoved",
      `${object.apiVersion} is not served; ${served.join(", ")} is`,
    );
  }
  const definition = declared.find((other) => defines(other.object, ref));
  if (definition !== undefined) {
    const why = `waits until ${describeRef(definition.ref)} is served`;
    return { action: "skip", ref, why, forget: false, waits: "Applying" };
  }
  return failure(
    desired,
    "KindMissing",
    `no kind ${ref.kind} of ${object.apiVersion} is served here`,
  );
}

function failure(desired: Desired, reason: Reason, why: string): Change {
  const { ref, file, line } = desired;
  const message = `${describeRef(ref)}: ${why}`;
  return { action: "fail", ref, problem: { reason, message, ref, file, line } };
}
