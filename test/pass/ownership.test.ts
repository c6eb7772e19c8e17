import { expect, it } from "vitest";
import { configMap, outcomes, sharedBench, within } from "./bench.ts";

const bench = sharedBench();

/** Who owns `data.a`. */
async function owners(app: string): Promise<readonly string[]> {
  const live = await bench().get(within(app, configMap("web")));
  const entries = live?.metadata.managedFields ?? [];
  return entries
    .filter(({ fieldsV1 }) => JSON.stringify(fieldsV1 ?? {}).includes('"f:a"'))
    .map(({ manager = "" }) => manager);
}

it("A-142: an edit takes the ownership with it, and is healed all the same, which takes it back", async () => {
  const app = "edited";
  await bench().sync(app, [configMap("web")]);
  expect(await owners(app)).toEqual(["holdfast"]);
  await bench().hand(within(app, configMap("web", { a: "2" })), { manager: "terraform" });
  expect(await owners(app)).toEqual(["terraform"]);
  const done = await bench().pass(app, { bypassProofs: true });
  expect(outcomes(done)).toEqual({ "ConfigMap/web": "configured" });
  expect(await owners(app)).toEqual(["holdfast"]);
});

it("A-142: who owns an equal value, too, makes no drift", async () => {
  const app = "shared";
  await bench().sync(app, [configMap("web")]);
  const body = { ...configMap("web"), metadata: { name: "web", namespace: app } };
  await bench().hand(body, { manager: "terraform", method: "APPLY" });
  expect([...(await owners(app))].sort()).toEqual(["holdfast", "terraform"]);
  const from = bench().mark;
  const done = await bench().pass(app, { bypassProofs: true });
  expect(outcomes(done)).toEqual({ "ConfigMap/web": "unchanged" });
  expect(bench().writesSince(from)).toEqual([]);
});
