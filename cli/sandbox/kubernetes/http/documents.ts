import type { Cluster } from "../cluster.ts";
import type { Json } from "../json.ts";
import { builtinTable } from "../kinds/builtin-schemas.ts";
import { aggregated, groupDocument, groupList, resourceList } from "../read/discovery.ts";
import { type Answer, type Call, mediaTypes } from "./exchange.ts";
import { openApiDocument, openApiIndex } from "./openapi.ts";
import { PageNotFound } from "./paths.ts";
import type { Route } from "./route.ts";

type DocumentRoute = Exclude<Route, { readonly to: "object" }>;

interface Served {
  readonly cluster: Cluster;
  /** Groups that are marked Stale. */
  readonly stale: ReadonlySet<string>;
}

/** What the server tells about itself. */
export function document({ cluster, stale }: Served, call: Call, route: DocumentRoute): Answer {
  switch (route.to) {
    case "health":
      return { code: 200, body: "ok" };
    case "version":
      return { code: 200, body: version() };
    case "openapi": {
      const { registry } = cluster;
      const { group, version: at } = route;
      return {
        code: 200,
        body: at === "" ? openApiIndex(registry) : openApiDocument(registry, group, at),
      };
    }
    case "core-versions":
      return discovery(
        call,
        () => aggregated(cluster.registry, true, stale),
        () => ({
          kind: "APIVersions",
          versions: ["v1"],
          serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: "127.0.0.1" }],
        }),
      );
    case "groups":
      return discovery(
        call,
        () => aggregated(cluster.registry, false, stale),
        () => groupList(cluster.registry),
      );
    case "group":
      return {
        code: 200,
        body: {
          kind: "APIGroup",
          apiVersion: "v1",
          ...found(groupDocument(cluster.registry, route.group)),
        },
      };
    case "resources":
      return { code: 200, body: found(resourceList(cluster.registry, route.group, route.version)) };
  }
}

function found(body: Json | undefined): Json {
  if (body === undefined) throw new PageNotFound();
  return body;
}

const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

function discovery(call: Call, whole: () => Json, legacy: () => Json): Answer {
  const first = mediaTypes(call.accept).find(
    (type) => type === aggregatedType || type === "application/json",
  );
  return first === aggregatedType
    ? { code: 200, body: whole(), contentType: aggregatedType }
    : { code: 200, body: legacy() };
}

function version(): Json {
  const { kubernetes } = builtinTable();
  const [major = "1", minor = "0"] = kubernetes.replace("v", "").split(".");
  return {
    major,
    minor,
    gitVersion: kubernetes,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "sandbox",
    compiler: "sandbox",
    platform: "holdfast/sandbox",
  };
}
