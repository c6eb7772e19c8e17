import { writeJson } from "../model/json.ts";
import { fieldManager } from "../model/names.ts";
import { apiVersionOf, type KubeObject, type Version } from "../model/object.ts";
import type { DeleteOptions, JsonPatch, Selection, ServedKind } from "./client.ts";
import type { HttpRequest } from "./http.ts";
import { notSent } from "./no-answer.ts";

/** One question to the API server, without credentials and deadline. */
export interface ApiRequest {
  /** As RBAC and audit call it. */
  readonly verb: "get" | "list" | "watch" | "apply" | "patch" | "delete" | "create" | "update";
  readonly method: HttpRequest["method"];
  /** Without query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly accept: string;
  readonly contentType?: string;
  readonly body?: string;
  /** It changes something (a dry-run does not). */
  readonly writes: boolean;
  /** About Secrets (status-error.ts). */
  readonly secret: boolean;
  /** The lease does not stand in line behind applies (I5). */
  readonly urgent: boolean;
}

const json = "application/json";
const partial = "as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const partialList = "as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/** C-1 */
export const pageSize = 500;

/**
 * `over` decides whether the object may be there already. The body is what Git says, with its identity; it
 * never holds managedFields. The server refuses what it does not know (A-4, N-14) or cannot read (N-26); that is
 * why we ask ourselves (T-3).
 */
export function applyRequest(
  served: ServedKind,
  object: KubeObject,
  { over, dryRun }: { readonly over: Version | undefined; readonly dryRun: boolean },
): ApiRequest {
  const body =
    over === undefined
      ? object
      : {
          ...object,
          metadata: {
            ...object.metadata,
            uid: over.uid,
            resourceVersion: over.resourceVersion,
          },
        };
  return {
    ...about(served),
    verb: "apply",
    method: "PATCH",
    path: objectPath(served, object.metadata.namespace ?? "", object.metadata.name),
    query: {
      fieldManager,
      force: String(over !== undefined),
      fieldValidation: "Strict",
      ...(dryRun && { dryRun: "All" }),
    },
    contentType: "application/apply-patch+yaml",
    body: writeJson(body),
    writes: !dryRun,
  };
}

export function getRequest(served: ServedKind, namespace: string, name: string): ApiRequest {
  return {
    ...about(served),
    verb: "get",
    method: "GET",
    path: objectPath(served, namespace, name),
    query: {},
    writes: false,
  };
}

export function listRequest(
  served: ServedKind,
  selection: Selection,
  page: { readonly limit: number; readonly token: string | undefined },
): ApiRequest {
  return {
    ...about(served),
    ...(selection.metadataOnly === true && { accept: `${json};${partialList},${json}` }),
    verb: "list",
    method: "GET",
    path: listPath(served, selection.namespace ?? ""),
    query: {
      limit: String(page.limit),
      ...(page.token !== undefined && { continue: page.token }),
      ...(selection.labelSelector !== undefined && { labelSelector: selection.labelSelector }),
    },
    writes: false,
  };
}

/** C-3 */
export function watchRequest(
  served: ServedKind,
  selection: Selection,
  how: { readonly from: string; readonly timeoutSeconds: number },
): ApiRequest {
  return {
    ...about(served),
    ...(selection.metadataOnly === true && { accept: `${json};${partial},${json}` }),
    verb: "watch",
    method: "GET",
    path: listPath(served, selection.namespace ?? ""),
    query: {
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: how.from,
      timeoutSeconds: String(how.timeoutSeconds),
      ...(selection.labelSelector !== undefined && { labelSelector: selection.labelSelector }),
    },
    writes: false,
  };
}

/** JSON patch whose first step turns a race into a 409. */
export function patchRequest(
  served: ServedKind,
  at: { readonly namespace: string; readonly name: string },
  change: { readonly operations: readonly JsonPatch[]; readonly over: Version },
): ApiRequest {
  const guard: JsonPatch = {
    op: "replace",
    path: "/metadata/resourceVersion",
    value: change.over.resourceVersion,
  };
  return {
    ...about(served),
    verb: "patch",
    method: "PATCH",
    path: objectPath(served, at.namespace, at.name),
    query: { fieldManager, fieldValidation: "Strict" },
    contentType: "application/json-patch+json",
    body: writeJson([guard, ...change.operations]),
    writes: true,
  };
}

/** with preconditions, always. */
export function deleteRequest(
  served: ServedKind,
  at: { readonly namespace: string; readonly name: string },
  { over, options }: { readonly over: Version; readonly options: DeleteOptions },
): ApiRequest {
  return {
    ...about(served),
    verb: "delete",
    method: "DELETE",
    path: objectPath(served, at.namespace, at.name),
    query: {},
    contentType: json,
    body: writeJson({
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy: options.propagation,
      preconditions: { uid: over.uid, resourceVersion: over.resourceVersion },
    }),
    writes: true,
  };
}

export function createRequest(served: ServedKind, object: KubeObject): ApiRequest {
  return {
    ...about(served),
    verb: "create",
    method: "POST",
    path: listPath(served, object.metadata.namespace ?? ""),
    query: { fieldManager, fieldValidation: "Strict" },
    contentType: json,
    body: writeJson(object),
    writes: true,
  };
}

export function replaceRequest(
  served: ServedKind,
  object: KubeObject,
  subresource: "status" | undefined,
): ApiRequest {
  const path = objectPath(served, object.metadata.namespace ?? "", object.metadata.name);
  return {
    ...about(served),
    verb: "update",
    method: "PUT",
    path: subresource === undefined ? path : `${path}/${subresource}`,
    query: { fieldManager, fieldValidation: "Strict" },
    contentType: json,
    body: writeJson(object),
    writes: true,
  };
}

/** Anything that has no kind: `/version`, `/apis`. */
export function plainRequest(path: string, accept: string = json): ApiRequest {
  return {
    verb: "get",
    method: "GET",
    path,
    query: {},
    accept,
    writes: false,
    secret: false,
    urgent: false,
  };
}

function about({ group, kind }: ServedKind) {
  return {
    accept: json,
    secret: group === "" && kind === "Secret",
    urgent: group === "coordination.k8s.io",
  };
}

function listPath({ group, version, plural, namespaced }: ServedKind, namespace: string): string {
  const root = group === "" ? `/api/${version}` : `/apis/${apiVersionOf(group, version)}`;
  return namespaced && namespace !== ""
    ? `${root}/namespaces/${segment(namespace)}/${plural}`
    : `${root}/${plural}`;
}

/** Reason of a request that does not fit the scope its kind had when we last asked. */
export const otherScope = "OtherScope";

function objectPath(served: ServedKind, namespace: string, name: string): string {
  if (served.namespaced && namespace === "") {
    throw notSent(otherScope, `${served.kind} ${name} has no namespace, but is a namespaced kind.`);
  }
  return `${listPath(served, namespace)}/${segment(name)}`;
}

/** A name from Git must not lead to another path. */
function segment(name: string): string {
  if (name === "" || name === "." || name === ".." || /[/%]/.test(name)) {
    throw notSent("BadRequest", `"${name}" cannot be the name of an object.`);
  }
  return encodeURIComponent(name);
}
