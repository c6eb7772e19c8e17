import type { MetricRow } from "./metric-row.ts";

/** How fast changes arrive; by environment, hence known once the fleet is read. */
export const deliveryRows = {
  holdfast_commit_to_live_seconds: {
    type: "histogram",
    help: "From the commit, about the merge, until nothing of it is outstanding on this cluster; first installations left out.",
    labels: { environment: "document" },
    buckets: [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400],
    scope: "cluster",
    fleet: true,
    start: [],
  },
} as const satisfies Record<string, MetricRow>;
