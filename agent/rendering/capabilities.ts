import type { Discovery } from "../cluster/client.ts";
import { apiVersionOf } from "../model/object.ts";
import type { Capabilities } from "../render/tool.ts";

const capabilitiesCache = new WeakMap<Discovery, Capabilities>();

/** What a cluster serves, as helm names it: versions, and kinds with their version. Once per answer of the API server. */
export function capabilitiesOf(discovery: Discovery): Capabilities {
  const known = capabilitiesCache.get(discovery);
  if (known !== undefined) return known;
  const names = [...discovery.kinds.values()].flatMap(({ group, version, kind }) => {
    const apiVersion = apiVersionOf(group, version);
    return [apiVersion, `${apiVersion}/${kind}`];
  });
  const apiVersions = [...new Set(names)].sort();
  const capabilities = { kubernetes: discovery.kubernetes, apiVersions };
  capabilitiesCache.set(discovery, capabilities);
  return capabilities;
}
