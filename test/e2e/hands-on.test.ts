import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { haveControlPlane } from "./binaries.ts";
import { type CliAnswer, holdfast } from "./cli.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { fleetFiles } from "./documents.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { Repository } from "./repository.ts";
import { agentNamespace, Site, until } from "./site.ts";

const have = haveControlPlane();

const manifests = `# one web server
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2 # as measured in May
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - name: log
        image: example.com/log:1
      - name: web
        image: example.com/web:1.8.2 # never latest
---
apiVersion: v1
kind: ConfigMap
metadata: { name: cfg }
data: { currency: EUR }
`;
const appFile = `apiVersion: holdfast.dev/v1alpha1
kind: App
metadata: { name: shop }
spec: { namespace: shop, clusters: {} }
`;
const file = "apps/shop/all.yaml";

describe.skipIf(!have.ok)(
  `a hot patch at two in the morning, on a real cluster (${have.why})`,
  () => {
    let plane: ControlPlane;
    let repository: Repository;
    let site: Site;
    let kubeconfig = "";

    beforeAll(async () => {
      plane = await startControlPlane({ clusters: 1, audit: true });
      repository = await Repository.create(plane.folder);
      const [cluster] = plane.clusters;
      if (cluster === undefined) throw new Error("no cluster");
      const flags = { "kustomize-path": plane.bin("kustomize") };
      site = new Site({ plane, cluster, name: "dev", repository, flags });
      kubeconfig = join(plane.folder, "people.kubeconfig");
      await writeKubeconfig(kubeconfig, { ...cluster, name: "dev" });
      await repository.write({
        ...fleetFiles(["dev"]),
        "apps/shop/app.yaml": appFile,
        [file]: manifests,
        "apps/made/app.yaml": appFile.replaceAll("shop", "made"),
        "apps/made/kustomization.yaml": "resources: [ cfg.yaml ]\n",
        "apps/made/cfg.yaml": {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "cfg" },
          data: { city: "Ulm" },
        },
      });
      await repository.push("a shop");
      await site.install();
      await site.start();
      await synced();
      await site.untilApp("made", ({ state }) => state === "Synced", { what: "Synced" });
    });

    afterAll(async () => {
      await site?.stop();
      await repository?.stop();
      await plane?.stop();
    });

    const cli = (...args: readonly string[]): Promise<CliAnswer> =>
      holdfast(repository.folder, [...args, "--kubeconfig", kubeconfig], {
        HOLDFAST_KUSTOMIZE_PATH: plane.bin("kustomize"),
      });
    const synced = () =>
      site.untilApp("shop", ({ state }) => state === "Synced", { what: "Synced" });
    const ofWeb = (path: string) =>
      site.kubectl("-n", "shop", "get", "deployment", "web", "-o", `jsonpath={${path}}`);

    it("suspend says by whom the cluster knows us, and the App object says so", async () => {
      const asked = ["--reason", "INC-9: by hand", "--until", "1h", "--yes"];
      const answer = await cli("suspend", "shop", "--cluster", "dev", ...asked);
      expect(answer, answer.stderr).toMatchObject({ code: 0 });
      expect(answer.stdout).toMatch(/dev +shop +\S* ?Suspended .*INC-9: by hand/);
      const me = await site.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}");
      const status = await site.app("shop");
      expect(status).toMatchObject({ state: "Suspended", reason: "AppSuspended" });
      expect(status?.all.suspend).toMatchObject({ by: me, reason: "INC-9: by hand" });
    });

    it("O21: neither the patch nor what is merged meanwhile is written, through a restart and without the App object", async () => {
      const from = Date.now();
      const containers = [{ name: "web", image: "example.com/web:1.8.1" }];
      const patch = { spec: { replicas: 5, template: { spec: { containers } } } };
      await site.kubectl("-n", "shop", "patch", "deployment", "web", "-p", JSON.stringify(patch));
      await repository.write({ [file]: manifests.replace("EUR", "USD") });
      const merged = await repository.push("another currency");
      const isPending = ({
        desired,
        state,
        all,
      }: {
        desired?: string | undefined;
        state: string;
        all: object;
      }) => desired === merged && state === "Suspended" && "pending" in all;
      const status = await site.untilApp("shop", isPending, { what: "pending" });
      expect(status.live).not.toBe(merged);
      expect(status.all).toMatchObject({ objects: { drifted: 1 }, drift: [{ action: "held" }] });

      await site.stop();
      await site.kubectl("-n", agentNamespace, "delete", "apps.holdfast.dev", "shop");
      await site.start();
      await site.untilApp("shop", isPending, { what: "still suspended" });
      const writes = await site.memberWritesSince(from);
      expect(writes.filter((one) => !one.includes(`/${agentNamespace}/`))).toEqual([]);
      expect(await ofWeb(".spec.replicas")).toBe("5");
    });

    it("drift list --live names the fields, the manager and what is done; drift show when", async () => {
      const list = await cli("drift", "list", "--live");
      expect(list, list.stderr).toMatchObject({ code: 1 });
      expect(list.stdout).toMatch(
        /spec\.replicas +2 +5 +kubectl-patch +\d+s +suspended until 2\d{3}-/,
      );
      expect(list.stdout).toMatch(/web:1\.8\.2 +example\.com\/web:1\.8\.1 +kubectl-patch/);
      expect(list.stdout).not.toContain("ConfigMap");
      const show = await cli("drift", "show", "shop", "Deployment/web");
      expect(show.stdout).toMatch(/spec\.replicas +set by kubectl-patch, Update, 2\d{3}-.*Z/);
      expect(show.stdout).toContain(`${file}:2`);
    });

    it("drift adopt --as value writes the patch where the old value stood; a merge and resume bring Synced, and change nothing", async () => {
      const adopted = await cli("drift", "adopt", "shop", "--as", "value", "--push", "--yes");
      expect(adopted, adopted.stderr).toMatchObject({ code: 0 });
      const branch = /Branch (\S+) \([0-9a-f]{7}\) is pushed/.exec(adopted.stdout)?.[1];
      await repository.git("fetch", "--quiet", "origin");
      const diff = await repository.git("diff", "-U0", "HEAD", `origin/${branch}`);
      expect(diff.split("\n").filter((line) => /^[-+] /.test(line))).toEqual([
        "-  replicas: 2 # as measured in May",
        "+  replicas: 5 # as measured in May",
        "-        image: example.com/web:1.8.2 # never latest",
        "+        image: example.com/web:1.8.1 # never latest",
      ]);
      await repository.git("merge", "--quiet", "--no-ff", "-m", "Merge", `origin/${branch}`);
      const head = await repository.push("as it runs");
      await site.untilApp("shop", ({ desired }) => desired === head, { what: "seen" });
      const generation = await ofWeb(".metadata.generation");

      const answer = await cli("resume", "shop", "--cluster", "dev", "--yes");
      expect(answer, answer.stderr).toMatchObject({ code: 0 });
      await site.untilApp("shop", ({ state, live }) => state === "Synced" && live === head, {
        what: "Synced",
      });
      await until("the merge is applied", async () => {
        const text = await site.kubectl(
          "-n",
          "shop",
          "get",
          "configmap",
          "cfg",
          "-o",
          "jsonpath={.data}",
        );
        return text.includes("USD");
      });
      expect(await ofWeb(".metadata.generation")).toBe(generation);
      expect(await ofWeb(".spec.template.spec.containers[1].image")).toBe("example.com/web:1.8.1");
      const none = await cli("drift", "list", "--live");
      expect(none, none.stderr).toMatchObject({ code: 0, stdout: "no drift\n" });
    });

    it("what a kustomization makes is not written into its bases: it says so, and a rule in app.yaml is offered", async () => {
      const patch = JSON.stringify({ data: { city: "Bonn" } });
      await cli("suspend", "made", "--cluster", "dev", "--reason", "x", "--until", "1h", "--yes");
      await site.kubectl("-n", "made", "patch", "configmap", "cfg", "-p", patch);
      const value = await cli("drift", "adopt", "made", "--as", "value", "--push", "--yes");
      expect(value).toMatchObject({ code: 1, stdout: "" });
      expect(value.stderr).toContain("a kustomization makes it");
      expect(value.stderr).toContain("holdfast drift adopt made ConfigMap/cfg --as ignore");
      const ignore = await cli("drift", "adopt", "made", "--as", "ignore", "--patch", "-");
      expect(ignore, ignore.stderr).toMatchObject({ code: 0 });
      expect(ignore.stdout).toContain(
        "{ kind: ConfigMap, name: cfg, namespace: made, fields: [ /data/city ] }",
      );
      expect(await cli("resume", "made", "--cluster", "dev", "--yes")).toMatchObject({ code: 0 });
    });

    it("what is not adopted is set back when the app goes on; whole clusters are suspended by Git", async () => {
      const until = ["--until", "1h"];
      const answer = await cli(
        "suspend",
        "--cluster",
        "dev",
        "--reason",
        "DC move",
        ...until,
        "--push",
        "--yes",
      );
      expect(answer, answer.stderr).toMatchObject({ code: 0 });
      const branch = /Branch (\S+) \([0-9a-f]{7}\) is pushed/.exec(answer.stdout)?.[1];
      await repository.git("fetch", "--quiet", "origin");
      await repository.git("merge", "--quiet", "--no-ff", "-m", "Merge", `origin/${branch}`);
      await repository.push("paused");
      await site.untilApp("shop", ({ reason }) => reason === "ClusterSuspended", {
        what: "paused",
      });
      await site.kubectl("-n", "shop", "scale", "deployment", "web", "--replicas", "7");
      const list = await cli("drift", "list", "--live");
      expect(list.stdout).toMatch(/spec\.replicas +5 +7 +kubectl +\d+s +suspended/);
      const go = await cli("resume", "--cluster", "dev", "--push", "--yes");
      expect(go, go.stderr).toMatchObject({ code: 0 });
      const back = /Branch (\S+) \([0-9a-f]{7}\) is pushed/.exec(go.stdout)?.[1];
      await repository.git("fetch", "--quiet", "origin");
      await repository.git("merge", "--quiet", "--no-ff", "-m", "Merge", `origin/${back}`);
      await repository.push("goes on");
      await synced();
      expect(await ofWeb(".spec.replicas")).toBe("5");
    });
  },
);
