import { fleetPanels } from "./fleet.ts";
import { datasource, type PanelSpec, panel, query } from "./panel.ts";

function variable(name: string, labelValues: string) {
  return {
    name,
    type: "query",
    label: name,
    datasource,
    query: { query: labelValues, refId: name },
    definition: labelValues,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: ".*",
    current: { text: "All", value: "$__all" },
  };
}

/** Each is limited by those before it. */
const variables = [
  {
    name: "datasource",
    type: "datasource",
    label: "data source",
    query: "prometheus",
    current: {},
  },
  variable("environment", "label_values(holdfast_cluster_info, environment)"),
  variable("cluster", 'label_values(holdfast_cluster_info{environment=~"$environment"}, cluster)'),
  variable("app", 'label_values(holdfast_app_status{cluster=~"$cluster"}, app)'),
];

const annotation = {
  name: "live commit changed",
  datasource,
  enable: true,
  iconColor: "#56B4E9",
  expr: query("fleet:annotation"),
  titleFormat: "{{app}}",
  textFormat: "another commit is live",
};

interface DashboardSpec {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}

function dashboard({ uid, title, panels }: DashboardSpec) {
  const all = { type: "dashboards", title: "Holdfast", tags: ["holdfast"], keepTime: true };
  return {
    id: null,
    uid,
    title,
    tags: ["holdfast"],
    schemaVersion: 39,
    version: 1,
    editable: false,
    timezone: "browser",
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    links: [{ ...all, includeVars: true, asDropdown: false }],
    annotations: { list: [annotation] },
    templating: { list: variables },
    panels: panels.map((spec, index) => panel(spec, index + 1)),
  };
}

/** Every dashboard as Grafana stores it. */
export const dashboards = [
  dashboard({ uid: "holdfast-fleet", title: "Holdfast: the fleet", panels: fleetPanels }),
];
