import { isJsonObject } from "../model/json.ts";
import {
  installationLabel,
  ownerAnnotation,
  partOfLabel,
  restoredAnnotation,
} from "../model/names.ts";
import type { KubeObject, ObjectMeta } from "../model/object.ts";

/** What servers and controllers wrote; a new object gets its own. */
const ofThatIncarnation = new Set([
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "selfLink",
  "managedFields",
  "ownerReferences",
]);

/** A Job's selector and pod labels name the UID of the Job that was. */
const jobLabels = new Set([
  "controller-uid",
  "batch.kubernetes.io/controller-uid",
  "job-name",
  "batch.kubernetes.io/job-name",
]);

/** P-83: a kept object as it can be created again: nobody's, with its origin said, and nothing of its former life. */
export function restoredForm(kept: KubeObject, origin: string): KubeObject {
  const { status: _status, ...object } = kept;
  const metadata = metadataOf(kept.metadata, origin);
  const isJob = kept.kind === "Job" && kept.apiVersion.startsWith("batch/");
  return { ...object, ...(isJob ? { spec: jobSpec(kept["spec"]) } : {}), metadata };
}

function metadataOf(metadata: ObjectMeta, origin: string): ObjectMeta {
  const { name } = metadata;
  const own = Object.entries(metadata).filter(([key]) => !ofThatIncarnation.has(key));
  const annotations = without(metadata.annotations, [ownerAnnotation]);
  const labels = without(metadata.labels, [installationLabel, partOfLabel]);
  return {
    ...Object.fromEntries(own),
    name,
    annotations: { ...annotations, [restoredAnnotation]: origin },
    labels,
  };
}

function without(
  texts: Readonly<Record<string, string>> = {},
  keys: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).filter(([key]) => !keys.includes(key)));
}

function jobSpec(spec: unknown): unknown {
  if (!isJsonObject(spec) || spec["manualSelector"] === true) return spec;
  const { selector: _selector, template, ...rest } = spec;
  if (!isJsonObject(template) || !isJsonObject(template["metadata"])) return { ...rest, template };
  const { labels } = template["metadata"];
  const kept = isJsonObject(labels)
    ? Object.fromEntries(Object.entries(labels).filter(([key]) => !jobLabels.has(key)))
    : {};
  return {
    ...rest,
    template: { ...template, metadata: { ...template["metadata"], labels: kept } },
  };
}
