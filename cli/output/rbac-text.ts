import { type Rule, ruleLine } from "../../agent/model/rule.ts";
import type { AppRules, ClusterRules } from "../commands/rbac-rules.ts";
import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { type Column, table } from "./table.ts";

const columns: readonly Column[] = [
  { title: "APP" },
  { title: "NAMESPACE" },
  { title: "GROUP" },
  { title: "RESOURCES", wraps: true },
  { title: "NAMES", wraps: true },
  { title: "VERBS", wraps: true },
];

/** One line per rule, the apps one after the other. */
export function rbacText({ apps }: ClusterRules, style: Style): string {
  const rows = apps.flatMap(({ app, rules, grants }) =>
    [...rules, ...grants].map((rule) => [app, ...rowOf(rule)].map(escapeLine)),
  );
  return table(columns, rows, style);
}

function rowOf({ namespace, apiGroups, resources, resourceNames, verbs }: Rule): readonly string[] {
  return [
    namespace ?? "(cluster)",
    apiGroups.map((group) => group || "core").join(" "),
    resources.join(" "),
    resourceNames?.join(" ") ?? "(all)",
    verbs.join(" "),
  ];
}

const alwaysThere = new Set(["default", "kube-system", "kube-public", "kube-node-lease"]);

/** Values for the chart: `helm upgrade … -f rules.yaml`. What only a person adds stands in comments. */
export function rbacValues(of: ClusterRules, own: string): string {
  const { cluster, namespaces, declared, apps, rules } = of;
  const made = namespaces.filter(
    (name) => !declared.has(name) && name !== own && !alwaysThere.has(name),
  );
  const lines = [
    `# What the agent of ${escapeLine(cluster)} may do, for ${apps.map(({ app }) => app).join(", ")}; written by holdfast rbac --values.`,
    "rbac:",
    "  mode: scoped",
    ...namespaceLines(made),
    ...[...declared]
      .filter(([name]) => namespaces.includes(name))
      .map(
        ([name, app]) =>
          `  # ${name} is declared by ${app}: make it before, kubectl create namespace ${name}`,
      ),
    rules.length === 0 ? "  rules: []" : "  rules:",
    ...rules.map((rule) => `    - ${ruleLine(rule)}`),
    ...apps.flatMap(grantLines),
  ];
  return `${lines.join("\n")}\n`;
}

function namespaceLines(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  return [
    "  # made by the chart and kept when it goes; take out what is there already",
    `  namespaces: [${names.join(", ")}]`,
  ];
}

function grantLines({ app, grants }: AppRules): readonly string[] {
  if (grants.length === 0) return [];
  return [
    `    # ${app} hands out rights that the agent does not have; add these yourself if it may:`,
    ...grants.map((rule) => `    # - ${ruleLine(rule)}`),
  ];
}

export interface RightsDifference {
  readonly missing: readonly Rule[];
  readonly surplus: readonly Rule[];
}

/** What to add and what to take away, or one line when it is neither. */
export function rightsGapText(
  { missing, surplus }: RightsDifference,
  account: string,
  { colours }: Style,
): string {
  const lines = [
    ...missing.map((rule) => `${colours.red("missing")}  ${escapeLine(ruleLine(rule))}`),
    ...surplus.map((rule) => `${colours.yellow("surplus")}  ${escapeLine(ruleLine(rule))}`),
  ];
  if (lines.length === 0)
    return `${account} may do what it needs: nothing missing, nothing surplus\n`;
  return `${lines.join("\n")}\n`;
}
