import type { KeptRender, Rollback } from "../model/inventory.ts";
import { isJsonObject } from "../model/json.ts";

/** The list of kept renders as it stands in the inventory; what cannot be read is not kept. */
export function rendersOf(value: unknown): readonly KeptRender[] {
  return Array.isArray(value) ? value.flatMap((one: unknown) => renderOf(one) ?? []) : [];
}

function renderOf(value: unknown): KeptRender | undefined {
  if (!isJsonObject(value)) return undefined;
  const { digest, commit, at, lost } = value;
  if (typeof digest !== "string" || typeof commit !== "string" || typeof at !== "string")
    return undefined;
  return { digest, commit, at, ...(isTexts(lost) && { lost }) };
}

/** Undefined when any of it cannot be read. */
export function rollbackOf(value: unknown): Rollback | undefined {
  if (!isJsonObject(value)) return undefined;
  const { at, why, until, stays } = value;
  const [from, to] = [endOf(value.from), endOf(value.to)];
  const by = (["failure", "request"] as const).find((each) => each === value.by);
  if (from === undefined || to === undefined || by === undefined) return undefined;
  if (typeof at !== "string" || typeof why !== "string") return undefined;
  return {
    ...{ from, to, by, why, at },
    ...(typeof until === "string" && { until }),
    ...(isTexts(stays) && { stays }),
  };
}

function endOf(value: unknown): Rollback["from"] | undefined {
  if (!isJsonObject(value)) return undefined;
  const { digest, commit } = value;
  return typeof digest === "string" && typeof commit === "string" ? { digest, commit } : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
