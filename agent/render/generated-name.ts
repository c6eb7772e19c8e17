import type { Hasher } from "../model/digest.ts";
import { canonicalJson } from "../model/json.ts";
import type { RenderedObject } from "./objects.ts";

/**
 * A hook may leave its name to the server; it gets one that is stable for a change: the prefix and the first 8 hex digits of
 * the render's digest. Anything else without a name stays nameless, which is refused.
 */
export function nameGenerated(
  rendered: readonly RenderedObject[],
  hasher: Hasher,
): readonly RenderedObject[] {
  if (rendered.every(({ object }) => object.metadata.name !== "")) return rendered;
  const suffix = hasher.sha256(canonicalJson(rendered.map(({ object }) => object))).slice(0, 8);
  return rendered.map((item) => {
    const { generateName, ...metadata } = item.object.metadata;
    if (metadata.name !== "" || !isHook(item)) return item;
    const name = `${String(generateName)}${suffix}`;
    return { ...item, object: { ...item.object, metadata: { ...metadata, name } } };
  });
}

const hookAnnotations = ["holdfast.dev/hook", "argocd.argoproj.io/hook", "helm.sh/hook"];

function isHook({ object }: RenderedObject): boolean {
  const { annotations = {} } = object.metadata;
  return hookAnnotations.some((key) => Object.hasOwn(annotations, key));
}
