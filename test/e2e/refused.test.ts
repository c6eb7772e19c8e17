import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject } from "../../agent/model/json.ts";
import { haveControlPlane } from "./binaries.ts";
import { holdfast } from "./cli.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFile, fleetFiles } from "./documents.ts";
import { haveInputs, unpackInputs } from "./inputs.ts";
import { Repository } from "./repository.ts";
import { Site } from "./site.ts";

const have = [haveControlPlane(), haveInputs].find(({ ok }) => !ok) ?? haveControlPlane();
const app = "monitoring";

interface Refusal {
  readonly what: string;
  readonly reason: string;
  /** Below the manifests. */
  readonly file: string;
  /** What the API server says of it. */
  readonly words: RegExp;
  /** Makes the server refuse it, in the cluster or in the manifests. */
  prepare(site: Site, manifests: string): Promise<void>;
}

const refusals: readonly Refusal[] = [
  {
    what: "a field that does not exist",
    reason: "Rejected",
    file: "grafana-service.yaml",
    words: /targettPort|unknown field/,
    prepare: async (_site, manifests) => {
      const path = join(manifests, "grafana-service.yaml");
      await writeFile(path, (await readFile(path, "utf8")).replace("targetPort", "targettPort"));
    },
  },
  {
    what: "an object that a policy denies",
    reason: "AdmissionDenied",
    file: "grafana-dashboardSources.yaml",
    words: /no grafana here/,
    prepare: async (site) => {
      const base = "/apis/admissionregistration.k8s.io/v1";
      const apiVersion = "admissionregistration.k8s.io/v1";
      const policy = {
        apiVersion,
        kind: "ValidatingAdmissionPolicy",
        metadata: { name: "no-grafana" },
        spec: {
          failurePolicy: "Fail",
          matchConstraints: {
            resourceRules: [
              {
                apiGroups: [""],
                apiVersions: ["v1"],
                operations: ["CREATE", "UPDATE"],
                resources: ["configmaps"],
              },
            ],
          },
          validations: [
            {
              expression: "object.metadata.name != 'grafana-dashboards'",
              message: "no grafana here",
            },
          ],
        },
      };
      const binding = {
        apiVersion,
        kind: "ValidatingAdmissionPolicyBinding",
        metadata: { name: "no-grafana" },
        spec: { policyName: "no-grafana", validationActions: ["Deny"] },
      };
      await site.api.ask("POST", `${base}/validatingadmissionpolicies`, { body: policy });
      await site.api.ask("POST", `${base}/validatingadmissionpolicybindings`, { body: binding });
    },
  },
  {
    what: "a change of an immutable field",
    reason: "ImmutableField",
    file: "grafana-deployment.yaml",
    words: /immutable/,
    prepare: async (site) => {
      const labels = { app: "something-else" };
      const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: app } };
      const body = {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "grafana", namespace: app },
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [{ name: "grafana", image: "example.com/grafana:1" }] },
          },
        },
      };
      await site.api.ask("POST", "/api/v1/namespaces", { body: namespace });
      await site.api.ask("POST", `/apis/apps/v1/namespaces/${app}/deployments`, { body });
    },
  },
];

describe.skipIf(!have.ok)(`one refused object of 95 files (${have.why})`, () => {
  let plane: ControlPlane;
  const sites: Site[] = [];
  const repositories: Repository[] = [];

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: refusals.length, audit: true });
    const manifests = join(await unpackInputs(plane.folder), "kube-prometheus/manifests");
    for (const [index, cluster] of plane.clusters.entries()) {
      const repository = await Repository.create(plane.folder);
      repositories.push(repository);
      const site = new Site({ plane, cluster, name: cluster.name, repository });
      await site.install();
      sites.push(site);
      await repository.write({ ...fleetFiles([site.name]), ...appFile(app) });
      await repository.copy(manifests, `apps/${app}/manifests`);
      await refusals[index]?.prepare(site, join(repository.folder, `apps/${app}/manifests`));
      await repository.push("kube-prometheus");
      await site.start();
    }
  });

  afterAll(async () => {
    for (const site of sites) await site.stop();
    for (const repository of repositories) await repository.stop();
    await plane?.stop();
  });

  it.each(refusals.map((refusal, index) => ({ ...refusal, index })))(
    "fails alone: $what",
    async ({ index, reason, file, words }) => {
      const site = sites[index];
      if (site === undefined) throw new Error("no site");
      const status = await site.untilApp(app, ({ state }) => state === "Failed", {
        what: "Failed",
        timeoutMs: 180_000,
      });
      expect(status.reason).toBe(reason);
      expect(status.all.problems).toHaveLength(1);
      const [problem] = Array.isArray(status.all.problems) ? status.all.problems : [];
      expect(problem).toMatchObject({ reason, file: `apps/${app}/manifests/${file}` });
      expect(isJsonObject(problem) && typeof problem.line === "number").toBe(true);
      expect(JSON.stringify(problem)).toMatch(words);

      // All that stand beside it are there: kubectl reads the same files.
      const folder = join(site.repository.folder, `apps/${app}/manifests`);
      const objects = await site.declaredIn(folder);
      const unmarked: string[] = [];
      for (const object of objects) {
        const live = await site.api.get(object);
        const mark = live?.metadata.annotations?.["holdfast.dev/owner"];
        if (mark === undefined) unmarked.push(`${object.kind}/${object.metadata.name}`);
      }
      expect(unmarked).toHaveLength(1);
      expect(objects.length).toBeGreaterThan(95);

      const answer = await holdfast(site.repository.folder, [
        ...["status", app, "--live", "--cluster", site.name],
        ...["--kubeconfig", site.cluster.kubeconfig, "--context", site.cluster.name],
      ]);
      const said = answer.stdout + answer.stderr;
      expect(said).toContain(reason);
      expect(said).toContain(file);
      expect(said).toContain("→");
    },
  );
});
