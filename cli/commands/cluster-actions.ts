/** What `holdfast clusters` can do, in the order of help. */
export const clusterActions = ["list", "get", "targets", "add", "label", "doctor"] as const;
export type ClusterAction = (typeof clusterActions)[number];
