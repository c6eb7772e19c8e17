import { appRows } from "./app-rows.ts";
import { deliveryRows } from "./delivery-rows.ts";
import type { MetricRow } from "./metric-row.ts";
import { apiRows, queueRows } from "./process-rows.ts";
import { identityRows, sourceRows } from "./source-rows.ts";
import { workRows } from "./work-rows.ts";

/** Every series that the agent exports beside prom-client's defaults; the one place that names them (observability §5.2). */
export const metricTable = {
  ...identityRows,
  ...sourceRows,
  ...appRows,
  ...workRows,
  ...apiRows,
  ...queueRows,
  ...deliveryRows,
} as const satisfies Record<string, MetricRow>;

export type MetricName = keyof typeof metricTable;

/** A row with its optional fields visible. */
export function metricRow(name: MetricName): MetricRow {
  return metricTable[name];
}

export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(metricTable, name);
}

export const metricNames: readonly MetricName[] = Object.keys(metricTable).filter(isMetricName);
