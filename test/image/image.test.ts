import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import type { Spdx, SpdxPackage } from "../../image/sbom.ts";
import { haveControlPlane } from "../e2e/binaries.ts";
import { agentNamespace } from "../e2e/site.ts";
import { chart } from "../helm.ts";
import { Container } from "./container.ts";
import { filesIn, type ImageFile, writablePlaces } from "./contents.ts";
import { prepareMachine } from "./machine.ts";
import { containerOf } from "./pod.ts";
import { type Place, Scene } from "./scene.ts";

const have = haveControlPlane();
const machine = have.ok ? await prepareMachine() : have;
const title = machine.ok ? "the image" : `the image (skipped: ${machine.why})`;

describe.skipIf(!machine.ok)(title, () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open(3);
  });
  afterAll(async () => {
    await scene?.close();
  });

  describe("as built by the project's Dockerfile on a Debian of debootstrap (the public base images were not pulled)", () => {
    let files: readonly ImageFile[];
    let sbom: Spdx;
    beforeAll(() => {
      files = filesIn(scene.root);
      sbom = JSON.parse(readFileSync(join(scene.root, "app/sbom.spdx.json"), "utf8"));
    });
    const named = (name: string): SpdxPackage | undefined =>
      sbom.packages.find((one) => one.name === name);

    it("starts the agent as user 65532, with no debug port to open", () => {
      const entrypoint = [
        "/usr/local/bin/node",
        "--disable-sigusr1",
        "--max-semi-space-size=8",
        "/app/dist/agent/main.js",
      ];
      expect(scene.image).toMatchObject({ entrypoint, user: "65532:65532", folder: "/app" });
      expect(scene.image.labels["org.opencontainers.image.revision"]).toBe("c0ffee");
    });

    it("has no shell, no package tool, no compiler: the only programs are node, helm and kustomize", () => {
      const isProgram = ({ mode, isElf, path }: ImageFile) =>
        isElf && (mode & 0o111) !== 0 && !/\.so(\.|$)/.test(path);
      expect(files.filter(isProgram).map(({ path }) => path)).toEqual([
        "/usr/local/bin/helm",
        "/usr/local/bin/kustomize",
        "/usr/local/bin/node",
      ]);
      const surplus = /\/(node_modules|lib)\/(npm|npx|corepack|typescript|vitest|@biomejs|\.bin)\//;
      expect(files.filter(({ path }) => surplus.test(path))).toEqual([]);
    });

    it("has no native module, so that another architecture differs by its base and three programs only", () => {
      const ours = files.filter(({ path }) => path.startsWith("/app/"));
      expect(ours.length).toBeGreaterThan(1000);
      expect(ours.filter(({ isElf, path }) => isElf || path.endsWith(".node"))).toEqual([]);
    });

    it("belongs to root, with nothing that raises rights and nothing that everybody may change", () => {
      const odd = files.filter(({ mode, owner }) => owner !== 0 || (mode & 0o6002) !== 0);
      expect(odd).toEqual([]);
    });

    it("lists what it has: every package in node_modules, Node, helm, kustomize and their Go modules", () => {
      const installed = files.flatMap(({ path }) => {
        const found = /^\/app\/(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(
          path,
        );
        return found?.[1] === undefined ? [] : [found[1]];
      });
      expect(installed.length).toBeGreaterThan(50);
      expect(installed.filter((name) => named(name) === undefined)).toEqual([]);
      expect(named("typescript")).toBeUndefined();
      expect(named("node")?.versionInfo).toBe(process.version);
      const goModules = readFileSync(join(import.meta.dirname, "../e2e/tools/go.mod"), "utf8");
      for (const [name, module] of [
        ["helm", "helm.sh/helm/v4"],
        ["kustomize", "sigs.k8s.io/kustomize/kustomize/v5"],
      ] as const) {
        const version = named(name)?.versionInfo ?? "";
        expect(goModules).toContain(`${module} ${version}`);
        expect(named(module)?.versionInfo).toBe(version);
      }
    });
  });

  describe.each([
    ["mixed", "dev"],
    ["fleet", "dev"],
  ])(
    "with the chart in mode scoped and the rules of holdfast rbac, for examples/%s",
    (example, name) => {
      let place: Place;
      let values: readonly string[];
      beforeAll(async () => {
        place = await scene.place(example, name);
        values = await place.chartValues();
      });

      it("is taken by helm's lint and template, and by a server-side dry run", async () => {
        const [, ...flags] = values;
        expect(await place.helm("lint", chart, "--strict", ...flags)).toContain(
          "0 chart(s) failed",
        );
        expect(await place.helm("template", "holdfast", ...values)).toContain("kind: Deployment");
        const tried = await place.helm("install", "holdfast", ...values, "--dry-run=server");
        expect(tried).toContain("STATUS: pending-install");
      });

      it("is applied, and its agent syncs every app, run from the image's root as the kubelet would (pods of kwok do not run)", async () => {
        await place.helm("install", "holdfast", ...values, "--create-namespace");
        await place.startAgent();
        await place.untilSynced();
      });

      it("runs as 65532 without any capability, under the token of its own ServiceAccount", async () => {
        const status = place.agent.status();
        const ids = "65532 65532 65532 65532";
        const none = "0000000000000000";
        expect(status).toMatchObject({
          Uid: ids,
          Gid: ids,
          CapEff: none,
          CapPrm: none,
          NoNewPrivs: "1",
        });
        const managers = await place.api.items(
          `/apis/coordination.k8s.io/v1/namespaces/${agentNamespace}/leases`,
        );
        expect(managers).toHaveLength(1);
      });

      it("can write to nothing but /tmp and the cache: its own Node tries every place, the root is mounted read-only", async () => {
        const wish = await containerOf(place.pod);
        const command = ["/usr/local/bin/node", "-e", writablePlaces];
        const probe = await Container.start({ ...wish, command });
        expect(await probe.ended()).toBe(0);
        const found: readonly string[] = JSON.parse(probe.log());
        expect(found.filter((path) => !path.startsWith("/dev/"))).toEqual([
          "/tmp",
          "/var/lib/holdfast",
        ]);
        const mounts = readFileSync(`/proc/${place.agent.pid}/mounts`, "utf8").split("\n");
        expect(mounts.find((line) => line.split(" ")[1] === "/")).toMatch(/ ro,/);
      });

      it("has the rights that it needs, and no other", async () => {
        const { code, stdout } = await place.liveCli("rbac", "--check");
        const said = expect.stringContaining("nothing missing, nothing surplus");
        expect([code, stdout]).toEqual([0, said]);
      });

      it("stops cleanly when it is told to", async () => {
        expect(await place.stopAgent()).toBe(0);
      });
    },
  );

  describe("by holdfast install on an empty real cluster, examples/minimal, its pod played as soon as the Deployment is there", () => {
    let place: Place;
    const install = async () => {
      const flags = ["--repo", place.repository.url, "--image", "localhost/holdfast:test"];
      const values = ["--values", await place.rights()];
      const own = place.settings.flatMap((one) => ["--set", one]);
      const all = ["install", ...flags, ...values, ...own, "--apply", "--yes"];
      return await place.asKubelet(place.liveCli(...all));
    };
    const uninstall = (...flags: readonly string[]) =>
      place.asKubelet(place.liveCli("uninstall", "--yes", ...flags));
    const hello = (kind: string, apiVersion = "v1", name = "hello"): KubeObject => {
      return { apiVersion, kind, metadata: { name, namespace: "hello" } };
    };
    const marksOf = async (object: KubeObject) => {
      const { annotations = {}, labels = {} } = (await place.api.get(object))?.metadata ?? {};
      return Object.keys({ ...annotations, ...labels }).filter((key) =>
        /^(holdfast\.dev|applyset\.kubernetes\.io)\//.test(key),
      );
    };
    beforeAll(async () => {
      place = await scene.place("minimal", "local");
    });

    it("has its first app Synced within three minutes of one command, which says how long it took", async () => {
      const { code, stdout, stderr } = await install();
      expect([code, stderr]).toEqual([0, expect.any(String)]);
      const seconds = /First app Synced: hello at [0-9a-f]{7}, ([0-9.]+) s after/.exec(stdout)?.[1];
      console.log(`holdfast install, empty cluster to first Synced: ${seconds} s`);
      expect(Number(seconds)).toBeLessThan(180);
      expect(await place.states()).toEqual({ hello: "Synced" });
    });

    it("has a pod that a namespace of restricted pod security admits", async () => {
      const namespace = `/api/v1/namespaces/${agentNamespace}`;
      const { body } = await place.api.ask("GET", namespace);
      expect(body).toMatchObject({
        metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
      });
      expect(await place.api.items(`${namespace}/pods`)).toHaveLength(1);
    });

    it("is changed by nothing when the same command runs again", async () => {
      const { code, stdout } = await install();
      expect(code).toBe(0);
      expect(stdout).toMatch(/: 0 created, 0 updated, /);
    });

    it("goes by holdfast uninstall; what it made stays, without its marks", async () => {
      expect(await marksOf(hello("Service"))).not.toEqual([]);
      expect(await uninstall()).toMatchObject({ code: 0 });
      expect(await place.states()).toEqual({});
      expect(await place.hasDeployment()).toBe(false);
      for (const object of [hello("Service"), hello("Deployment", "apps/v1")]) {
        expect(await place.api.get(object)).toBeDefined();
        expect(await marksOf(object)).toEqual([]);
      }
      const left = await place.api.items(`/api/v1/namespaces/${agentNamespace}/configmaps`);
      expect(left.map(({ metadata }) => metadata.name)).toEqual(["kube-root-ca.crt"]);
    });

    it("takes back what it left, and takes it along with --delete-objects; namespaces stay", async () => {
      expect(await install()).toMatchObject({ code: 0 });
      expect(await uninstall("--delete-objects")).toMatchObject({ code: 0 });
      for (const object of [hello("Service"), hello("ConfigMap", "v1", "hello-page")]) {
        expect(await place.api.get(object)).toBeUndefined();
      }
      const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "hello" } };
      expect((await place.api.get(namespace))?.metadata.deletionTimestamp).toBeUndefined();
    });
  });
});
