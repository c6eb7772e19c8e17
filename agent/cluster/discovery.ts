import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { Discovery, ServedKind } from "./client.ts";
import { isForbidden } from "./errors.ts";
import { type Ask, type GroupVersion, itemsOf, objects, texts } from "./group-version.ts";
import { discoverLegacy } from "./legacy-discovery.ts";
import { badAnswer } from "./no-answer.ts";
import { plainRequest } from "./requests.ts";

const accepted = ["v2", "v2beta1"]
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat("application/json")
  .join(",");

/** What the server serves now, in two or three requests where discovery is aggregated. Throws when it cannot be told at all. */
export async function discoverKinds(ask: Ask): Promise<Discovery> {
  const [version, core, groups] = await Promise.all([
    ask(plainRequest("/version")),
    ask(plainRequest("/api", accepted)),
    ask(plainRequest("/apis", accepted)),
  ]);
  const aggregated = isAggregated(core.body) && isAggregated(groups.body);
  const listed = aggregated
    ? [...groupVersions(core.body), ...groupVersions(groups.body)]
    : await discoverLegacy(ask, { core: core.body, groups: groups.body });
  const services = await apiServices(ask, { listed, aggregated });
  return assemble(listed, services, kubernetesVersion(version.body));
}

/** Pure: the groups listed and the APIServices that exist, as one value. */
export function assemble(
  listed: readonly GroupVersion[],
  services: readonly ApiService[],
  kubernetes: string,
): Discovery {
  const served = listed.flatMap(({ kinds }) => kinds);
  const present = new Set(listed.map(({ group, version }) => `${group}/${version}`));
  const stale = listed.filter(({ fresh }) => !fresh);
  const absent = services.filter(({ group, version }) => !present.has(`${group}/${version}`));
  const byKind = Map.groupBy(served, ({ group, kind }) => `${group}/${kind}`);
  return {
    // Should two resources of one version bear one kind, the first counts.
    kinds: new Map(
      served.toReversed().map((kind) => [`${kind.group}/${kind.version}/${kind.kind}`, kind]),
    ),
    versions: new Map(
      [...byKind].map(([id, kinds]) => [id, [...new Set(kinds.map(({ version }) => version))]]),
    ),
    unknownGroups: new Set([...stale, ...absent].map(({ group }) => group)),
    aggregatedGroups: new Set(services.filter(({ remote }) => remote).map(({ group }) => group)),
    kubernetes,
  };
}

export interface ApiService {
  readonly group: string;
  readonly version: string;
  /** Served by an aggregated API server, not by this one. */
  readonly remote: boolean;
}

/**
 * Groups that should be there. Who may not list APIServices relies on the `Stale` mark, which only aggregated discovery has.
 */
async function apiServices(
  ask: Ask,
  how: { readonly listed: readonly GroupVersion[]; readonly aggregated: boolean },
): Promise<readonly ApiService[]> {
  const served = how.listed
    .flatMap(({ kinds }) => kinds)
    .find(({ group, kind }) => group === "apiregistration.k8s.io" && kind === "APIService");
  if (served === undefined) return [];
  try {
    const path = `/apis/apiregistration.k8s.io/${served.version}/apiservices`;
    const { body } = await ask({ ...plainRequest(path), verb: "list" });
    return itemsOf(body).flatMap(apiService);
  } catch (error) {
    if (how.aggregated && isForbidden(error)) return [];
    throw error;
  }
}

function apiService(item: JsonObject): readonly ApiService[] {
  const spec = isJsonObject(item.spec) ? item.spec : {};
  const version = spec.version;
  if (typeof version !== "string") return [];
  const group = typeof spec.group === "string" ? spec.group : "";
  return [{ group, version, remote: isJsonObject(spec.service) }];
}

function isAggregated(body: unknown): boolean {
  return isJsonObject(body) && body.kind === "APIGroupDiscoveryList";
}

function groupVersions(body: unknown): readonly GroupVersion[] {
  return itemsOf(body).flatMap((item) => {
    const metadata = isJsonObject(item.metadata) ? item.metadata : {};
    const group = typeof metadata.name === "string" ? metadata.name : "";
    return objects(item.versions).map((version) => ({
      group,
      version: String(version.version),
      fresh: version.freshness !== "Stale",
      kinds: objects(version.resources).flatMap((resource) =>
        servedKindOf(resource, { group, version: String(version.version) }),
      ),
    }));
  });
}

function servedKindOf(
  resource: JsonObject,
  at: { readonly group: string; readonly version: string },
): readonly ServedKind[] {
  const { resource: plural, responseKind, scope, verbs } = resource;
  if (typeof plural !== "string" || !isJsonObject(responseKind)) return [];
  const kind = responseKind.kind;
  if (typeof kind !== "string") return [];
  return [{ ...at, kind, plural, namespaced: scope === "Namespaced", verbs: texts(verbs) }];
}

function kubernetesVersion(body: unknown): string {
  const version = isJsonObject(body) ? body.gitVersion : undefined;
  if (typeof version === "string") return version;
  throw badAnswer("no gitVersion: this is no Kubernetes API server", {
    sent: true,
    writes: false,
    what: "GET /version",
  });
}
