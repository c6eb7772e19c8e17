import { groupOf, type KubeObject } from "../model/object.ts";

const template = ["spec", "template"] as const;

const templates: Readonly<Record<string, readonly string[]>> = {
  "/Pod": [],
  "/PodTemplate": ["template"],
  "/ReplicationController": template,
  "apps/Deployment": template,
  "apps/StatefulSet": template,
  "apps/DaemonSet": template,
  "apps/ReplicaSet": template,
  "batch/Job": template,
  "batch/CronJob": ["spec", "jobTemplate", "spec", "template"],
};

/** Where a built-in kind keeps the pod it makes (metadata and spec); undefined for kinds that make none. */
export function podTemplatePath({ apiVersion, kind }: KubeObject): readonly string[] | undefined {
  return templates[`${groupOf(apiVersion)}/${kind}`];
}
