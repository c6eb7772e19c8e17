import { expect, it } from "vitest";
import { sharedBench } from "./bench.ts";

const bench = sharedBench();
const web = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "web", namespace: "fight" } };
const declared = [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "fight" } },
  { ...web, data: { mode: "ours" } },
];

async function contradicted() {
  await bench().hand({ ...web, data: { mode: "theirs" } }, { manager: "rival" });
  return bench().sync("fight", declared, { bypassProofs: true });
}

it("D-20, D-21: a field that is rewritten again and again is let go for a while, with its opponent named", async () => {
  await bench().sync("fight", declared);
  let writes = 0;
  for (let round = 0; round < 20; round += 1) {
    const { pass } = await contradicted();
    if (
      pass.drift.some(({ action }) => action === "healed") &&
      pass.results.some(({ outcome }) => outcome === "configured")
    )
      writes += 1;
  }
  expect(writes).toBe(4);
  const { pass, dueMs } = await contradicted();
  expect(pass.drift).toContainEqual(
    expect.objectContaining({
      action: "backing-off",
      until: expect.stringMatching(/^\d{4}-/),
      fields: [expect.objectContaining({ path: "data.mode", manager: "rival" })],
    }),
  );
  expect(dueMs).toBeDefined();
  bench().laterMs += 11_000;
  const { pass: later } = await contradicted();
  expect(later.results.map(({ outcome }) => outcome)).toContain("configured");
});
