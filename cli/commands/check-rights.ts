import type { Rule } from "../../agent/model/rule.ts";
import { rightsIn, ruleLine, rulesOf } from "../../agent/model/rule.ts";
import { ownRules } from "../../agent/plan/own-rights.ts";
import { missing } from "../../agent/plan/rights.ts";
import type { Account } from "../output/rbac-manifests.ts";
import { count } from "../output/text.ts";
import { boundRules } from "./bound-rules.ts";
import { fine, type Line, wrong } from "./check-probes.ts";
import type { ConnectedCluster } from "./context.ts";
import type { RightsGap } from "./rbac-check.ts";

/** Whether the agent's account may do what it needs for itself, whatever its apps are. */
export async function ownRightsLine(
  { client }: ConnectedCluster,
  account: Account,
  signal: AbortSignal,
): Promise<Line> {
  const have = await boundRules(client, account, signal);
  const needs = ownRules(account.namespace).flatMap(rightsIn);
  const lacked = missing(
    needs.map((right) => ({ right, use: "act" })),
    have,
  );
  const rules = rulesOf(lacked.map(({ right }) => right));
  if (rules.length === 0) return fine("the agent may keep its own objects");
  const who = `${account.namespace}/${account.name}`;
  return wrong(
    have.length === 0
      ? `no role is bound to the service account ${who}`
      : `${who} lacks ${count(rules.length, "rule")} of its own: ${ruleLine(rules[0] ?? none)}`,
    "install the chart with rbac.create=true, or name the account: --service-account",
  );
}

const none: Rule = { apiGroups: [], resources: [], verbs: [] };

/** The same with everything that its apps need. */
export function gapLine({ missing: lacked, surplus, unknown }: RightsGap, cluster: string): Line {
  const command = `holdfast rbac --cluster ${cluster}`;
  const unseen = lacked.filter(isForWatching);
  const first = lacked.find((rule) => !isForWatching(rule));
  if (first !== undefined) {
    const says = `${count(lacked.length, "rule")} missing: ${ruleLine(first)}`;
    return wrong(says, `${command} --values > rules.yaml, then helm upgrade -f rules.yaml`);
  }
  if (unknown.length > 0) {
    const says = `unknown: ${unknown.join(", ")} cannot be rendered`;
    return { verdict: "not seen", says, fix: "holdfast validate" };
  }
  if (unseen.length > 0) {
    const what = unseen.map(({ resources }) => resources.join(", ")).join(", ");
    return fine(`nothing missing but to watch ${what}, which are read every 5 minutes instead`);
  }
  return surplus.length === 0
    ? fine("nothing missing, nothing surplus")
    : fine(
        `nothing missing; ${count(surplus.length, "rule")} more than needed (${command} --check)`,
      );
}

/** C-8: a choice, not a fault. */
function isForWatching({ verbs }: Rule): boolean {
  return verbs.every((verb) => verb === "list" || verb === "watch");
}
