import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { isJsonObject } from "../../agent/model/json.ts";
import { rightsIn, rulesOf } from "../../agent/model/rule.ts";
import { ownRules } from "../../agent/plan/own-rights.ts";
import { parseYaml } from "../../agent/render/yaml.ts";
import { renderFile } from "../helm.ts";

/** Rules of the roles of that name, as the committed render of the chart has them. */
function charted(kind: string, name: string) {
  const parsed = parseYaml(readFileSync(renderFile("scoped"), "utf8"), { file: "scoped" });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const roles = parsed.value
    .map(({ value }) => value)
    .filter(isJsonObject)
    .filter((each) => each.kind === kind)
    .filter(({ metadata }) => isJsonObject(metadata) && metadata.name === name);
  return roles.flatMap(({ rules, metadata }) => {
    const namespace = isJsonObject(metadata) ? metadata.namespace : undefined;
    return (Array.isArray(rules) ? rules : []).map((rule) => ({
      ...rule,
      ...(typeof namespace === "string" ? { namespace } : {}),
    }));
  });
}

it("the chart grants the agent's own names exactly what the agent says it uses (P-84, security §8)", () => {
  const chart = [...charted("Role", "holdfast"), ...charted("ClusterRole", "holdfast-base")];
  expect(chart.length).toBeGreaterThan(5);
  const namespace = chart[0]?.namespace ?? "";
  expect(rulesOf(chart.flatMap(rightsIn))).toEqual(rulesOf(ownRules(namespace).flatMap(rightsIn)));
});
