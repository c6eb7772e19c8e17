/** Best to worst (semantics §5). */
export const healthStatuses = [
  "Healthy",
  "Suspended",
  "Progressing",
  "Missing",
  "Degraded",
  "Unknown",
] as const;
export type HealthStatus = (typeof healthStatuses)[number];

export interface Health {
  readonly status: HealthStatus;
  /** Empty when there is nothing to add to the status. */
  readonly message: string;
}

/** The worst of a set; Healthy for none. */
export function worstHealth(statuses: readonly HealthStatus[]): HealthStatus {
  const ranks = statuses.map((status) => healthStatuses.indexOf(status));
  return healthStatuses[Math.max(0, ...ranks)] ?? "Unknown";
}
