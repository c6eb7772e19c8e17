/** Where a request goes. `undefined` paths are 404. */
export type Route =
  | { readonly to: "health" }
  | { readonly to: "version" }
  | { readonly to: "openapi"; readonly group: string; readonly version: string }
  | { readonly to: "core-versions" }
  | { readonly to: "groups" }
  | { readonly to: "group"; readonly group: string }
  | { readonly to: "resources"; readonly group: string; readonly version: string }
  | ObjectRoute;

export interface ObjectRoute {
  readonly to: "object";
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly plural: string;
  /** `""`: the collection. */
  readonly name: string;
  readonly subresource: string;
  readonly isWatch: boolean;
}

/** Reads a URL path. */
export function routeOf(path: string): Route | undefined {
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  const [root, ...rest] = parts;
  switch (root) {
    case "healthz":
    case "livez":
    case "readyz":
      return { to: "health" };
    case "version":
      return { to: "version" };
    case "openapi":
      return openApiRoute(rest);
    case "api":
      return coreRoute(rest);
    case "apis":
      return groupRoute(rest);
    default:
      return undefined;
  }
}

function openApiRoute([version, root, ...rest]: string[]): Route | undefined {
  if (version !== "v3") return undefined;
  const [group = "", at = ""] = root === "api" ? ["", ...rest] : rest;
  return { to: "openapi", group, version: at };
}

function coreRoute([version, ...rest]: string[]): Route | undefined {
  if (version === undefined) return { to: "core-versions" };
  if (rest.length === 0) return { to: "resources", group: "", version };
  return objectRoute("", version, rest);
}

function groupRoute([group, version, ...rest]: string[]): Route | undefined {
  if (group === undefined) return { to: "groups" };
  if (version === undefined) return { to: "group", group };
  if (rest.length === 0) return { to: "resources", group, version };
  return objectRoute(group, version, rest);
}

function objectRoute(group: string, version: string, rest: string[]): ObjectRoute | undefined {
  const isWatch = rest[0] === "watch";
  const parts = isWatch ? rest.slice(1) : rest;
  const at = { to: "object" as const, group, version, isWatch };
  // `namespaces/x/finalize` is a subresource of the namespace; `namespaces/x/pods` is inside it.
  const [first, namespace = "", plural, name = "", subresource = ""] = parts;
  if (first === "namespaces" && plural !== undefined && !["status", "finalize"].includes(plural)) {
    return { ...at, namespace, plural, name, subresource };
  }
  const [kind, own = "", below = ""] = parts;
  if (kind === undefined) return undefined;
  return { ...at, namespace: "", plural: kind, name: own, subresource: below };
}
