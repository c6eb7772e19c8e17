import type { KubeObject, VersionedRef } from "../model/object.ts";
import { apiVersionOf, apiVersionVersion, groupOf } from "../model/object.ts";
import { objectOf, pageOf } from "./answers.ts";
import type { Catalog, KindAt } from "./catalog.ts";
import type { Applied, ClusterClient, Selection, ServedKind } from "./client.ts";
import { ApiError } from "./errors.ts";
import type { Answer, Caller, Exchange } from "./exchange.ts";
import { warningsOf } from "./http.ts";
import type { Attempted } from "./no-answer.ts";
import {
  type ApiRequest,
  applyRequest,
  createRequest,
  deleteRequest,
  getRequest,
  listRequest,
  pageSize,
  patchRequest,
  replaceRequest,
} from "./requests.ts";

/** Where questions go: shared by all clients of one cluster. */
export interface Asking {
  readonly exchange: Exchange;
  readonly catalog: Catalog;
}

/** What changes nothing. */
export function reading(
  shared: Asking,
  caller: Caller,
): Pick<ClusterClient, "get" | "dryRun" | "list"> {
  const { catalog, exchange } = shared;
  return {
    get: (ref, signal) =>
      catalog.withKind(ref, signal, async (served) => {
        const request = getRequest(served, ref.namespace, ref.name);
        try {
          const { body } = await exchange.ask(request, caller, signal);
          return objectOf(body, { served, ...ref }, sent(request));
        } catch (error) {
          if (isGone(error, served)) return undefined;
          throw error;
        }
      }),
    dryRun: (object, over, signal) =>
      catalog.withKind(kindOf(object), signal, async (served) => {
        const request = applyRequest(served, object, { over, dryRun: true });
        return applied(await exchange.ask(request, caller, signal), {
          served,
          at: nameOf(object),
          request,
        });
      }),
    list: (selection, signal) => listed(shared, { caller, selection }, signal),
  };
}

/** Writes to members of apps. */
export function writing(
  { catalog, exchange }: Asking,
  caller: Caller,
): Pick<ClusterClient, "apply" | "patch" | "delete"> {
  return {
    apply: (object, over, signal) =>
      catalog.withKind(kindOf(object), signal, async (served) => {
        const request = applyRequest(served, object, { over, dryRun: false });
        return applied(await exchange.ask(request, caller, signal), {
          served,
          at: nameOf(object),
          request,
        });
      }),
    patch: (...[ref, operations, over, signal]) =>
      catalog.withKind(ref, signal, async (served) => {
        const request = patchRequest(served, ref, { operations, over });
        const answer = await exchange.ask(request, caller, signal);
        return applied(answer, { served, at: ref, request });
      }),
    delete: (...[ref, over, options, signal]) =>
      catalog.withKind(ref, signal, async (served) => {
        const request = deleteRequest(served, ref, { over, options });
        try {
          const { body } = await exchange.ask(request, caller, signal);
          return deleted(body, { served, ref, uid: over.uid }, request);
        } catch (error) {
          if (isGone(error, served)) return undefined;
          throw error;
        }
      }),
  };
}

/** Writes to what is ours alone. */
export function owning(
  { catalog, exchange }: Asking,
  caller: Caller,
): Pick<ClusterClient, "create" | "replace"> {
  const send = (object: KubeObject, signal: AbortSignal, make: (s: ServedKind) => ApiRequest) =>
    catalog.withKind(kindOf(object), signal, async (served) => {
      const request = make(served);
      const { body } = await exchange.ask(request, caller, signal);
      return objectOf(body, { served, ...nameOf(object) }, sent(request));
    });
  return {
    create: (object, signal) => send(object, signal, (served) => createRequest(served, object)),
    replace: (object, subresource, signal) =>
      send(object, signal, (served) => replaceRequest(served, object, subresource)),
  };
}

async function* listed(
  { catalog, exchange }: Asking,
  { caller, selection }: { readonly caller: Caller; readonly selection: Selection },
  signal: AbortSignal,
) {
  let token: string | undefined;
  let limit = pageSize;
  for (;;) {
    try {
      const asked = { limit, token };
      const next = await catalog.withKind(selection, signal, async (served) => {
        const request = listRequest(served, selection, asked);
        const { body } = await exchange.ask(request, caller, signal);
        return pageOf(body, served, sent(request));
      });
      yield next.page;
      token = next.token;
      if (token === undefined) return;
    } catch (error) {
      // Objects may be up to 1.5 MiB each: ask for fewer rather than hold them all.
      if (!isTooLarge(error) || limit === 1) throw error;
      limit = Math.ceil(limit / 8);
    }
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof ApiError && error.failure.message.endsWith("the answer is too large");
}

function applied(
  { status, headers, body }: Answer,
  asked: {
    readonly served: ServedKind;
    readonly at: { readonly namespace: string; readonly name: string };
    readonly request: ApiRequest;
  },
): Applied {
  const { served, at, request } = asked;
  return {
    object: objectOf(body, { served, ...at }, sent(request)),
    created: status === 201,
    warnings: warningsOf(headers),
  };
}

/** A `Status` says that it is gone; the object, that it is going, or that it is gone (kinds differ). */
function deleted(
  body: unknown,
  {
    served,
    ref,
    uid,
  }: { readonly served: ServedKind; readonly ref: VersionedRef; readonly uid: string },
  request: ApiRequest,
): KubeObject {
  const status =
    typeof body === "object" && body !== null && "kind" in body && body.kind === "Status";
  if (!status) return objectOf(body, { served, ...ref }, sent(request));
  return {
    apiVersion: apiVersionOf(served.group, served.version),
    kind: served.kind,
    metadata: { name: ref.name, ...(served.namespaced && { namespace: ref.namespace }), uid },
  };
}

/** 404 of exactly this object: a missing namespace or kind is something else. */
function isGone(error: unknown, { plural, kind }: ServedKind): boolean {
  if (!(error instanceof ApiError) || error.failure.status !== 404) return false;
  const { detailsKind } = error.failure;
  return detailsKind === plural || detailsKind === kind;
}

function kindOf({ apiVersion, kind }: KubeObject): KindAt {
  return { group: groupOf(apiVersion), version: apiVersionVersion(apiVersion), kind };
}

function nameOf({ metadata: { name, namespace } }: Pick<KubeObject, "metadata">) {
  return { name, namespace: namespace ?? "" };
}

function sent({ method, path, writes }: ApiRequest): Attempted {
  return { sent: true, writes, what: `${method} ${path}` };
}
