import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject } from "../../agent/model/json.ts";
import { describeRef, type KubeObject, refOf } from "../../agent/model/object.ts";
import { haveControlPlane } from "./binaries.ts";
import { holdfast } from "./cli.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFile, fleetFiles } from "./documents.ts";
import { haveInputs, unpackInputs } from "./inputs.ts";
import { goneFrom, olderVersion } from "./older.ts";
import { Repository } from "./repository.ts";
import { clusterNames, Site, until } from "./site.ts";

const have = [haveControlPlane(), haveInputs].find(({ ok }) => !ok) ?? haveControlPlane();
const run = promisify(execFile);

/** A project that somebody has run with kubectl until now. */
interface Project {
  readonly app: string;
  readonly namespace: string;
  /** Whether its files name their namespaces themselves. */
  readonly isPlaced: boolean;
  /** In the inputs, and what of it is copied into the app's folder. */
  readonly folder: string;
  /** Definitions that must be served before the rest can be read. */
  readonly definitions?: string;
  /** A Deployment that somebody scaled and restarted by hand; its file says nothing of either. */
  readonly byHand?: string;
  /** What a later commit drops: a line of a file, and where it is seen to be gone. */
  readonly drop: {
    readonly file: string;
    readonly line: RegExp;
    readonly path: string;
    readonly value: (object: unknown) => unknown;
  };
}

const labelOf = (name: string) => (object: unknown) =>
  isJsonObject(object) && isJsonObject(object.metadata) && isJsonObject(object.metadata.labels)
    ? object.metadata.labels[name]
    : undefined;

const projects: readonly Project[] = [
  {
    app: "monitoring",
    namespace: "monitoring",
    isPlaced: true,
    folder: "kube-prometheus/manifests",
    definitions: "setup",
    drop: {
      file: "blackboxExporter-service.yaml",
      line: /^ {4}app\.kubernetes\.io\/version: .*\n/m,
      path: "/api/v1/namespaces/monitoring/services/blackbox-exporter",
      value: labelOf("app.kubernetes.io/version"),
    },
  },
  {
    app: "argo-cd",
    namespace: "argocd",
    isPlaced: false,
    folder: "argo-cd/manifests",
    byHand: "argocd-server",
    drop: {
      file: "install.yaml",
      line: / {4}app\.kubernetes\.io\/part-of: argocd\n(?= {2}name: argocd-cm\n)/,
      path: "/api/v1/namespaces/argocd/configmaps/argocd-cm",
      value: labelOf("app.kubernetes.io/part-of"),
    },
  },
  {
    app: "podinfo",
    namespace: "podinfo",
    isPlaced: false,
    folder: "podinfo/kustomize",
    drop: {
      file: "deployment.yaml",
      line: /^ {2}minReadySeconds: 3\n/m,
      path: "/apis/apps/v1/namespaces/podinfo/deployments/podinfo",
      value: (object) =>
        isJsonObject(object) && isJsonObject(object.spec) ? object.spec.minReadySeconds : undefined,
    },
  },
];

/** One project on one cluster, as kubectl left it. */
interface Home {
  readonly project: Project;
  readonly site: Site;
  /** The project's files as kubectl takes them. */
  readonly manifests: string;
  readonly before: readonly KubeObject[];
  readonly pods: readonly string[];
}

describe.skipIf(!have.ok)(`projects that kubectl applied, adopted (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let homes: readonly Home[] = [];

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: clusterNames.length });
    const inputs = await unpackInputs(plane.folder);
    repository = await Repository.create(plane.folder);
    await repository.write(fleetFiles(clusterNames));
    const flags = { "helm-path": plane.bin("helm"), "kustomize-path": plane.bin("kustomize") };
    homes = await Promise.all(
      plane.clusters.map(async (cluster, index) => {
        const project = projects[index];
        const name = clusterNames[index] ?? "";
        if (project === undefined) throw new Error("there are more clusters than projects");
        const { app, namespace, folder } = project;
        const clusters = { matchLabels: { site: name } };
        const spec = { namespace, clusters, path: "manifests", health: { timeout: "20s" } };
        await repository.write(appFile(app, spec));
        await repository.copy(join(inputs, folder), `apps/${app}/manifests`);
        const site = new Site({ plane, cluster, name, repository, flags });
        await site.install();
        return await settle(plane, { project, site, source: join(inputs, folder) });
      }),
    );
    await repository.push("what runs already");
    for (const { site } of homes) await site.start();
  });

  afterAll(async () => {
    for (const { site } of homes) await site.stop();
    await repository?.stop();
    await plane?.stop();
  });

  const onAll = (work: (home: Home) => Promise<void>) => Promise.all(homes.map(work));

  it("applies everything and lists what only kubectl had set (A-27)", () =>
    onAll(async ({ project, site, before }) => {
      const status = await site.untilApp(
        project.app,
        ({ applied, desired, all }) =>
          applied !== undefined && applied === desired && all.leftovers !== undefined,
        { what: "applied" },
      );
      const { leftovers, problems } = status.all;
      expect(problems).toEqual([]);
      expect(leftovers).toMatchObject({ count: before.length });
      const told = JSON.stringify(leftovers);
      expect(told).toContain('metadata.labels[\\"example.com/old\\"]');
      expect(told).toMatch(/"manager":"kubectl(-client-side-apply)?"/);
    }));

  it("has removed nothing from any object", () =>
    onAll(async ({ site, before }) => {
      const gone: string[] = [];
      for (const object of before) {
        const now = await site.api.get(object);
        const paths = now === undefined ? ["all of it"] : goneFrom(object, now);
        gone.push(...paths.map((path) => `${describeRef(refOf(object))} ${path}`));
      }
      expect(gone).toEqual([]);
    }));

  it("has restarted nothing: every pod is the one it was", () =>
    onAll(async ({ project, site, pods }) => {
      expect(pods.length).toBeGreaterThan(1);
      expect(await podsOf(site, project.namespace)).toEqual(pods);
    }));

  it("leaves nothing that kubectl diff would show", () =>
    onAll(async ({ project, site, manifests }) => {
      expect(await site.kubectl("diff", ...placed(project), "-R", "-f", manifests)).toBe("");
    }));

  it("drops all that kubectl left once a person accepts it, but no replicas and no restart (A-27, P-52)", () =>
    onAll(async ({ project, site, before, pods }) => {
      const { app, namespace, byHand } = project;
      const { leftovers } = (await site.untilApp(app, ({ all }) => planOf(all.leftovers) !== ""))
        .all;
      const answer = await holdfast(repository.folder, [
        ...["accept", app, "--plan", planOf(leftovers), "--yes", "--cluster", site.name],
        ...["--kubeconfig", site.cluster.kubeconfig, "--context", site.cluster.name],
      ]);
      expect(answer, answer.stderr).toMatchObject({ code: 0 });
      await site.untilApp(app, ({ all }) => all.leftovers === undefined, { what: "rid of them" });
      const kept: string[] = [];
      const gone = new Set<string>();
      for (const object of before) {
        const now = await site.api.get(object);
        expect(now?.metadata.uid).toBe(object.metadata.uid);
        if (labelOf("example.com/old")(now) !== undefined) kept.push(describeRef(refOf(object)));
        for (const path of now === undefined ? ["all of it"] : goneFrom(object, now))
          gone.add(path);
      }
      expect(kept).toEqual([]);
      const old = ["labels.example.com/old", "annotations.example.com/note"];
      const mayGo = [...old.map((path) => `.metadata.${path}`), ".data.old-key"];
      expect([...gone].filter((path) => !mayGo.includes(path))).toEqual([]);
      expect(await podsOf(site, namespace)).toEqual(pods);
      if (byHand === undefined) return;
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${byHand}`;
      const { body } = await site.api.ask("GET", path);
      const restartedAt = { "kubectl.kubernetes.io/restartedAt": expect.any(String) };
      const template = { metadata: { annotations: expect.objectContaining(restartedAt) } };
      expect(body).toMatchObject({ spec: { replicas: 2, template } });
    }));

  it("takes away what Git drops, although kubectl had set it, too (A-20, A-22)", async () => {
    for (const { project } of homes) {
      const { file, line } = project.drop;
      const path = join(repository.folder, `apps/${project.app}/manifests`, file);
      const text = await readFile(path, "utf8");
      const next = text.replace(line, "");
      expect(next).not.toBe(text);
      await writeFile(path, next);
    }
    await repository.push("fields that nobody needs");
    await onAll(async ({ site, project: { drop, app } }) => {
      await until(`${site.name}: ${app} has it no more`, async () => {
        const { status, body } = await site.api.ask("GET", drop.path);
        return status === 200 && drop.value(body) === undefined;
      });
    });
  });
});

/** The digest by which leftovers are named. */
function planOf(leftovers: unknown): string {
  return isJsonObject(leftovers) && typeof leftovers.plan === "string" ? leftovers.plan : "";
}

/** As people did it: definitions, then everything with kubectl apply, an older version of it. */
async function settle(
  plane: ControlPlane,
  {
    project,
    site,
    source,
  }: { readonly project: Project; readonly site: Site; readonly source: string },
): Promise<Home> {
  const { namespace, definitions, app } = project;
  const ns = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  if (definitions === undefined) await site.api.ask("POST", "/api/v1/namespaces", { body: ns });
  else await site.kubectl("apply", "--server-side", "-f", join(source, definitions));
  await until(
    "definitions are served",
    async () => (await declared(plane, { project, site, source })).length > 0,
  );
  const objects = await declared(plane, { project, site, source });
  const manifests = join(plane.folder, `manifests-${app}`);
  const older = join(plane.folder, `older-${app}`);
  await writeObjects(manifests, objects);
  await writeObjects(older, objects.map(olderVersion));
  await applyAll(site, project, older);
  if (project.byHand !== undefined) {
    const deployment = ["-n", namespace, `deployment/${project.byHand}`];
    const patch = JSON.stringify({ spec: { replicas: 2 } });
    await site.kubectl("patch", ...deployment, "--type=merge", "-p", patch);
    await site.kubectl("rollout", "restart", ...deployment);
  }
  const before: KubeObject[] = [];
  for (const object of objects) {
    const live = await site.api.get(object);
    if (live === undefined) throw new Error(`${describeRef(refOf(object))} was not applied`);
    before.push(live);
  }
  return { project, site, manifests, before, pods: await settledPods(site, namespace) };
}

interface Source {
  readonly project: Project;
  readonly site: Site;
  readonly source: string;
}

async function declared(plane: ControlPlane, { project, site, source }: Source) {
  if (project.app !== "podinfo")
    return site.declaredIn(source, project.isPlaced ? undefined : project.namespace);
  const { stdout } = await run(plane.bin("kustomize"), ["build", source]);
  const folder = join(plane.folder, "podinfo-built");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "all.yaml"), stdout);
  return site.declaredIn(folder, project.namespace);
}

async function writeObjects(folder: string, objects: readonly KubeObject[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [index, object] of objects.entries()) {
    await writeFile(join(folder, `${index}.json`), JSON.stringify(object));
  }
}

/** Client-side; what is too large for its annotation goes server-side, as kubectl's own advice is. */
async function applyAll(site: Site, project: Project, folder: string): Promise<void> {
  try {
    await site.kubectl("apply", ...placed(project), "-f", folder);
  } catch (error) {
    const said = String(isJsonObject(error) ? error.stderr : error);
    if (!said.includes("Too long")) throw error;
    const files = [
      ...said.matchAll(
        /CustomResourceDefinition(?:\.apiextensions\.k8s\.io)? "([^"]+)" is invalid/g,
      ),
    ];
    if (files.length === 0) throw error;
    for (const [, name = ""] of files) {
      await site.kubectl("apply", "--server-side", "-f", await fileWith(folder, name));
    }
  }
}

async function fileWith(folder: string, name: string): Promise<string> {
  const { stdout } = await run("grep", ["-l", `"name":"${name}"`, "-r", folder]);
  return stdout.trim().split("\n")[0] ?? "";
}

function placed({ isPlaced, namespace }: Project): readonly string[] {
  return isPlaced ? [] : ["-n", namespace];
}

async function podsOf(site: Site, namespace: string): Promise<readonly string[]> {
  const pods = await site.api.items(`/api/v1/namespaces/${namespace}/pods`);
  return pods.map(({ metadata }) => `${metadata.name} ${String(metadata.uid)}`).sort();
}

/** Until no pod has come or gone for a while: an HPA and operators do their part first. */
async function settledPods(site: Site, namespace: string): Promise<readonly string[]> {
  let [last, since] = ["", Date.now()];
  await until("pods stay as they are", async () => {
    const now = (await podsOf(site, namespace)).join();
    if (now !== last) [last, since] = [now, Date.now()];
    return now !== "" && Date.now() - since > 20_000;
  });
  return podsOf(site, namespace);
}
