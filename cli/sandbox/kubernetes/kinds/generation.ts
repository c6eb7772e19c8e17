import { jsonEqual } from "../../../../agent/model/json.ts";
import { type Json, mapAt } from "../json.ts";
import { qualified, type Resource } from "./resource.ts";

/** `metadata.generation` after an update: one more when what the kind's strategy compares changed. */
export function nextGeneration(resource: Resource, live: Json, next: Json): unknown {
  const { generation } = mapAt(live, "metadata");
  if (!resource.hasGeneration) return generation;
  const count = typeof generation === "number" ? generation : 0;
  return jsonEqual(comparedPart(resource, live), comparedPart(resource, next))
    ? generation
    : count + 1;
}

function comparedPart(resource: Resource, object: Json): unknown {
  const { metadata: _, status: __, apiVersion: ___, kind: ____, ...rest } = object;
  const { annotations = {}, labels = {} } = mapAt(object, "metadata");
  switch (qualified(resource)) {
    // Its annotations reach its ReplicaSets.
    case "deployments.apps":
      return { rest, annotations };
    case "endpointslices.discovery.k8s.io":
      return { rest, labels };
    default:
      return rest;
  }
}
