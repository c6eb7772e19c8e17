import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";

/** What somebody applied before Git was followed: fields that Git no longer has, and other values. No pod template is touched. */
export function olderVersion(object: KubeObject): KubeObject {
  const { metadata, ...rest } = object;
  const { labels, annotations } = metadata;
  return {
    ...rest,
    ...data(object),
    ...spec(object),
    metadata: {
      ...metadata,
      labels: { ...labels, "example.com/old": "yes" },
      annotations: { ...annotations, "example.com/note": "by hand" },
    },
  };
}

function data({ kind, data: found }: KubeObject): object {
  if (kind !== "ConfigMap" || !isJsonObject(found)) return {};
  const changed = Object.entries(found).map(([key, text]) => [key, `# older\n${String(text)}`]);
  return { data: { ...Object.fromEntries(changed), "old-key": "old" } };
}

function spec({ kind, spec: found }: KubeObject): object {
  if (kind !== "Deployment" || !isJsonObject(found)) return {};
  return { spec: { ...found, progressDeadlineSeconds: 700 } };
}

const ours = [
  ".metadata.managedFields",
  ".metadata.resourceVersion",
  ".metadata.generation",
  ".status",
];
const lastApplied = ".metadata.annotations.kubectl.kubernetes.io/last-applied-configuration";

/** Paths that the first has and the second lacks; what the server keeps books of is left out. */
export function goneFrom(before: KubeObject, after: KubeObject): readonly string[] {
  const now = new Set(paths(after, ""));
  return paths(before, "").filter((path) => !now.has(path) && path !== lastApplied);
}

function paths(value: unknown, at: string): readonly string[] {
  if (ours.some((path) => at.startsWith(path))) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => paths(item, `${at}[${index}]`));
  if (!isJsonObject(value)) return [at];
  return Object.entries(value).flatMap(([key, child]) => paths(child, `${at}.${key}`));
}
