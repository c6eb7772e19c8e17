import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { connectTo } from "../agent/cluster/connection.ts";
import { parseSettings } from "../agent/config/settings.ts";
import { createAgentPorts } from "../agent/ports.ts";
import { startGitServer } from "../cli/sandbox/git/server.ts";
import { startApiServer } from "../cli/sandbox/kubernetes/server.ts";

it("P7: every credential is known to the scrubber before it is used, also a renewed one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-ports-"));
  const git = await startGitServer({ token: "first-canary" });
  const cluster = await startApiServer({ token: "cluster-canary" });
  onTestFinished(async () => {
    await git.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  git.commitFiles({ files: { "fleet.yaml": "" }, message: "first" });
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, "first-canary\n");
  const settings = parseSettings({
    flags: {
      "cluster-name": "eu",
      "source-url": git.url,
      "source-auth-password-file": passwordFile,
      "store-path": join(folder, "store"),
    },
    env: {},
  });
  if (!settings.ok) throw new Error(JSON.stringify(settings.problems));
  const hidden = new Set<string>();
  const hide = (secret: string) => void hidden.add(secret);
  const facts = { version: "1", instance: "test", connection: connectTo(cluster), hide };
  const ports = createAgentPorts(settings.value, facts, () => {});
  const signal = AbortSignal.timeout(15_000);

  await ports.source.poll(signal);
  git.setToken("second-canary");
  writeFileSync(passwordFile, "second-canary\n");
  await ports.source.poll(signal);
  const connected = await ports.connect(signal);
  await connected.close();
  await ports.source.close();

  expect([...hidden].sort()).toEqual(["cluster-canary", "first-canary", "second-canary"]);
});
