import { canonicalJson, isJsonObject } from "../../agent/model/json.ts";
import { type KubeObject, refOf } from "../../agent/model/object.ts";
import { isSecret } from "../../agent/plan/mask.ts";

/** Gives every distinct value an ordinal: `*** #1`, `*** #2`; no length, no hash (cli.md §1). */
export type SecretMasker = (value: unknown) => string;

/** One masker per report, so that equal values read equal within it. */
export function createMasker(): SecretMasker {
  const seen = new Map<string, number>();
  return (value) => {
    const text = canonicalJson(value);
    const ordinal = seen.get(text) ?? seen.size + 1;
    seen.set(text, ordinal);
    return `*** #${ordinal}`;
  };
}

/** A Secret with its values masked; any other object as it is. */
export function maskSecret(object: KubeObject, mask: SecretMasker): KubeObject {
  if (!isSecret(refOf(object))) return object;
  const { annotations } = object.metadata;
  const masked = Object.entries(object).map(([key, value]) =>
    key === "data" || key === "stringData" ? [key, maskValues(value, mask)] : [key, value],
  );
  return {
    ...object,
    ...Object.fromEntries(masked),
    metadata: {
      ...object.metadata,
      ...(annotations === undefined ? {} : { annotations: maskCopies(annotations, mask) }),
    },
  };
}

function maskValues(values: unknown, mask: SecretMasker): unknown {
  if (!isJsonObject(values)) return mask(values);
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, mask(value)]));
}

/** Other annotations of a Secret may hold copies of its values (NEG-31); ours say how to treat the object. */
const ours = /^holdfast\.dev\//;

function maskCopies(
  annotations: Readonly<Record<string, string>>,
  mask: SecretMasker,
): Readonly<Record<string, string>> {
  const entries = Object.entries(annotations);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, ours.test(key) ? value : mask(value)]),
  );
}
