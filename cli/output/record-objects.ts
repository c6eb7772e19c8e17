import type { KubeObject } from "../../agent/model/object.ts";
import { recordCrd, recordKind } from "../../agent/status/record-crd.ts";

export interface RecordNames {
  readonly cluster: string;
  readonly namespace: string;
}

const readers = "holdfast-records-reader";
const rights = "rbac.authorization.k8s.io";

/**
 * What a records cluster needs for one more cluster: its object, and an account that may get and patch that one object
 * and read the others (security §8). The kind and the namespace come first.
 */
export function recordObjects({ cluster, namespace }: RecordNames): readonly KubeObject[] {
  const name = accountName(cluster);
  const metadata = { namespace, labels: { "holdfast.dev/cluster": cluster } };
  const { group, plural, version, kind } = recordKind;
  const rule = (verbs: readonly string[], resourceNames?: readonly string[]) => ({
    apiGroups: [group],
    resources: [plural],
    ...(resourceNames === undefined ? {} : { resourceNames }),
    verbs,
  });
  const bind = (binding: string, role: string): KubeObject => ({
    apiVersion: `${rights}/v1`,
    kind: "RoleBinding",
    metadata: { ...metadata, name: binding },
    roleRef: { apiGroup: rights, kind: "Role", name: role },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  });
  return [
    recordCrd,
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: `${group}/${version}`, kind, metadata: { ...metadata, name: cluster } },
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { ...metadata, name },
      automountServiceAccountToken: false,
    },
    {
      apiVersion: `${rights}/v1`,
      kind: "Role",
      metadata: { name: readers, namespace },
      rules: [rule(["get", "list", "watch"])],
    },
    {
      apiVersion: `${rights}/v1`,
      kind: "Role",
      metadata: { ...metadata, name },
      rules: [rule(["get", "patch"], [cluster])],
    },
    bind(`${name}-reads`, readers),
    bind(name, name),
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        ...metadata,
        name: tokenName(cluster),
        annotations: { "kubernetes.io/service-account.name": name },
      },
      type: "kubernetes.io/service-account-token",
    },
  ];
}

function accountName(cluster: string): string {
  return `record-${cluster}`;
}

/** The Secret that Kubernetes puts the account's token into. */
export function tokenName(cluster: string): string {
  return `${accountName(cluster)}-token`;
}

export interface RecordAccess extends RecordNames {
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

/** The Secret that the chart's `statusRecords.kubernetes.kubeconfigSecret` names; its namespace is the agent's. */
export function recordSecret(
  { cluster, namespace, server, ca, token }: RecordAccess,
  agentNamespace: string,
): KubeObject {
  const authority = Buffer.from(ca).toString("base64");
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "records", cluster: { server, "certificate-authority-data": authority } }],
    users: [{ name: cluster, user: { token } }],
    contexts: [{ name: "records", context: { cluster: "records", user: cluster, namespace } }],
    "current-context": "records",
  };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: recordSecretName, namespace: agentNamespace },
    type: "Opaque",
    stringData: { kubeconfig: JSON.stringify(kubeconfig) },
  };
}

export const recordSecretName = "holdfast-records-kubeconfig";
