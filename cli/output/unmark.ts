import { installationLabel, ownerAnnotation, partOfLabel } from "../../agent/model/names.ts";
import type { KubeObject, ObjectMeta } from "../../agent/model/object.ts";

type Words = Readonly<Record<string, string>>;

/** An object without the marks of an installation, which offline nobody knows (P-2). */
export function unmark(object: KubeObject): KubeObject {
  const { labels, annotations, ...rest } = object.metadata;
  const metadata: ObjectMeta = {
    ...rest,
    ...without("labels", labels, [installationLabel, partOfLabel]),
    ...without("annotations", annotations, [ownerAnnotation]),
  };
  return { ...object, metadata };
}

function without(
  field: "labels" | "annotations",
  words: Words | undefined,
  names: readonly string[],
): { readonly labels?: Words; readonly annotations?: Words } {
  const kept = Object.entries(words ?? {}).filter(([key]) => !names.includes(key));
  return kept.length === 0 ? {} : { [field]: Object.fromEntries(kept) };
}
