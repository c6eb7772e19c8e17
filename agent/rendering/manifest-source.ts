import type { World } from "../world.ts";
import type { ManifestSource } from "./manifests.ts";

/** What every render of this agent is a function of, besides unit and commit. */
export function manifestSource({ cluster, ports, discovery }: World): ManifestSource {
  const { installation, render } = cluster;
  return {
    source: ports.source,
    run: render,
    discovery,
    installation: installation.id,
    agentNamespace: installation.agentNamespace,
  };
}
