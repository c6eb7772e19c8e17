import type { Selector } from "../fleet/selector.ts";
import { isJsonObject } from "../model/json.ts";
import type { AppDocument, Document } from "./document.ts";
import { isExpression, type Refusal } from "./validator.ts";

/** What is wrong although every field has the right type. */
export function meaningRefusals(document: Document): readonly Refusal[] {
  switch (document.kind) {
    case "App":
      return appRefusals(document);
    case "Rollout":
      return rolloutRefusals(document.spec);
    case "Fleet":
    case "Cluster":
    case "Approval":
      return [];
  }
}

/** Fields that decide where and in which order an app runs must be the same on all clusters. */
const literalFields = ["/spec/clusters", "/spec/rollout", "/spec/owner"];

function appRefusals({ name, spec }: AppDocument): readonly Refusal[] {
  const overrides = spec.overrides ?? [];
  return [
    ...(isExpression(name) ? [{ pointer: "/metadata/name", message: noExpression }] : []),
    ...selectorRefusals(spec.clusters, "/spec/clusters"),
    ...overrides.flatMap(({ clusters }, index) =>
      selectorRefusals(clusters, `/spec/overrides/${index}/clusters`),
    ),
    ...literalFields.flatMap((pointer) => expressionRefusals({ spec }, pointer)),
    ...overrides.flatMap((_, index) =>
      expressionRefusals({ spec }, `/spec/overrides/${index}/clusters`),
    ),
  ];
}

const noExpression = "an expression cannot stand here: it must be the same on all clusters";

function rolloutRefusals(spec: Extract<Document, { kind: "Rollout" }>["spec"]): readonly Refusal[] {
  const names = spec.waves.map(({ name }) => name);
  return [
    ...spec.waves.flatMap(({ clusters }, index) =>
      selectorRefusals(clusters, `/spec/waves/${index}/clusters`),
    ),
    ...names.flatMap((name, index) =>
      names.indexOf(name) === index
        ? []
        : [{ pointer: `/spec/waves/${index}/name`, message: `two waves are named "${name}"` }],
    ),
    ...(spec.windows ?? []).flatMap(({ allow, deny }, index) =>
      (allow === undefined) === (deny === undefined)
        ? [{ pointer: `/spec/windows/${index}`, message: "a window says either allow or deny" }]
        : [],
    ),
  ];
}

/** In and NotIn ask for values, Exists and DoesNotExist for none, as Kubernetes has it. */
function selectorRefusals(selector: Selector, pointer: string): readonly Refusal[] {
  return (selector.matchExpressions ?? []).flatMap(({ operator, values }, index) => {
    const at = `${pointer}/matchExpressions/${index}`;
    const wants = operator === "In" || operator === "NotIn";
    if (wants && (values ?? []).length === 0) {
      return [{ pointer: at, message: `${operator} needs values` }];
    }
    if (!wants && (values ?? []).length > 0) {
      return [{ pointer: `${at}/values`, message: `${operator} takes no values` }];
    }
    return [];
  });
}

function expressionRefusals(document: object, pointer: string): readonly Refusal[] {
  let value: unknown = document;
  for (const key of pointer.slice(1).split("/")) value = childOf(value, key);
  return hasExpression(value) ? [{ pointer, message: noExpression }] : [];
}

function childOf(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isJsonObject(value) ? value[key] : undefined;
}

function hasExpression(value: unknown): boolean {
  if (isJsonObject(value)) return Object.values(value).some(hasExpression);
  if (Array.isArray(value)) return value.some(hasExpression);
  return isExpression(value);
}
