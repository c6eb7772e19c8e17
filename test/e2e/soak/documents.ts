import type { KubeObject } from "../../../agent/model/object.ts";
import { appFiles, configMap, deployment, type RepositoryFiles } from "../documents.ts";

/** What the webhook does to a ConfigMap, by the value of this label. */
export const admissionLabel = "soak.example.com/admission";
export type Habit =
  /** Sets the same annotation each time: nothing to see. */
  | "stamp"
  /** Counts writes in an annotation. */
  | "count"
  /** Overwrites what Git declares, with something else each time. */
  | "roll";

const calmObjects = 50;
const tenants = 5;

export const apps = {
  calm: "calm",
  scaled: "scaled",
  contested: "contested",
  admitted: "admitted",
  tenants: "tenants",
} as const;

/** Five apps: one that nothing happens to, one that is autoscaled, two that are fought over, one whose kind comes and goes. */
export function soakFiles(): RepositoryFiles {
  return {
    ...appFiles(apps.calm, calm),
    ...appFiles(apps.scaled, scaled()),
    ...appFiles(apps.contested, [contestedMap, contestedDeployment]),
    ...appFiles(apps.admitted, [counted, rolled]),
    ...appFiles(apps.tenants, [beside, ...tenantObjects]),
  };
}

export const contestedMap = configMap(apps.contested, "settings", "ours");
export const contestedDeployment = deployment(apps.contested, "web");

export const counted = judged(configMap(apps.admitted, "counted"), "count");
export const rolled = judged(configMap(apps.admitted, "rolled"), "roll");

export const calm: readonly KubeObject[] = calmOnes();

/** Of the same app as the resources whose kind goes: it stays. */
export const beside = configMap(apps.tenants, "beside");
export const tenantObjects: readonly KubeObject[] = Array.from({ length: tenants }, (_, index) => ({
  apiVersion: "soak.example.com/v1",
  kind: "Tenant",
  metadata: { name: `tenant-${index}`, namespace: apps.tenants },
  spec: { seats: index + 1 },
}));

/** Somebody else's: no app declares it. */
export const tenantDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "tenants.soak.example.com" },
  spec: {
    group: "soak.example.com",
    scope: "Namespaced",
    names: { plural: "tenants", kind: "Tenant" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties: { seats: { type: "integer" } } } },
          },
        },
      },
    ],
  },
};

export const scaledMost = 6;
export const scaledLeast = 2;

function scaled(): readonly KubeObject[] {
  const { spec, ...web } = deployment(apps.scaled, apps.scaled);
  const labels = { app: apps.scaled };
  const resources = { requests: { cpu: "100m" } };
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: "web", image: "example.com/web:1", resources }] },
  };
  const least = { stabilizationWindowSeconds: 0, selectPolicy: "Max" };
  const hpa = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: apps.scaled, namespace: apps.scaled },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: apps.scaled },
      minReplicas: scaledLeast,
      maxReplicas: scaledMost,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
        },
      ],
      // Five minutes by default: too long for many turns in an hour.
      behavior: {
        scaleDown: { ...least, policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] },
      },
    },
  };
  // Git says one, the autoscaler's least is two.
  return [{ ...web, spec: { ...(typeof spec === "object" ? spec : {}), template } }, hpa];
}

function calmOnes(): readonly KubeObject[] {
  const maps = Array.from({ length: calmObjects - 2 }, (_, index) => {
    const map = configMap(apps.calm, `settings-${index}`, `${index}`);
    return index % 2 === 0 ? judged(map, "stamp") : map;
  });
  const account = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "web", namespace: apps.calm },
  };
  return [...maps, account, deployment(apps.calm, "web")];
}

function judged(object: KubeObject, habit: Habit): KubeObject {
  return {
    ...object,
    metadata: { ...object.metadata, labels: { [admissionLabel]: habit } },
  };
}
