import { behaviourProperties, renderProperties } from "../config/app-properties.ts";
import type { AppSpec } from "../config/app-schema.ts";
import type { AppDocument, ClusterDocument } from "../config/document.ts";
import { nameSchema } from "../config/parts-schema.ts";
import { isExpression, validatorOf } from "../config/validator.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { Parsed, Problem } from "../model/problem.ts";
import type { Scope } from "../render/expression.ts";
import { type SubstitutionFault, substitute } from "../render/substitute.ts";
import type { Fleet } from "./fleet.ts";
import { type Layer, mergeDeep, originOf } from "./merge.ts";
import { selects } from "./selector.ts";

/** What an app says on one cluster: defaults, document and overrides merged, expressions resolved, checked again. */
export type AppSettings = Omit<AppSpec, "overrides" | "clusters" | "owner">;

const settingsSchema = {
  type: "object",
  additionalProperties: false,
  required: ["namespace"],
  properties: { rollout: nameSchema, ...renderProperties, ...behaviourProperties },
};
const validate = validatorOf(settingsSchema);

/** Every problem names the file, the place and the cluster: other clusters go on (R29, R30). */
export function appSettings(
  app: AppDocument,
  cluster: ClusterDocument,
  fleet: Fleet,
): Parsed<AppSettings> {
  const layers = layersOf(app, cluster, fleet);
  const merged = layers.map(({ value }) => value).reduce(mergeDeep, {});
  const { value, faults } = resolve(merged, app, cluster);
  if (faults.length > 0) {
    const problems = faults.map((fault) =>
      problemAt(layers, fault, `on cluster ${cluster.name}: `),
    );
    return {
      ok: false,
      problems: problems.map((problem) => ({ ...problem, reason: "ValueUndefined" })),
    };
  }
  const refusals = validate(value);
  if (refusals.length > 0) {
    return {
      ok: false,
      problems: refusals.map((item) => problemAt(layers, item, `on cluster ${cluster.name}: `)),
    };
  }
  return { ok: true, value: value as unknown as AppSettings };
}

/** From the least to the most particular: fleet defaults, the app, its overrides that match, in order. */
export function layersOf(
  app: AppDocument,
  cluster: ClusterDocument,
  fleet: Fleet,
): readonly Layer[] {
  const { overrides = [], clusters: _where, owner: _owner, ...own } = app.spec;
  const matching = overrides.flatMap(({ clusters, ...value }, index) =>
    selects(clusters, cluster.labels)
      ? [{ value, pointer: `/spec/overrides/${index}`, document: app }]
      : [],
  );
  return [
    { value: fleetDefaults(fleet), pointer: "/spec/defaults", document: fleet.document },
    { value: own, pointer: "/spec", document: app },
    ...matching,
  ];
}

/** Lists that add up, instead of replacing each other, are taken from the fleet where the unit is made. */
function fleetDefaults(fleet: Fleet): JsonObject {
  const { drift, health, ...rest } = fleet.document.spec.defaults ?? {};
  const { ignore: _ignore, ...driftRest } = drift ?? {};
  const { rules: _rules, ...healthRest } = health ?? {};
  return { ...rest, drift: driftRest, health: healthRest };
}

interface ResolvedSettings {
  readonly value: JsonObject;
  readonly faults: readonly SubstitutionFault[];
}

/** Values first, then the namespace, then all that may read both. */
function resolve(merged: JsonObject, app: AppDocument, cluster: ClusterDocument): ResolvedSettings {
  const { values = {}, namespace, ...rest } = merged;
  const written = typeof namespace === "string" && !isExpression(namespace) ? { namespace } : {};
  const base: Scope = {
    cluster: { name: cluster.name, labels: cluster.labels, values: cluster.spec.values ?? {} },
    app: { name: app.name, ...written },
  };
  const own = substitute({ values }, base);
  const ownValues =
    isJsonObject(own.value) && isJsonObject(own.value["values"]) ? own.value["values"] : {};
  if (own.faults.length > 0) return { value: merged, faults: own.faults };
  const named = substitute({ namespace }, { ...base, values: ownValues });
  const space = isJsonObject(named.value) ? named.value["namespace"] : undefined;
  const scope: Scope = {
    ...base,
    values: ownValues,
    app: { name: app.name, ...(typeof space === "string" ? { namespace: space } : {}) },
  };
  const others = substitute(rest, scope);
  const value = isJsonObject(others.value) ? others.value : {};
  return {
    value: { ...value, namespace: space, values: ownValues },
    faults: [...named.faults, ...others.faults],
  };
}

function problemAt(layers: readonly Layer[], fault: SubstitutionFault, prefix: string): Problem {
  const { pointer, message, next } = fault;
  const layer = originOf(layers, pointer);
  const place = `${layer?.pointer ?? "/spec"}${pointer}`;
  const position = positionOf(layer, place);
  return {
    reason: "ConfigInvalid",
    message: prefix + message,
    ...(layer === undefined ? {} : { file: layer.document.file }),
    ...position,
    field: place.slice(1).replaceAll("/", "."),
    ...(next === undefined ? {} : { next }),
  };
}

function positionOf(layer: Layer | undefined, pointer: string) {
  for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const position = layer?.document.positionOf(at);
    if (position !== undefined) return position;
  }
  return { line: layer?.document.line ?? 1 };
}
