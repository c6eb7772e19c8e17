import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { seeded, seedOfRun } from "../faults/kill.ts";
import { testLease } from "../faults/process.ts";
import { haveControlPlane } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFile, appFiles, configMap, deployment, fleetFiles } from "./documents.ts";
import { Repository } from "./repository.ts";
import { pause, Site, until } from "./site.ts";

const have = haveControlPlane();
const seed = seedOfRun();

interface JobOptions {
  readonly annotations?: Record<string, string>;
  /** More of the Job's spec. */
  readonly spec?: object;
  /** More of the pod's. */
  readonly pod?: object;
}

function job(namespace: string, name: string, { annotations, spec, pod }: JobOptions): KubeObject {
  const containers = [{ name: "main", image: "example.com/job:1" }];
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace, ...(annotations && { annotations }) },
    spec: {
      backoffLimit: 0,
      template: { spec: { restartPolicy: "Never", containers, ...pod } },
      ...spec,
    },
  };
}

const hook = (phase: string) => ({ "holdfast.dev/hook": phase });
const wave = (text: string) => ({ "holdfast.dev/wave": text });

function annotated(object: KubeObject, annotations: Record<string, string>): KubeObject {
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** A chart as many are: an account for its Job before, a Job after, a test. */
const chart = {
  "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
  "values.yaml": "text: one\n",
  "templates/account.yaml": `apiVersion: v1
kind: ServiceAccount
metadata:
  name: migrator
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: "-5"
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
`,
  ...Object.fromEntries(
    [
      ["migrate", "pre-install,pre-upgrade"],
      ["announce", "post-install,post-upgrade"],
    ].map(([name, events]) => [
      `templates/${name}.yaml`,
      `apiVersion: batch/v1
kind: Job
metadata:
  name: ${name}
  annotations: { helm.sh/hook: "${events}" }
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      ${name === "migrate" ? "serviceAccountName: migrator" : ""}
      containers: [{ name: main, image: "example.com/${name}:1" }]
`,
    ]),
  ),
  "templates/test.yaml": `apiVersion: v1
kind: Pod
metadata:
  name: shop-test
  annotations: { helm.sh/hook: test }
spec:
  containers: [{ name: main, image: "example.com/test:1" }]
`,
  "templates/web.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web }, annotations: { text: "{{ .Values.text }}" } }
    spec: { containers: [{ name: web, image: "example.com/web:1" }] }
`,
};

describe.skipIf(!have.ok)(`the order of a change on a real API server (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let site: Site;

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: 1, audit: true });
    const [cluster] = plane.clusters;
    if (cluster === undefined) throw new Error("no cluster");
    repository = await Repository.create(plane.folder);
    const flags = { "helm-path": plane.bin("helm"), ...testLease };
    site = new Site({ plane, cluster, name: cluster.name, repository, flags });
    await site.install();
    await repository.write(fleetFiles([site.name]));
    await repository.push("start");
    await site.start();
  });

  afterAll(async () => {
    await site?.stop();
    await repository?.stop();
    await plane?.stop();
  });

  const get = (object: KubeObject) => site.api.get(object);
  const synced = (app: string) =>
    site.untilApp(app, ({ state }) => state === "Synced", { what: "Synced" });

  /** Names of what the agent created, in the order of the server's audit log. */
  async function createdSince(time: number, namespace: string): Promise<readonly string[]> {
    const lines = await site.memberWritesSince(time);
    return lines.flatMap((line) => {
      const found = /^\S+ .*\/namespaces\/([^/]+)\/[^/]+\/([^/?]+)\?.* 201$/.exec(line);
      return found?.[1] === namespace && !line.includes("dryRun") ? [found[2] ?? ""] : [];
    });
  }

  it("a chart with hooks: account, Job before, workload, Job after; the test is not run", async () => {
    const from = Date.now();
    const values = { text: "one" };
    await repository.write({
      ...appFile("shop", { render: { helm: { chart: "./chart" } }, values }),
      ...Object.fromEntries(
        Object.entries(chart).map(([path, text]) => [`apps/shop/chart/${path}`, text]),
      ),
    });
    const commit = await repository.push("a chart");
    const status = await synced("shop");
    expect(status.live).toBe(commit);
    expect(await createdSince(from, "shop")).toEqual(["migrator", "migrate", "web", "announce"]);
    // hook-succeeded went when the phase had ended; the Jobs stay to be looked at, without finalizers of ours.
    expect(await site.kubectl("-n", "shop", "get", "serviceaccount", "-o", "name")).not.toContain(
      "migrator",
    );
    expect(await site.kubectl("-n", "shop", "get", "pods", "-o", "name")).not.toContain(
      "shop-test",
    );
    const migrate = await get(job("shop", "migrate", {}));
    const web = await get(deployment("shop", "web"));
    const ended = isJsonObject(migrate?.["status"])
      ? String(migrate["status"]["completionTime"])
      : "";
    expect(Date.parse(web?.metadata.creationTimestamp ?? "")).toBeGreaterThanOrEqual(
      Date.parse(ended),
    );
    expect(migrate?.metadata.finalizers ?? []).toEqual([]);
  });

  it("a new change runs them again, drift and a restart do not", async () => {
    const first = await get(job("shop", "migrate", {}));
    await site.kubectl("-n", "shop", "scale", "deployment/web", "--replicas=1");
    await until("the edit is healed", async () => {
      const web = await get(deployment("shop", "web"));
      return isJsonObject(web?.["spec"]) && web["spec"]["replicas"] === 2;
    });
    await site.stop();
    await site.start();
    await synced("shop");
    expect((await get(job("shop", "migrate", {})))?.metadata.uid).toBe(first?.metadata.uid);

    const values = { text: "two" };
    await repository.write(appFile("shop", { render: { helm: { chart: "./chart" } }, values }));
    const commit = await repository.push("another text");
    await site.untilApp("shop", ({ live, state }) => live === commit && state === "Synced", {
      what: "live",
    });
    expect((await get(job("shop", "migrate", {})))?.metadata.uid).not.toBe(first?.metadata.uid);
  });

  it("KP15: killed while a hook runs, the next agent re-attaches; the hook runs once", async () => {
    const app = "attached";
    const slow = job(app, "slow", { annotations: hook("pre"), spec: { suspend: true } });
    await repository.write(appFiles(app, [slow, configMap(app, "after")]));
    await repository.push("a slow hook");
    await until("the hook is there", async () => (await get(slow)) !== undefined);
    const before = await get(slow);
    await site.agent.kill();
    await site.start();
    await site.untilApp(app, ({ message }) => message.includes("the pre hook runs"), {
      what: "waiting for its hook",
    });
    expect(await get(configMap(app, "after"))).toBeUndefined();
    expect((await get(slow))?.metadata.uid).toBe(before?.metadata.uid);
    await site.kubectl(
      "-n",
      app,
      "patch",
      "job/slow",
      "--type=merge",
      "-p",
      '{"spec":{"suspend":false}}',
    );
    await synced(app);
    expect((await get(slow))?.metadata.uid).toBe(before?.metadata.uid);
    expect(await get(configMap(app, "after"))).toBeDefined();
  });

  it("O36: a hook that fails stops the change; failure hooks run once; a mended one goes on", async () => {
    const app = "failing";
    const doomed = (seconds: number) => ({
      annotations: hook("pre"),
      spec: { activeDeadlineSeconds: seconds },
      pod: seconds === 1 ? { nodeSelector: { nobody: "has" } } : {},
    });
    const undo = job(app, "undo", { annotations: hook("failure") });
    const objects = (seconds: number) => [
      job(app, "check", doomed(seconds)),
      undo,
      configMap(app, "c"),
    ];
    await repository.write(appFiles(app, objects(1)));
    await repository.push("a hook that fails");
    const status = await site.untilApp(app, ({ reason }) => reason === "HookFailed", {
      what: "HookFailed",
    });
    expect(status).toMatchObject({
      state: "Failed",
      message: expect.stringContaining("failing/check"),
    });
    expect(status.all.problems).toMatchObject([{ file: `apps/${app}/job-check.yaml` }]);
    await until("the failure hook has run", async () => {
      const live = await get(undo);
      return isJsonObject(live?.["status"]) && live["status"]["succeeded"] === 1;
    });
    expect(await get(configMap(app, "c"))).toBeUndefined();
    const uid = (await get(undo))?.metadata.uid;
    await repository.write(appFiles(app, objects(60)));
    await repository.push("a hook that does not");
    await synced(app);
    expect(await get(configMap(app, "c"))).toBeDefined();
    expect((await get(undo))?.metadata.uid).toBe(uid);
  });

  it("waves go up when healthy, and are pruned in reverse; dependencies hold in both directions", async () => {
    const app = "waves";
    const from = Date.now();
    const ref = `/namespaces/${app}/ConfigMap/first`;
    const objects = [
      annotated(deployment(app, "db"), wave("-1")),
      annotated(configMap(app, "a-second"), { "config.kubernetes.io/depends-on": ref }),
      configMap(app, "first"),
      annotated(deployment(app, "web"), wave("2")),
      configMap(app, "keep"),
      ...["k1", "k2", "k3", "k4", "k5"].map((name) => configMap(app, name)),
      annotated(deployment(app, "stays"), wave("3")),
    ];
    await repository.write(appFiles(app, objects));
    await repository.push("waves");
    await synced(app);
    const created = await createdSince(from, app);
    const order = ["db", "first", "a-second", "web", "stays"].map((name) => created.indexOf(name));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    const db = await get(deployment(app, "db"));
    const first = await get(configMap(app, "first"));
    expect(Date.parse(first?.metadata.creationTimestamp ?? "")).toBeGreaterThanOrEqual(
      availableSince(db),
    );

    const down = Date.now();
    const gone = ["deployment-db", "configmap-a-second", "configmap-first", "deployment-web"];
    await repository.write(
      Object.fromEntries(gone.map((name) => [`apps/${app}/${name}.yaml`, undefined])),
    );
    const commit = await repository.push("fewer");
    await site.untilApp(app, ({ live, state }) => live === commit && state === "Synced", {
      what: "pruned",
    });
    const deletes = (await site.memberWritesSince(down))
      .filter((line) => line.startsWith("delete "))
      .map((line) => /\/([^/?]+)(\?\S*)? \d+$/.exec(line)?.[1]);
    expect(deletes).toEqual(["web", "a-second", "first", "db"]);
  });

  it(`O-18: killed again and again, every hook is made once for a change (HOLDFAST_SEED=${seed})`, async () => {
    const random = seeded(seed);
    const app = "crash";
    const objects = (text: string) => [
      job(app, "before", { annotations: hook("pre") }),
      annotated(configMap(app, "early", text), wave("-1")),
      configMap(app, "middle", text),
      annotated(deployment(app, "late"), wave("1")),
      job(app, "after", { annotations: hook("post") }),
    ];
    for (let round = 1; round <= 3; round += 1) {
      const from = Date.now();
      await repository.write(appFiles(app, objects(String(round))));
      const commit = await repository.push(`round ${round}`);
      for (let kills = 0; kills < 3; kills += 1) {
        await pause(random() * 2_500);
        await site.agent.kill();
        await site.start();
      }
      await site.untilApp(app, ({ live, state }) => live === commit && state === "Synced", {
        what: `live at round ${round}`,
      });
      const made = (await createdSince(from, app)).filter((name) =>
        ["before", "after"].includes(name),
      );
      expect(made).toEqual(["before", "after"]);
    }
  });

  it("O-30: an app waits for the app it depends on, and goes on by itself", async () => {
    const slow = job("base", "slow", { annotations: hook("post"), spec: { suspend: true } });
    await repository.write({
      ...appFiles("base", [configMap("base", "c"), slow]),
      ...appFiles("dependent", [configMap("dependent", "c")], { dependsOn: ["base"] }),
    });
    await repository.push("two apps");
    const status = await site.untilApp(
      "dependent",
      ({ message }) => message.includes("base (Progressing"),
      {
        what: "waiting for base",
      },
    );
    expect(status).toMatchObject({ reason: "DependencyNotReady", stage: "gated" });
    expect(await get(configMap("dependent", "c"))).toBeUndefined();
    await site.kubectl(
      "-n",
      "base",
      "patch",
      "job/slow",
      "--type=merge",
      "-p",
      '{"spec":{"suspend":false}}',
    );
    await synced("dependent");
    expect(await get(configMap("dependent", "c"))).toBeDefined();
  });
});

function availableSince(object: KubeObject | undefined): number {
  const status = object?.["status"];
  const conditions: readonly unknown[] =
    isJsonObject(status) && Array.isArray(status["conditions"]) ? status["conditions"] : [];
  const found = conditions.filter(isJsonObject).find(({ type }) => type === "Available");
  return Date.parse(String(found?.["lastTransitionTime"]));
}
