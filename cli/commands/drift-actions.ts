/** What `holdfast drift` can do, in the order of help. */
export const driftActions = ["list", "show", "adopt"] as const;
export type DriftAction = (typeof driftActions)[number];
