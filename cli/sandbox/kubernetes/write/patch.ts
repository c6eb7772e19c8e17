import { isJsonObject } from "../../../../agent/model/json.ts";
import { applyManaged } from "../apply/field-manager.ts";
import type { Conflict } from "../apply/updater.ts";
import { aboutOf, liveOf, seenAt, type Target, type WriteOptions } from "../cluster.ts";
import { badRequest, Fault, internal, invalid, notFound } from "../http/fault.ts";
import { cloneJson, isMap, type Json, mapAt, textAt } from "../json.ts";
import { apiVersionAt } from "../kinds/resource.ts";
import { printPath } from "../typed/field-set.ts";
import { describeErrors, typeErrors } from "../typed/validate.ts";
import { checkNamespace, trackingOf } from "./create.ts";
import { decodeObject, normalise } from "./decode.ts";
import { applyJsonPatch, mergePatch } from "./json-patch.ts";
import { strategicMerge } from "./strategic.ts";
import { checkName, createApplied, storeUpdate, updateObject } from "./update.ts";

export interface Written {
  readonly object: Json;
  readonly created: boolean;
}

/** PATCH with `application/json-patch+json`. */
export function patchByOperations(target: Target, body: unknown, options: WriteOptions): Written {
  const live = requireLive(target);
  const outcome = applyJsonPatch(cloneJson(seenAt(target.served, live)), body);
  if (!outcome.ok) {
    throw new Fault(outcome.code, outcome.code === 400 ? "BadRequest" : "Invalid", {
      message: outcome.message,
      ...(outcome.code === 422 ? { details: {} } : {}),
    });
  }
  return patched(target, { live, value: outcome.value }, options);
}

/** PATCH with `application/merge-patch+json`. */
export function patchByMerge(target: Target, body: unknown, options: WriteOptions): Written {
  const live = requireLive(target);
  const value = mergePatch(cloneJson(seenAt(target.served, live)), body);
  return patched(target, { live, value }, options);
}

/** PATCH with `application/strategic-merge-patch+json`: what kubectl sends for built-in kinds. */
export function patchByStrategy(target: Target, body: unknown, options: WriteOptions): Written {
  const live = requireLive(target);
  const { version } = target.served;
  const value = strategicMerge(version.schema, cloneJson(seenAt(target.served, live)), body);
  return patched(target, { live, value }, options);
}

function requireLive(target: Target): Json {
  const live = liveOf(target);
  if (live === undefined) throw notFound(aboutOf(target));
  return live;
}

function patched(
  target: Target,
  { live, value }: { live: Json; value: unknown },
  options: WriteOptions,
): Written {
  const next = decodeObject(target.served, value, options);
  const sent = mapAt(value, "metadata").managedFields;
  if (Array.isArray(sent)) mapAt(next, "metadata").managedFields = sent;
  checkNamespace(target, next);
  checkName(target, next);
  return { object: updateObject(target, { live, next }, options), created: false };
}

/** PATCH with `application/apply-patch+yaml` (§1.18). */
export function patchByApply(target: Target, body: unknown, options: WriteOptions): Written {
  if (!isMap(body)) throw badRequest("error decoding YAML: not an object");
  const { served } = target;
  const live = liveOf(target);
  checkApplied(target, body);
  const seen = live === undefined ? undefined : seenAt(served, live);
  const tracking = trackingOf(target, options);
  const outcome = applyManaged({ live: seen, config: body, force: options.force }, tracking);
  if (!outcome.ok) throw conflicts(outcome.conflicts);
  if (!isJsonObject(outcome.object)) throw internal("apply left nothing");
  const next = normalise(served, { ...outcome.object });
  if (live === undefined) {
    checkNamespace(target, next);
    checkName(target, next);
    return { object: createApplied(target, next, options), created: true };
  }
  checkNamespace(target, next);
  checkName(target, next);
  return { object: storeUpdate(target, { live, next }, options), created: false };
}

function checkApplied(target: Target, config: Json): void {
  const { served, namespace } = target;
  const { kind } = served.resource;
  const apiVersion = apiVersionAt(served);
  const id = (text: unknown, of: unknown) => {
    const [group, version] = String(text ?? "").includes("/")
      ? String(text).split("/")
      : ["", text ?? ""];
    return `${group}/${version}, Kind=${of ?? ""}`;
  };
  if (config.apiVersion !== apiVersion || config.kind !== kind) {
    throw badRequest(`invalid object type: ${id(config.apiVersion, config.kind)}`);
  }
  if (mapAt(config, "metadata").managedFields !== undefined) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const errors = typeErrors(served.version.schema, config, { allowDuplicates: false });
  if (errors.length === 0) return;
  const place = `${textAt(config, "metadata", "namespace") || (namespace === "" ? "" : "")}/${textAt(config, "metadata", "name")}; ${id(apiVersion, kind)}`;
  throw internal(`failed to create typed patch object (${place}): ${describeErrors(errors)}`);
}

function conflicts(found: readonly Conflict[]): Fault {
  const causes = found.map((conflict) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${managerText(conflict)}`,
    field: printPath(conflict.path),
  }));
  return new Fault(409, "Conflict", { message: conflictMessage(found), details: { causes } });
}

function managerText({ with: entry }: Conflict): string {
  const name = `${JSON.stringify(entry.manager)}${entry.subresource === "" ? "" : ` with subresource "${entry.subresource}"`}`;
  return entry.operation === "Update" ? `${name} using ${entry.apiVersion}` : name;
}

function conflictMessage(found: readonly Conflict[]): string {
  const [only] = found;
  if (only !== undefined && found.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${managerText(only)}: ${printPath(only.path)}`;
  }
  const managers = [...new Set(found.map(managerText))].sort();
  const lines = managers.flatMap((manager) => [
    `conflicts with ${manager}:`,
    ...found
      .filter((item) => managerText(item) === manager)
      .map(({ path }) => `- ${printPath(path)}`),
  ]);
  return `Apply failed with ${found.length} conflicts: ${lines.join("\n")}`;
}

/** An apply needs a manager; force is for applies only. */
export function checkPatchOptions(isApply: boolean, query: URLSearchParams): void {
  const about = { group: "meta.k8s.io", plural: "", kind: "PatchOptions", name: "" };
  if (isApply && (query.get("fieldManager") ?? "") === "") {
    throw invalid(about, [
      {
        reason: "FieldValueRequired",
        message: "Required value: is required for apply patch",
        field: "fieldManager",
      },
    ]);
  }
  if (!isApply && query.has("force")) {
    throw invalid(about, [
      {
        reason: "FieldValueForbidden",
        message: "Forbidden: may not be specified for non-apply patch",
        field: "force",
      },
    ]);
  }
}
