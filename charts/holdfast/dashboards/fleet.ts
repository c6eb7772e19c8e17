import { type PanelSpec, stacked, stateMapping, thresholds } from "./panel.ts";

const green = "#0072B2";
const orange = "#E69F00";
const red = "#D55E00";
const purple = "#CC79A7";

function stat(at: number, rest: Omit<PanelSpec, "type" | "at">): PanelSpec {
  return { type: "stat", at: [at, 0, 4, 4], ...rest };
}

const numbers: readonly PanelSpec[] = [
  stat(0, {
    title: "Converged",
    description: "Share of apps on the newest commit that any agent of their environment has seen.",
    unit: "percentunit",
    targets: [{ record: "fleet:converged" }],
    defaults: { min: 0, max: 1, ...thresholds([null, red], [0.95, orange], [0.99, green]) },
  }),
  stat(4, {
    title: "Clusters reporting",
    description: "Clusters whose agent is scraped now.",
    unit: "short",
    targets: [{ record: "fleet:clusters_reporting" }],
    defaults: thresholds([null, green]),
  }),
  stat(8, {
    title: "Clusters silent",
    description: "Clusters that reported within seven days and do not now.",
    unit: "short",
    targets: [{ record: "fleet:clusters_silent" }],
    defaults: thresholds([null, green], [1, red]),
  }),
  stat(12, {
    title: "Need attention",
    description: "Apps on clusters that are Drifted, Held, Degraded, Failed or Unknown.",
    unit: "short",
    targets: [{ record: "fleet:attention" }],
    defaults: thresholds([null, green], [1, orange]),
  }),
  stat(16, {
    title: "Oldest waiting change",
    description: "How long the commit that waits longest has waited.",
    unit: "s",
    targets: [{ record: "fleet:oldest_waiting" }],
    defaults: thresholds([null, green], [1800, orange]),
  }),
  stat(20, {
    title: "Deletions held",
    description: "Objects that Git dropped and that wait for a person: holdfast accept APP.",
    unit: "short",
    targets: [{ record: "fleet:held_deletions" }],
    defaults: thresholds([null, green], [1, purple]),
  }),
];

const coloured = { id: "custom.cellOptions", value: { type: "color-background" } };

function named(name: string, ...properties: readonly unknown[]) {
  return { matcher: { id: "byName", options: name }, properties };
}

const tables: readonly PanelSpec[] = [
  {
    type: "table",
    title: "Needs attention",
    description: "Every app that is not where it should be, the worst first.",
    at: [0, 4, 24, 8],
    unit: "short",
    targets: [
      { record: "fleet:table:state", refId: "state", isTable: true },
      { record: "fleet:table:reason", refId: "reason", isTable: true },
      { record: "fleet:table:since", refId: "since", isTable: true },
      { record: "fleet:table:revision", refId: "revision", isTable: true },
    ],
    overrides: [
      named("state", { id: "mappings", value: stateMapping.mappings }, coloured),
      named("since", { id: "unit", value: "s" }),
    ],
    transformations: [
      { id: "merge", options: {} },
      {
        id: "organize",
        options: {
          excludeByName: { Time: true, "Value #reason": true, "Value #revision": true },
          indexByName: order("cluster", "app", "Value #state", "stage", "reason", "Value #since"),
          renameByName: { "Value #state": "state", "Value #since": "since", desired: "want" },
        },
      },
      { id: "sortBy", options: { sort: [{ field: "state", desc: true }] } },
    ],
  },
  {
    type: "table",
    title: "Cluster × app",
    description: "The state of every app on every cluster.",
    at: [0, 12, 16, 12],
    unit: "short",
    targets: [{ record: "fleet:matrix", isTable: true }],
    defaults: { ...stateMapping, custom: { cellOptions: { type: "color-background" } } },
    transformations: [
      {
        id: "groupingToMatrix",
        options: { columnField: "app", rowField: "cluster", valueField: "Value" },
      },
    ],
  },
];

function order(...names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(names.map((name, index) => [name, index]));
}

const graphs: readonly PanelSpec[] = [
  {
    type: "bargauge",
    title: "Revisions running",
    description: "On how many clusters each revision of an app is live.",
    at: [16, 12, 8, 12],
    unit: "short",
    targets: [{ record: "fleet:revisions", legend: "{{app}} {{live}}" }],
  },
  {
    type: "timeseries",
    title: "Units on the newest commit",
    description: "Apps on clusters that run the newest commit, per environment.",
    at: [0, 24, 12, 8],
    unit: "short",
    targets: [{ record: "fleet:rollout", legend: "{{environment}}" }],
    defaults: stacked,
  },
  {
    type: "timeseries",
    title: "Commit to live",
    description: "From a commit to its objects being live and healthy.",
    at: [12, 24, 12, 8],
    unit: "s",
    targets: [
      { record: "fleet:commit_to_live:p50", legend: "p50" },
      { record: "fleet:commit_to_live:p95", legend: "p95" },
    ],
  },
  {
    type: "timeseries",
    title: "Drift",
    description: "Differences seen in an hour, healed ones, and fights with another writer.",
    at: [0, 32, 8, 8],
    unit: "short",
    targets: [
      { record: "fleet:drift:seen", legend: "seen {{type}}" },
      { record: "fleet:drift:healed", legend: "healed" },
      { record: "fleet:drift:fights", legend: "fights" },
    ],
  },
  {
    type: "timeseries",
    title: "Deletions",
    description: "Objects pruned in an hour, and deletions that were blocked, by reason.",
    at: [8, 32, 8, 8],
    unit: "short",
    targets: [
      { record: "fleet:deletions:pruned", legend: "pruned" },
      { record: "fleet:deletions:blocked", legend: "blocked {{reason}}" },
    ],
  },
  {
    type: "timeseries",
    title: "Why units need attention",
    description: "Apps on clusters that need attention, by stage and reason.",
    at: [16, 32, 8, 8],
    unit: "short",
    targets: [{ record: "fleet:reasons", legend: "{{stage}}: {{reason}}" }],
    defaults: stacked,
  },
];

/** `holdfast-fleet`: is everything where it should be, and what needs me? */
export const fleetPanels: readonly PanelSpec[] = [...numbers, ...tables, ...graphs];
