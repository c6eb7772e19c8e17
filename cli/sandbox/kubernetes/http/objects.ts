import {
  aboutOf,
  type Cluster,
  liveOf,
  seenAt,
  type Target,
  type WriteOptions,
} from "../cluster.ts";
import { isMap, type Json, mapAt, textAt } from "../json.ts";
import { qualified } from "../kinds/resource.ts";
import { listObjects, type OpenLists } from "../read/list.ts";
import { selectorOf } from "../read/select.ts";
import { createFromBody } from "../write/create.ts";
import { deleteObject, deleteRequest } from "../write/delete.ts";
import { mergePatch } from "../write/json-patch.ts";
import {
  checkPatchOptions,
  patchByApply,
  patchByMerge,
  patchByOperations,
  patchByStrategy,
  type Written,
} from "../write/patch.ts";
import { replaceFromBody } from "../write/update.ts";
import { type Answer, asPartial, type Call, jsonBody, wantsPartial } from "./exchange.ts";
import { badRequest, invalid, methodNotAllowed, notFound, unsupported } from "./fault.ts";
import { PageNotFound, pathNotFound } from "./paths.ts";
import { isReview, reviewAnswer } from "./reviews.ts";
import type { ObjectRoute } from "./route.ts";
import { readScale, writeScale } from "./scale.ts";

/** Finds what a path names. Throws a 404 when its kind is not served. */
export function targetAt(cluster: Cluster, route: ObjectRoute): Target {
  const served = cluster.registry.find(route.group, route.version, route.plural);
  if (served === undefined)
    throw cluster.registry.groups().includes(route.group) ? pathNotFound() : new PageNotFound();
  const { namespace, name, subresource } = route;
  const known = served.version.subresources.some((sub) => sub.name === subresource);
  if (subresource !== "" && !known) throw pathNotFound();
  return {
    cluster,
    served,
    namespace: served.resource.namespaced ? namespace : "",
    name,
    subresource,
  };
}

/** Every request for objects but watches. */
export function objectAnswer(target: Target, call: Call, open: OpenLists): Answer {
  const options = optionsOf(call);
  const answer = answerOf(target, call, { options, open });
  const body =
    wantsPartial(call.accept) && typeof answer.body !== "string"
      ? partial(answer.body)
      : answer.body;
  return { ...answer, body, warnings: options.warnings };
}

interface Context {
  readonly options: WriteOptions;
  readonly open: OpenLists;
}

function answerOf(target: Target, call: Call, context: Context): Answer {
  if (isReview(target)) return reviewAnswer(target, call.method, jsonBody(call));
  return target.name === ""
    ? collectionAnswer(target, call, context)
    : singleAnswer(target, call, context.options);
}

function collectionAnswer(target: Target, call: Call, { options, open }: Context): Answer {
  switch (call.method) {
    case "GET":
      return { code: 200, body: listObjects(target, call.url.searchParams, open) };
    case "POST":
      return { code: 201, body: createFromBody(target, jsonBody(call), options) };
    case "DELETE":
      return deleteAll(target, call, options);
    default:
      return refuse();
  }
}

function singleAnswer(target: Target, call: Call, options: WriteOptions): Answer {
  switch (call.method) {
    case "GET":
      return { code: 200, body: getObject(target) };
    case "POST":
      return postSubresource(target, call);
    case "PUT":
      return written(put(target, call, options));
    case "PATCH":
      return written(patch(target, call, options));
    case "DELETE":
      return deleteOne(target, call, options);
    default:
      return refuse();
  }
}

function refuse(): never {
  throw methodNotAllowed();
}

function postSubresource(target: Target, call: Call): Answer {
  if (qualified(target.served.resource) === "pods" && target.subresource === "eviction") {
    deleteObject(target, {}, optionsOf(call));
    return {
      code: 201,
      body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 },
    };
  }
  return refuse();
}

function getObject(target: Target): Json {
  const live = liveOf(target);
  if (live === undefined) throw notFound(aboutOf(target));
  const seen = seenAt(target.served, live);
  return target.subresource === "scale" ? readScale(target, seen) : seen;
}

function put(target: Target, call: Call, options: WriteOptions): Written {
  const body = jsonBody(call);
  if (target.subresource === "scale")
    return { object: writeScale(target, body, options), created: false };
  return replaceFromBody(target, body, options);
}

function patch(target: Target, call: Call, options: WriteOptions): Written {
  const { contentType } = call;
  const isApply =
    contentType === "application/apply-patch+yaml" ||
    contentType === "application/apply-patch+json";
  checkPatchOptions(isApply, call.url.searchParams);
  const body = jsonBody(call);
  if (target.subresource === "scale") {
    const scale = mergePatch(getObject(target), body);
    return { object: writeScale(target, scale, options), created: false };
  }
  if (isApply) return patchByApply(target, body, options);
  switch (contentType) {
    case "application/json-patch+json":
      return patchByOperations(target, body, options);
    case "application/strategic-merge-patch+json":
      if (!target.served.resource.builtin) throw unsupportedPatch(contentType);
      return patchByStrategy(target, body, options);
    case "application/merge-patch+json":
      return patchByMerge(target, body, options);
    default:
      throw unsupportedPatch(contentType);
  }
}

function unsupportedPatch(contentType: string) {
  const accepted =
    "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
  return unsupported(
    `the body of the request was in an unknown format - accepted media types include: ${accepted}${contentType === "" ? "" : ""}`,
  );
}

function written({ object, created }: Written): Answer {
  return { code: created ? 201 : 200, body: object };
}

const returnsObject = new Set(
  "namespaces pods services serviceaccounts persistentvolumes persistentvolumeclaims podtemplates resourcequotas storageclasses.storage.k8s.io csidrivers.storage.k8s.io csinodes.storage.k8s.io volumeattachments.storage.k8s.io".split(
    " ",
  ),
);

function deleteOne(target: Target, call: Call, options: WriteOptions): Answer {
  const request = deleteRequest(jsonBody(call), call.url.searchParams);
  const { gone, object } = deleteObject(target, request, options);
  if (!gone || returnsObject.has(qualified(target.served.resource)))
    return { code: 200, body: object };
  const { group, plural } = target.served.resource;
  const details = {
    name: target.name,
    ...(group === "" ? {} : { group }),
    kind: plural,
    uid: textAt(object, "metadata", "uid"),
  };
  return {
    code: 200,
    body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details },
  };
}

function deleteAll(target: Target, call: Call, options: WriteOptions): Answer {
  const list = listObjects(target, call.url.searchParams, new Map());
  const selects = selectorOf(call.url.searchParams, target.namespace);
  const request = deleteRequest(jsonBody(call), call.url.searchParams);
  const items = Array.isArray(list.items) ? list.items.filter(isMap).filter(selects) : [];
  for (const item of items) {
    const { name, namespace } = mapAt(item, "metadata");
    const place = { name: String(name), namespace: typeof namespace === "string" ? namespace : "" };
    deleteObject({ ...target, ...place }, request, options);
  }
  return { code: 200, body: list };
}

function partial(body: Json): Json {
  if (body.kind === "Status") return body;
  if (!Array.isArray(body.items)) return asPartial(body);
  return {
    kind: "PartialObjectMetadataList",
    apiVersion: "meta.k8s.io/v1",
    metadata: body.metadata,
    items: body.items.filter(isMap).map((item) => asPartial(item)),
  };
}

/** Reads the options of a write from the query. Throws on values that the server does not know. */
export function optionsOf({ url, userAgent, user, method, body }: Call): WriteOptions {
  const query = url.searchParams;
  const dryRun = query.getAll("dryRun");
  const isDeleteDryRun = method === "DELETE" && /"dryRun"\s*:\s*\[\s*"All"/.test(body);
  if (dryRun.some((value) => value !== "All" && value !== "")) {
    throw invalid({ group: "meta.k8s.io", plural: "", kind: "PatchOptions", name: "" }, [
      {
        reason: "FieldValueNotSupported",
        message: `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`,
        field: "dryRun",
      },
    ]);
  }
  const validation = query.get("fieldValidation") ?? "Warn";
  if (validation !== "Strict" && validation !== "Warn" && validation !== "Ignore") {
    throw badRequest(`invalid fieldValidation ${validation}`);
  }
  return {
    dryRun: dryRun.includes("All") || isDeleteDryRun,
    manager: query.get("fieldManager") || (userAgent.split("/")[0] ?? ""),
    force: query.get("force") === "true",
    validation,
    user,
    warnings: [],
  };
}
