import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { type FakeForge, realistic, startForge } from "../cli/forge/fake.ts";
import { haveControlPlane } from "./binaries.ts";
import { type CliAnswer, holdfast } from "./cli.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFiles, configMap, deployment, fleetFiles, objectFiles } from "./documents.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { Repository } from "./repository.ts";
import { Site, until } from "./site.ts";

const have = haveControlPlane();
const good = [configMap("shop", "texts"), deployment("shop", "web")];

/** No node has such a disk: the scheduler says so, and the pod waits. */
function homeless({ spec, ...object }: KubeObject): KubeObject {
  const template = isJsonObject(spec) && isJsonObject(spec.template) ? spec.template : {};
  const inside = isJsonObject(template.spec) ? template.spec : {};
  const placed = { ...template, spec: { ...inside, nodeSelector: { disk: "gold" } } };
  return { ...object, spec: { ...(isJsonObject(spec) ? spec : {}), template: placed } };
}

describe.skipIf(!have.ok)(`explain, pull requests and a rebuilt cluster (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let site: Site;
  let forge: FakeForge;
  let kubeconfig = "";
  const commits: { good: string; bad: string; merged: string } = { good: "", bad: "", merged: "" };

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: 1 });
    repository = await Repository.create(plane.folder);
    const [cluster] = plane.clusters;
    if (cluster === undefined) throw new Error("no cluster");
    site = new Site({ plane, cluster, name: "dev", repository });
    kubeconfig = join(plane.folder, "people.kubeconfig");
    await writeKubeconfig(kubeconfig, { ...cluster, name: "dev" });
    forge = await startForge(({ method }) =>
      method === "POST"
        ? { status: 201, body: realistic.github.opened }
        : {
            status: 200,
            body: {
              ...realistic.github.opened,
              ...realistic.github.merged,
              merge_commit_sha: commits.merged,
            },
          },
    );
    await repository.write({
      ".config/holdfast/config.yaml": {
        forges: { [new URL(forge.origin).host]: { kind: "github", api: forge.origin } },
      },
      ...fleetFiles(["dev"]),
      ...appFiles("shop", good, { health: { timeout: "5s" } }),
    });
    commits.good = await repository.push("a shop");
    // The clone's remote is the forge; what is pushed goes where the agents fetch.
    const bare = await repository.git("remote", "get-url", "origin");
    const address = `${forge.origin}/acme/fleet.git`;
    await repository.git("remote", "set-url", "origin", address);
    await repository.git("config", `url.${bare}.insteadOf`, address);
    await site.install();
    await site.start();
    await site.untilApp("shop", ({ state }) => state === "Synced", { what: "Synced" });
  });

  afterAll(async () => {
    await site?.stop();
    await forge?.close();
    await repository?.stop();
    await plane?.stop();
  });

  const cli = (...args: readonly string[]): Promise<CliAnswer> =>
    holdfast(repository.folder, args, { KUBECONFIG: kubeconfig, HOLDFAST_FORGE_TOKEN: "s3cret" });

  it("clusters add --replace writes what the API server says of itself", async () => {
    const { code, stdout } = await cli(
      ...["clusters", "add", "dev", "--replace", "--context", "dev", "--patch", "-"],
    );
    expect(code).toBe(0);
    const uid = await site.kubectl("get", "ns", "kube-system", "-o", "jsonpath={.metadata.uid}");
    expect(stdout).toContain(uid);
    expect(stdout).toMatch(/^\+.*kubernetes: "1\.\d+"/m);
  });

  it("goes down to the pod that no node takes, in the scheduler's words", async () => {
    await repository.write(objectFiles("shop", [homeless(deployment("shop", "web"))]));
    commits.bad = await repository.push("another disk");
    await until("explained down to the pod", async () => {
      const { stdout } = await cli("explain", "shop", "--cluster", "dev");
      return stdout.includes("FailedScheduling");
    });
    const { code, stdout } = await cli("explain", "shop", "--cluster", "dev");
    expect(code).toBe(1);
    expect(stdout).toContain("it stopped at HEALTHY.");
    expect(stdout).toMatch(
      /└ Deployment shop\/web\n +└ ReplicaSet shop\/web-\w+\n +└ Pod shop\/web-\w+-\w+\n/,
    );
    expect(stdout).toMatch(/ago: FailedScheduling, 0\/1 nodes are available/);
  });

  it("rolls back by a pull request, and follows that by its number", async () => {
    const { code, stdout } = await cli("rollback", "shop", "--pr", "--yes");
    expect(code).toBe(0);
    expect(stdout).toContain("Pull request #412");
    const branch = `revert-shop-${commits.bad.slice(0, 7)}`;
    expect(forge.heard.at(-1)).toMatchObject({
      method: "POST",
      path: "/repos/acme/fleet/pulls",
      headers: { authorization: "Bearer s3cret" },
      body: { head: branch, base: "main" },
    });
    await repository.git("merge", "--quiet", "--squash", branch);
    commits.merged = await repository.push("Roll back shop (#412)");
    expect((await cli("wait", "shop", "--timeout", "40s")).code).toBe(0);
    // Degraded ends on evidence: every object healthy for half a minute (observability §1).
    await site.untilApp("shop", ({ state }) => state === "Synced", { what: "Synced again" });
    const told = await cli("explain", "shop", "--pr", "412");
    expect([told.code, told.stdout]).toEqual([0, expect.any(String)]);
    expect(told.stdout).toMatch(/\(Ana, PR #412\) is live on dev\.$/m);
    const bad = await cli("explain", "shop", "--rev", commits.bad);
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain(`Superseded: ${commits.merged.slice(0, 7)} reverts it`);
  });
});
