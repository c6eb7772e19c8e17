import { settingsSchema } from "../agent/config/settings-schema.ts";
import type { SchemaNode } from "./schema-node.ts";

/** Settings that a pod has no use for, or that the chart gives from something else: a mounted Secret, the release. */
export const chartSettings: readonly string[] = [
  "namespace",
  "kubeconfig",
  "context",
  "source.auth.passwordFile",
  "source.auth.caFile",
  "store.path",
  "store.sizeLimit",
  "metrics.host",
  "statusPage.host",
  "statusRecords.git.auth.passwordFile",
  "statusRecords.git.auth.caFile",
  "statusRecords.kubernetes.kubeconfig",
];

/** What helm can check of our formats; the agent's own parser has the last word. Go's dialect: no look-ahead. */
const patterns: Readonly<Record<string, string>> = {
  duration: "^([0-9]{1,9}(\\.[0-9]{1,9})?(ms|s|m|h|d))+$",
  percent: "^[0-9]{1,3}(\\.[0-9]{1,4})?%$",
  "dns-label": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
  path: "^[^/\\s].*$",
  "kind-pattern": "^(\\*|[A-Za-z0-9.-]+)(/\\*)?$",
  quantity: "^[0-9]{1,6}(Ki|Mi|Gi|Ti)$",
  "git-url":
    "^(https://[^\\s@/]+(/\\S*)?|ssh://([^\\s@:/]+@)?[^\\s@/]+/\\S*|http://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:[0-9]+)?/\\S*)$",
  "https-url": "^https://[^\\s@/]+(/\\S*)?$",
  "http-url": "^https?://[^\\s@/]+(/\\S*)?$",
  "remote-url": "^(oci|https)://[^\\s/@]+/\\S*$",
};

interface SettingNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly items?: SettingNode;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SettingNode>>;
}

/** The agent's settings as values of the chart: same paths, same words, same defaults. */
export function settingsValues(): Readonly<Record<string, SchemaNode>> {
  return properties(settingsSchema.properties, []);
}

function properties(
  nodes: Readonly<Record<string, SettingNode>>,
  path: readonly string[],
): Readonly<Record<string, SchemaNode>> {
  const kept = Object.entries(nodes)
    .map(([key, node]) => ({ key, node, at: [...path, key] }))
    .filter(({ at }) => !chartSettings.includes(at.join(".")))
    .map(({ key, node, at }) => [key, chartValue(node, at)] as const)
    .filter(([, node]) => node.properties === undefined || Object.keys(node.properties).length > 0);
  return Object.fromEntries(kept);
}

function chartValue(node: SettingNode, path: readonly string[]): SchemaNode {
  const { description = "" } = node;
  if (node.properties !== undefined) {
    const inner = properties(node.properties, path);
    return { type: "object", description, additionalProperties: false, properties: inner };
  }
  if (node.type === "array") {
    const items = { type: "string", ...checked(node.items ?? {}, false) };
    return { type: "array", description, items, default: node.default ?? [] };
  }
  if (node.type === "integer") return integer(node, description);
  const preset = node.default ?? "";
  if (node.enum !== undefined) return { description, enum: node.enum, default: preset };
  if (node.type === "boolean") return { type: "boolean", description, default: preset };
  return { type: "string", description, ...checked(node, preset === ""), default: preset };
}

/** Port 0, a free one, is of no use behind a Service, and an unprivileged process has none below 1024. */
function integer({ minimum, maximum, default: preset }: SettingNode, description: string) {
  const isPort = maximum === 65_535;
  return {
    type: "integer",
    description: isPort ? description.replace("; 0 takes a free one", "") : description,
    ...(minimum === undefined ? {} : { minimum: isPort ? 1024 : minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    default: preset,
  };
}

function checked({ format }: SettingNode, mayBeEmpty: boolean): { readonly pattern?: string } {
  if (format === undefined) return {};
  const pattern = patterns[format];
  if (pattern === undefined)
    throw new Error(`charts/settings-values.ts has no pattern for ${format}`);
  return { pattern: mayBeEmpty ? `^$|${pattern}` : pattern };
}
