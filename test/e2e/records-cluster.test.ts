import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isJsonObject } from "../../agent/model/json.ts";
import { Api } from "../faults/api.ts";
import { testLease } from "../faults/process.ts";
import { haveControlPlane } from "./binaries.ts";
import { holdfast } from "./cli.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFiles, configMap, fleetFiles } from "./documents.ts";
import { Repository } from "./repository.ts";
import { Site, until } from "./site.ts";

const have = haveControlPlane();
const namespace = "holdfast-records";
const base = `/apis/holdfast.dev/v1alpha1/namespaces/${namespace}/clusterrecords`;
const merge = "application/merge-patch+json";

describe.skipIf(!have.ok)("status records in a records cluster (needs a control plane)", () => {
  let plane: ControlPlane;
  let repository: Repository;
  let site: Site;
  let home: string;
  /** The agent's, as somebody who stole it would use it. */
  let thief: Api;
  let kubeconfig: string;

  async function cli(...args: readonly string[]) {
    const records = ["--records", `${site.cluster.name}/${namespace}`];
    const access = ["--kubeconfig", site.cluster.kubeconfig];
    return await holdfast(repository.folder, [...args, ...access, ...records], { HOME: home });
  }

  async function recordOf(cluster: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const { body } = await site.api.ask("GET", `${base}/${cluster}`);
    return isJsonObject(body) && isJsonObject(body.record) ? body.record : undefined;
  }

  async function startAgent() {
    await site.start({
      ...testLease,
      "status-records-carrier": "kubernetes",
      "status-records-kubernetes-kubeconfig": kubeconfig,
      "status-records-kubernetes-namespace": namespace,
    });
  }

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: 1 });
    const [cluster] = plane.clusters;
    if (cluster === undefined) throw new Error("no cluster");
    home = join(plane.folder, "home");
    await mkdir(home);
    repository = await Repository.create(plane.folder);
    await repository.write({
      ...fleetFiles(["dev", "prod"]),
      ...appFiles("web", [configMap("default", "web")], { namespace: "default" }),
    });
    await repository.push("two clusters, one app");
    site = new Site({ plane, cluster, name: "dev", repository });
    await site.install();
  });
  afterAll(async () => {
    await site?.stop();
    await repository?.stop();
    await plane?.stop();
  });

  it("clusters add --records makes object, role and token, and a Secret in a file of the user's own", async () => {
    for (const cluster of ["dev", "prod"]) {
      const { code, stdout, stderr } = await cli("clusters", "add", cluster, "--yes");
      expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
      expect(stdout).toContain(`Role record-${cluster}`);
    }
    const again = await cli("clusters", "add", "dev", "--yes", "-o", "json");
    expect(JSON.parse(again.stdout).record.made).toEqual([]);
    const file = join(home, ".config/holdfast/records/dev.yaml");
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe("600");
    const secret = parse(await readFile(file, "utf8"));
    const config = secret.stringData.kubeconfig;
    expect(again.stdout + again.stderr).not.toContain(JSON.parse(config).users[0].user.token);
    kubeconfig = join(plane.folder, "records-kubeconfig");
    await writeFile(kubeconfig, config, { mode: 0o600 });
    const { url, ca } = site.cluster;
    thief = new Api({ url, ca, token: JSON.parse(config).users[0].user.token });
  });

  it("an agent publishes there, and goes on counting after a restart", async () => {
    await startAgent();
    await until("a record that says Synced", async () =>
      JSON.stringify((await recordOf("dev")) ?? {}).includes('"Synced"'),
    );
    const first = await recordOf("dev");
    expect(first).toMatchObject({ cluster: "dev", format: 1, heartbeat: 600 });
    expect(await site.metric("holdfast_status_record_interval_seconds", "dev")).toBe(600);
    const at = await site.metric("holdfast_status_record_timestamp_seconds", "dev");
    expect(Math.abs(Date.now() / 1000 - at)).toBeLessThan(120);
    await site.stop();
    await startAgent();
    await until("the next record", async () => {
      const sequence = (await recordOf("dev"))?.sequence;
      return Number(sequence) > Number(first?.sequence);
    });
  });

  it("the CLI answers from it, names it and its age, and says who has none", async () => {
    const status = await cli("status", "-o", "json");
    expect(status.code).toBe(3);
    const report = JSON.parse(status.stdout);
    expect(report.askedFrom).toEqual({ source: "records", asked: 2, answered: 1 });
    const [{ asOf, source, agent }] = report.clusters;
    expect([source, agent]).toEqual(["record", "0.1.0"]);
    expect(Date.now() - Date.parse(asOf)).toBeLessThan(120_000);
    expect(status.stderr).toContain("prod has no status record");
    expect((await cli("status", "--cluster", "dev")).stdout).toMatch(/1 of 1 record, oldest \d+s/);
    expect((await cli("clusters", "list")).stdout).toMatch(/dev +site=dev +0\.1\.0 +v1\.\d+/);
  });

  // Issue 4: a stolen agent token can change its own record and nothing else.
  it("a stolen token reads the records and changes its own", async () => {
    expect((await thief.ask("GET", base)).status).toBe(200);
    expect((await thief.ask("GET", `${base}/prod`)).status).toBe(200);
    const body = { metadata: { annotations: { mine: "yes" } } };
    const own = await thief.ask("PATCH", `${base}/dev`, { body, contentType: merge });
    expect(own.status).toBe(200);
  });

  it("a stolen token changes nothing else", async () => {
    const object = (name: string, more = {}) => ({
      apiVersion: "holdfast.dev/v1alpha1",
      kind: "ClusterRecord",
      metadata: { name, namespace },
      ...more,
    });
    const other = { record: { cluster: "prod" } };
    const core = `/api/v1/namespaces/${namespace}`;
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    const before = JSON.stringify((await site.api.ask("GET", `${base}/prod`)).body);
    const tries: readonly (readonly [string, string, string, unknown?, string?])[] = [
      ["another record", "PATCH", `${base}/prod`, other, merge],
      [
        "another record, by apply",
        "PATCH",
        `${base}/prod?fieldManager=x&force=true`,
        object("prod", other),
        "application/apply-patch+yaml",
      ],
      [
        "a new record, by apply",
        "PATCH",
        `${base}/third?fieldManager=x`,
        object("third"),
        "application/apply-patch+yaml",
      ],
      ["a new record", "POST", base, object("third")],
      ["its own record, as a whole", "PUT", `${base}/dev`, object("dev")],
      ["deleting its own record", "DELETE", `${base}/dev`],
      ["deleting another record", "DELETE", `${base}/prod`],
      ["deleting all records", "DELETE", base],
      ["records of other namespaces", "GET", "/apis/holdfast.dev/v1alpha1/clusterrecords"],
      ["secrets beside it", "GET", `${core}/secrets`],
      ["its own token", "GET", `${core}/secrets/record-dev-token`],
      ["another's token", "GET", `${core}/secrets/record-prod-token`],
      ["a fresh token", "POST", `${core}/serviceaccounts/record-dev/token`, { spec: {} }],
      ["its own role", "PATCH", `${rbac}/roles/record-dev`, { rules: [] }, merge],
      ["a role binding", "POST", `${rbac}/rolebindings`, { metadata: { name: "x" } }],
      ["config maps", "GET", "/api/v1/namespaces/default/configmaps"],
      ["secrets of kube-system", "GET", "/api/v1/namespaces/kube-system/secrets"],
      ["the agents' App objects", "GET", "/apis/holdfast.dev/v1alpha1/apps"],
      [
        "the definition of records",
        "PATCH",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/clusterrecords.holdfast.dev",
        { metadata: { labels: { a: "b" } } },
        merge,
      ],
      ["namespaces", "GET", "/api/v1/namespaces"],
      ["pods", "POST", `${core}/pods`, { metadata: { name: "x" } }],
    ];
    const answers: (readonly [string, number])[] = [];
    for (const [what, method, path, body, contentType] of tries) {
      const { status } = await thief.ask(method, path, {
        ...(body === undefined ? {} : { body }),
        ...(contentType === undefined ? {} : { contentType }),
      });
      answers.push([what, status]);
    }
    expect(answers).toEqual(tries.map(([what]) => [what, 403]));
    expect(JSON.stringify((await site.api.ask("GET", `${base}/prod`)).body)).toBe(before);
    process.stderr.write(`records: ${tries.length} tries with a stolen token, all 403\n`);
  });

  it("not even its own record can take another name, or speak for another cluster", async () => {
    const renamed = { metadata: { name: "third" } };
    const rename = await thief.ask("PATCH", `${base}/dev`, { body: renamed, contentType: merge });
    expect(rename.status).toBeGreaterThanOrEqual(400);
    const speaks = await thief.ask("PATCH", `${base}/dev`, {
      body: { record: { cluster: "prod" } },
      contentType: merge,
    });
    expect(speaks.status).toBe(422);
    const names = (await site.api.items(base)).map(({ metadata }) => metadata.name);
    expect(names).toEqual(["dev", "prod"]);
  });

  it("its agent publishes again after a stranger wrote into its object", async () => {
    const { sequence } = (await recordOf("dev")) ?? {};
    const body = { record: { cluster: "dev", sequence: 1, units: null } };
    await thief.ask("PATCH", `${base}/dev`, { body, contentType: merge });
    await repository.write(
      appFiles("web", [configMap("default", "web", "2")], { namespace: "default" }),
    );
    await repository.push("a change");
    await until(
      "the agent's own record is back",
      async () => Number((await recordOf("dev"))?.sequence) > Number(sequence),
    );
  });
});
