import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import type { Rule } from "../../agent/model/rule.ts";
import { asServiceAccount, grant } from "./account.ts";
import { haveControlPlane } from "./binaries.ts";
import { type CliAnswer, holdfast } from "./cli.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFiles, configMap, deployment, fleetFiles, objectPath } from "./documents.ts";
import { Repository } from "./repository.ts";
import { Site, until } from "./site.ts";

const have = haveControlPlane();
const name = "eu";

const secret: KubeObject = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "key", namespace: "shop" },
  stringData: { key: "one" },
};
/** More than 20 of one kind: they are read in bulk. */
const maps = Array.from({ length: 22 }, (_, index) => configMap("shop", `map-${index}`));
const shop = [...maps, deployment("shop", "web"), secret];

describe.skipIf(!have.ok)(`an agent with a ServiceAccount and Roles only (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let site: Site;

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: 1 });
    repository = await Repository.create(plane.folder);
    const [admin] = plane.clusters;
    if (admin === undefined) throw new Error("no cluster");
    const installed = new Site({ plane, cluster: admin, name, repository });
    await installed.install();
    const cluster = await asServiceAccount(installed.api, admin, plane.folder);
    site = new Site({ plane, cluster, name, repository });
    await site.kubectl("create", "namespace", "shop");
    await repository.write({ ...fleetFiles([name]), ...appFiles("shop", shop) });
    await repository.push("a shop");
    await site.start();
  });

  afterAll(async () => {
    await site?.stop();
    await repository?.stop();
    await plane?.stop();
  });

  /** The command line as the cluster's administrator runs it. */
  function cli(...args: readonly string[]): Promise<CliAnswer> {
    const cluster = ["--cluster", name, "--kubeconfig", site.cluster.kubeconfig];
    return holdfast(repository.folder, [...args, ...cluster, "--context", site.cluster.name]);
  }

  async function appRules(...flags: readonly string[]): Promise<readonly Rule[]> {
    const { stdout } = await cli("rbac", "-o", "json", ...flags);
    const report: unknown = JSON.parse(stdout);
    const apps = isJsonObject(report) && Array.isArray(report.apps) ? report.apps : [];
    return apps.flatMap((app: { readonly rules: readonly Rule[] }) => app.rules);
  }

  const textOf = async (map: string): Promise<string> =>
    await site.kubectl("-n", "shop", "get", "configmap", map, "-o", "jsonpath={.data.text}");

  async function ownMaps(): Promise<readonly string[]> {
    const all = await site.api.items("/api/v1/namespaces/shop/configmaps");
    return all.map(({ metadata }) => metadata.name).filter((one) => one !== "kube-root-ca.crt");
  }

  it("writes nothing while a right is missing, and names the rules to add (Forbidden)", async () => {
    const { message, all } = await site.untilApp("shop", ({ reason }) => reason === "Forbidden", {
      what: "Forbidden",
    });
    expect(message).toContain("nothing of this app is written");
    expect(message).toContain("{ namespace: shop, apiGroups: [");
    expect(JSON.stringify(all.problems)).toContain("verbs: [get, create, patch, delete]");
    expect(await ownMaps()).toEqual([]);
    const { code, stdout } = await cli("rbac", "--check");
    expect(code, stdout).toBe(1);
    expect(stdout).toContain("missing  { namespace: shop");
    expect(stdout).not.toContain("surplus");
  });

  it("syncs with the rules of holdfast rbac, and nothing is missing or surplus", async () => {
    const { stdout } = await cli("rbac", "-o", "yaml");
    const file = join(plane.folder, "rules.yaml");
    await writeFile(file, stdout);
    await site.kubectl("apply", "-f", file);
    await cli("sync", "shop", "--yes");
    await site.untilApp("shop", ({ state }) => state === "Synced", { what: "Synced" });
    expect(await ownMaps()).toHaveLength(maps.length);
    const check = await cli("rbac", "--check");
    expect(check.stdout + check.stderr).toContain("nothing missing, nothing surplus");
    expect(check.code).toBe(0);
    await site.kubectl("delete", "-f", file);
    await grant(site.api, "apps", await appRules());
    expect((await cli("rbac", "--check")).code).toBe(0);
  });

  it("is well, says check, and says the doctor with what Git wants", async () => {
    const before = await cli("check", "--pre");
    expect(before.stdout).toMatch(/^✔ Kubernetes +v1\.\d+/);
    expect(before.code, before.stdout).toBe(0);
    const check = await cli("check");
    expect(check.stdout).toMatch(/✔ agent +renewed/);
    expect(check.stdout).toMatch(/✔ Git +reads [0-9a-f]{7}/);
    expect(check.code, check.stdout).toBe(0);
    const doctor = await cli("clusters", "doctor", name);
    expect(doctor.stdout).toMatch(/✔ rights +nothing missing, nothing surplus/);
    expect(doctor.code, doctor.stdout).toBe(0);
  });

  it("is told by watches of single namespaces: a hand edit is healed at once (C-8, D-1)", async () => {
    const { all } = (await site.app("shop"))!;
    expect(JSON.stringify(all.conditions)).not.toContain("Unwatched");
    await site.kubectl(
      "-n",
      "shop",
      "patch",
      "configmap",
      "map-0",
      "-p",
      '{"data":{"text":"by hand"}}',
    );
    await until("the edit is healed", async () => (await textOf("map-0")) === "1", 20_000);
    await site.kubectl("-n", "shop", "delete", "configmap", "map-1");
    await until("it is made again", async () => (await ownMaps()).includes("map-1"), 20_000);
  });

  it("prunes what Git drops", async () => {
    const dropped = configMap("shop", "map-21");
    await repository.write({ [objectPath("shop", dropped)]: undefined });
    const commit = await repository.push("one map less");
    await site.untilApp("shop", ({ live, state }) => live === commit && state === "Synced");
    expect(await ownMaps()).not.toContain("map-21");
    const check = await cli("rbac", "--check");
    expect(check.stdout).toContain("surplus  { namespace: shop");
    expect(check.stdout).toContain("map-21");
    expect(check.code).toBe(1);
  });

  it("stops before the first write of a commit for which a right is missing", async () => {
    const extra = configMap("shop", "extra");
    await repository.write({
      [objectPath("shop", extra)]: extra,
      [objectPath("shop", configMap("shop", "map-2"))]: configMap("shop", "map-2", "2"),
    });
    const commit = await repository.push("one map more, one changed");
    const { message } = await site.untilApp("shop", ({ reason }) => reason === "Forbidden", {
      what: "Forbidden",
    });
    expect(message).toContain(
      '{ namespace: shop, apiGroups: [""], resources: [configmaps], resourceNames: [extra], verbs: [get, create, patch, delete] }',
    );
    expect(await textOf("map-2")).toBe("1");
    await grant(site.api, "apps", await appRules());
    await cli("sync", "shop", "--yes");
    await site.untilApp("shop", ({ live, state }) => live === commit && state === "Synced");
    expect(await textOf("map-2")).toBe("2");
  });

  it.each(["get", "create", "patch", "delete"])(
    "every verb is used: without %s nothing is written, and the rule is named",
    async (verb) => {
      const rules = await appRules();
      const less = rules.map((rule) =>
        rule.resources.includes("deployments")
          ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) }
          : rule,
      );
      await grant(site.api, "apps", less);
      const check = await cli("rbac", "--check");
      expect(check.stdout).toContain(`resourceNames: [web], verbs: [${verb}] }`);
      expect(check.code).toBe(1);
      const map = configMap("shop", "map-3", `without ${verb}`);
      await repository.write({ [objectPath("shop", map)]: map });
      const commit = await repository.push(`without ${verb}`);
      const { message } = await site.untilApp(
        "shop",
        ({ reason, desired }) => reason === "Forbidden" && desired === commit,
        { what: "Forbidden", timeoutMs: 30_000 },
      );
      expect(message).toContain(`resourceNames: [web], verbs: [${verb}] }`);
      await grant(site.api, "apps", rules);
      await cli("sync", "shop", "--yes");
      await site.untilApp("shop", ({ live, state }) => live === commit && state === "Synced");
    },
  );

  it("reads Secrets one by one where they may not be listed, and says so (C-8)", async () => {
    await grant(site.api, "apps", await appRules("--secrets-by-name"));
    expect((await cli("rbac", "--check", "--secrets-by-name")).code).toBe(0);
    const lost = await cli("rbac", "--check");
    expect(lost.stdout).toContain("resources: [secrets], verbs: [list, watch] }");
    await site.stop();
    await site.start();
    const said = (all: unknown) =>
      JSON.stringify(all).includes("Secret in shop: read every 5 minutes");
    await site.untilApp("shop", ({ state, all }) => state === "Synced" && said(all.conditions), {
      what: "Synced, with a Secret that is read every 5 minutes",
    });
    const { stdout } = await cli("explain", "shop");
    expect(stdout).toContain("Secret in shop: read every 5 minutes");
    await site.kubectl(
      "-n",
      "shop",
      "patch",
      "secret",
      "key",
      "-p",
      '{"stringData":{"key":"by hand"}}',
    );
    await cli("sync", "shop", "--yes");
    const text = async () =>
      await site.kubectl("-n", "shop", "get", "secret", "key", "-o", "jsonpath={.data.key}");
    await until("the Secret is healed", async () => (await text()) === "b25l", 30_000);
  });

  it("keeps objects that it may no longer see, and never takes a 403 for absence (P-43)", async () => {
    const { stdout } = await promisify(execFile)(plane.bin("kubectl"), [
      "--kubeconfig",
      site.cluster.agentKubeconfig,
      "auth",
      "can-i",
      "list",
      "secrets",
      "-n",
      "shop",
    ]).catch((error: { stdout: string }) => error);
    expect(stdout.trim()).toBe("no");
    const uid = async () =>
      await site.kubectl("-n", "shop", "get", "secret", "key", "-o", "jsonpath={.metadata.uid}");
    const before = await uid();
    await repository.write({ [objectPath("shop", secret)]: undefined });
    const rules = (await appRules("--secrets-by-name")).filter(
      ({ resources }) => !resources.includes("secrets"),
    );
    await grant(site.api, "apps", rules);
    await repository.push("no Secret any more");
    await site.untilApp("shop", ({ all }) => JSON.stringify(all).includes("Secret shop/key"), {
      what: "unable to look at the Secret",
    });
    expect(await uid()).toBe(before);
  });
});
