import type { MetricRow } from "./metric-row.ts";

export const httpMethods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
/** `<error>`: no answer came, as client-go writes it. */
export const httpCodes = [
  ...["200", "201", "202", "400", "401", "403", "404", "405", "406", "409", "410", "413", "415"],
  ...["422", "429", "500", "501", "502", "503", "504", "<error>", "other"],
] as const;
const usualCodes = ["200", "201", "403", "404", "409", "422", "429", "500"];

const apiBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30];
/** Ten of the usual powers of ten, at the end where our passes are. */
const queueBuckets = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000];
const units = { name: ["units"] } as const;

/** The Kubernetes API, as client-go names it. */
export const apiRows = {
  rest_client_requests_total: {
    type: "counter",
    help: "Requests to the Kubernetes API, by answer.",
    labels: { code: httpCodes, method: httpMethods, host: "document" },
    start: usualCodes.flatMap((code) => httpMethods.map((method) => ({ code, method }))),
    scope: "cluster",
  },
  rest_client_request_duration_seconds: {
    type: "histogram",
    help: "How long the Kubernetes API took to answer; watches do not count.",
    labels: { verb: httpMethods, host: "document" },
    buckets: apiBuckets,
    scope: "cluster",
  },
  holdfast_kube_throttle_wait_seconds_total: {
    type: "counter",
    help: "Seconds lost to limits of the Kubernetes API.",
    labels: { cause: ["own_limit", "status_429", "retry_after"] },
    scope: "cluster",
    fleet: true,
  },
  holdfast_kube_watch_restarts_total: {
    type: "counter",
    help: "Watches that had to start anew; restored: all of them, as the cluster came back older than it was.",
    labels: { reason: ["expired", "network", "stalled", "restored"] },
    scope: "cluster",
  },
} as const satisfies Record<string, MetricRow>;

/** The queue of units, as client-go names it. */
export const queueRows = {
  workqueue_depth: queueRow("gauge", "Units that wait for their pass."),
  workqueue_adds_total: queueRow("counter", "Units put into the queue."),
  workqueue_retries_total: queueRow("counter", "Units put into the queue after a failure."),
  workqueue_queue_duration_seconds: queueRow("histogram", "How long units waited for their pass."),
  workqueue_work_duration_seconds: queueRow("histogram", "How long a pass took."),
  workqueue_unfinished_work_seconds: queueRow("gauge", "Time spent so far in passes under way."),
  workqueue_longest_running_processor_seconds: queueRow("gauge", "The longest pass under way."),
} as const satisfies Record<string, MetricRow>;

function queueRow(type: MetricRow["type"], help: string): MetricRow {
  return {
    type,
    help,
    labels: units,
    scope: "cluster",
    ...(type === "histogram" ? { buckets: queueBuckets } : {}),
  };
}
