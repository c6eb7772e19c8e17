import { expect } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { type Bench, obj, widgets } from "../pass/bench.ts";

/** Like `widgets`, of a group and with versions of its own. */
export function definition(group: string, versionNames: readonly string[], text = ""): KubeObject {
  const properties = { spec: { type: "object", properties: { size: { type: "integer" } } } };
  const schema = { openAPIV3Schema: { type: "object", description: text, properties } };
  const versions = versionNames.map((name, index) => {
    return { name, served: true, storage: index === 0, schema };
  });
  return obj("CustomResourceDefinition", `widgets.${group}`, {
    spec: { ...(widgets["spec"] as object), group, versions },
  });
}

export const widget = (apiVersion: string, name: string, size = 1): KubeObject => ({
  ...obj("Widget", name, { spec: { size } }),
  apiVersion,
});

/** Nothing more is written, and nothing differs. */
export async function quiet(bench: Bench, app: string): Promise<void> {
  await bench.pass(app); // the plural of what came with its definition is on record now
  const from = bench.mark;
  const { pass } = await bench.pass(app, { bypassProofs: true });
  expect(pass.drift).toEqual([]);
  expect(bench.writesSince(from)).toEqual([]);
}
