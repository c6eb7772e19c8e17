import type { MetricRow } from "./metric-row.ts";

export type Labels = Readonly<Record<string, string>>;

/** What is wrong with a set of labels, if anything: each name is in the table, each value in its closed list. */
export function complaint({ labels: wanted }: MetricRow, labels: Labels): string | undefined {
  const missing = Object.keys(wanted).find((key) => labels[key] === undefined);
  if (missing !== undefined) return `label ${missing} is missing`;
  for (const [key, value] of Object.entries(labels)) {
    const list = wanted[key];
    if (list === undefined) return `label ${key} is not in the table`;
    if (typeof list !== "string" && !list.includes(value)) return `${key}=${value} is not listed`;
  }
  return undefined;
}

/** The label sets that exist at 0 from the start: the row's own list, or all combinations of its closed lists. */
export function startLabels(row: MetricRow, fixed: Labels): readonly Labels[] {
  const base: Labels = Object.fromEntries(
    Object.entries(row.labels).flatMap(([key, list]) =>
      typeof list === "string" ? [[key, fixed[key] ?? ""] as const] : [],
    ),
  );
  if (row.start !== undefined) return row.start.map((labels) => ({ ...base, ...labels }));
  return Object.entries(row.labels).reduce<readonly Labels[]>(
    (sets, [key, list]) =>
      typeof list === "string"
        ? sets
        : sets.flatMap((labels) => list.map((value) => ({ ...labels, [key]: value }))),
    [base],
  );
}
