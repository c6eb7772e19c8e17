import { describe, expect, it } from "vitest";
import { candidates } from "../../../cli/commands/complete.ts";
import { appObject, id } from "../app-objects.ts";
import { changed, fleetTexts } from "../fleet-texts.ts";
import { clusterOf, type Given, runWith } from "../host.ts";

const prodOnly = (fleetTexts["apps/shop/app.yaml"] ?? "")
  .replace("name: shop", "name: web")
  .replace("clusters: {}", "clusters: { matchLabels: { env: prod } }");
const files = changed({
  "apps/web/app.yaml": prodOnly,
  "apps/web/cfg.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\n",
  "clusters/prod.yaml": `# the big one
apiVersion: holdfast.dev/v1alpha1
kind: Cluster
metadata:
  name: prod
  labels:
    env: prod # what decides
spec: { values: { replicas: 3 } }
`,
});
const head = id("3f1c2d9");
const given: Given = {
  files,
  commits: { [head]: files },
  head,
  contexts: ["prod"],
  clusters: {
    prod: clusterOf([appObject("prod", { state: "Failed", stage: "applied", reason: "Rejected" })]),
  },
};

describe("clusters list", () => {
  it("lists every cluster of Git, the worst first, and says which it could not ask", async () => {
    const { code, stdout } = await runWith(given, "clusters", "list");
    expect(code).toBe(0);
    const [titles, first, second] = stdout.split("\n");
    expect(titles).toMatch(/CLUSTER +LABELS +AGENT +K8S +SEEN +APPS +STATE/);
    expect(first).toMatch(/^prod +env=prod +– +v1.36.3 +– +2 +✗ Failed +shop: Rejected/);
    expect(second).toMatch(/^dev +env=dev +– +– +– +1 +– +not asked/);
    const json = JSON.parse((await runWith(given, "clusters", "list", "-o", "json")).stdout);
    expect(json).toMatchObject({ kind: "ClusterList", complete: false, clusters: [{}, {}] });
  });

  it("keeps to the clusters asked for", async () => {
    const { stdout } = await runWith(given, "clusters", "list", "-l", "env=dev");
    expect(stdout).not.toContain("prod");
  });
});

describe("clusters get", () => {
  it("tells labels, values, and every app by Git and by the agent", async () => {
    const { code, stdout } = await runWith(given, "clusters", "get", "prod");
    expect(code).toBe(0);
    expect(stdout).toContain("Labels     env=prod");
    expect(stdout).toContain("  replicas: 3\n");
    expect(stdout).toMatch(/shop +selected +✗ Failed +3f1c2d9 +applied: Rejected/);
    expect(stdout).toMatch(/web +selected +– +–/);
  });

  it("names the nearest on a typo", async () => {
    const { code, stderr } = await runWith(given, "clusters", "get", "prdo");
    expect(code).toBe(2);
    expect(stderr).toContain("did you mean: prod");
  });
});

describe("clusters targets", () => {
  it("of an app: who gets it, and the failing term of who does not", async () => {
    const { code, stdout } = await runWith(given, "clusters", "targets", "web");
    expect(code).toBe(0);
    expect(stdout).toContain("1 of 2 clusters\n");
    expect(stdout).toMatch(/prod +yes/);
    expect(stdout).toMatch(/dev +no +env=prod; the cluster has env=dev/);
  });

  it("of a cluster: which apps", async () => {
    const { stdout } = await runWith(given, "clusters", "targets", "dev");
    expect(stdout).toMatch(/^1 of 2 apps\n/);
    expect(stdout).toMatch(/shop +yes\nweb +no/);
  });
});

describe("clusters label", () => {
  it("prepares a patch that keeps comments, and says which apps come and go", async () => {
    const { code, stdout, stderr, pushed } = await runWith(
      given,
      "clusters",
      "label",
      "prod",
      "env=dev",
      "tier=gold",
      "--patch",
      "-",
    );
    expect([code, pushed]).toEqual([0, []]);
    expect(stderr).toContain("GOES    web\nSTAYS   shop\n");
    expect(stderr).toContain("no longer runs here");
    expect(stdout).toContain("--- a/clusters/prod.yaml\n+++ b/clusters/prod.yaml\n");
    expect(stdout).toContain(
      "-    env: prod # what decides\n+    env: dev # what decides\n+    tier: gold\n",
    );
    expect(stdout).toContain("\n   name: prod\n");
    expect(stdout).not.toMatch(/^[-+]# the big one/m);
  });

  it("leaves the other clusters of the same file as they are", async () => {
    const both = `${fleetTexts["clusters/dev.yaml"]}---\n${fleetTexts["clusters/prod.yaml"]}`;
    const texts = changed({ "clusters/dev.yaml": both, "clusters/prod.yaml": undefined });
    const one = { ...given, files: texts };
    const { code, stdout } = await runWith(
      one,
      "clusters",
      "label",
      "prod",
      "tier=gold",
      "--patch",
      "-",
    );
    expect(code).toBe(0);
    expect(stdout.match(/^\+(?!\+\+)/gm)).toHaveLength(1);
    expect(stdout).toMatch(/^\+metadata: \{ name: prod, labels: \{ env: prod, tier: gold \} \}$/m);
  });

  it("pushes a branch of its own when told to, and asks first", async () => {
    const args = ["clusters", "label", "dev", "env=prod", "--push"];
    const asked = await runWith({ ...given, isTty: true, answer: true }, ...args);
    expect([asked.code, asked.questions]).toEqual([
      0,
      ["Push this as branch label-dev-env-prod? [y/N] "],
    ]);
    expect(asked.stderr).toContain("COMES   web");
    expect(asked.pushed).toMatchObject([{ name: "label-dev-env-prod", base: head }]);
    expect(asked.pushed[0]?.files["clusters/dev.yaml"]).toContain("env: prod");
    const declined = await runWith({ ...given, isTty: true, answer: false }, ...args);
    expect([declined.code, declined.pushed]).toEqual([1, []]);
    const nobody = await runWith(given, ...args);
    expect([nobody.code, nobody.pushed]).toEqual([2, []]);
    expect(nobody.stderr).toContain("add --yes");
  });

  it("writes nothing where nothing would change, or with --dry-run", async () => {
    const same = await runWith(given, "clusters", "label", "dev", "env=dev", "tier-", "--push");
    expect([same.code, same.stdout]).toEqual([
      1,
      "dev has these labels already. Nothing to change.\n",
    ]);
    const dry = await runWith(given, "clusters", "label", "dev", "a=b", "--push", "--dry-run");
    expect([dry.code, dry.pushed]).toEqual([0, []]);
    expect(dry.stdout).toContain("Nothing was written (--dry-run).");
  });

  it.each([
    [["dev", "a=b"], "--pr, --push or --patch FILE"],
    [["dev", "env"], "env neither sets nor takes off a label"],
    [["dev"], "label what how?"],
    [["dve", "a=b", "--push"], "did you mean: dev"],
    [["dev", "a=not a label!", "--push"], "the change is invalid"],
    [["dev", "a=b", "--push", "--patch", "x"], "exclude each other"],
  ])("refuses %j", async (args, says) => {
    const { stderr, stdout, code } = await runWith(given, "clusters", "label", ...args);
    expect(stderr).toContain(says);
    expect(stdout).toBe("");
    expect(code).toBeGreaterThan(0);
  });
});

describe("clusters add", () => {
  const add = (...args: readonly string[]) => runWith(given, "clusters", "add", ...args);

  it("prepares the file beside the others, with values that keep their type", async () => {
    const { code, stdout, stderr } = await add(
      "prod-2",
      "--label",
      "env=prod",
      "--value",
      "replicas=5",
      "--value",
      "name='007'",
      "--patch",
      "-",
    );
    expect(code).toBe(0);
    expect(stderr).toContain("COMES   shop, web");
    expect(stdout).toMatch(
      /^diff --git .*\nnew file mode 100644\n--- \/dev\/null\n\+\+\+ b\/clusters\/prod-2.yaml\n/,
    );
    expect(stdout).toContain("+    replicas: 5\n");
    expect(stdout).toMatch(/^\+ {4}name: ["']007["']$/m);
  });

  it("writes a patch file that says what it does", async () => {
    const { stdout, written } = await add("eu", "--value", "replicas=1", "--patch", "eu.patch");
    expect(stdout).toContain("COMES   shop\n");
    expect(written.get("/fleet/eu.patch")).toContain("+++ b/clusters/eu.yaml");
  });

  it("warns of apps that would not render there", async () => {
    const { code, stderr } = await add("eu", "--patch", "-");
    expect(code).toBe(0);
    expect(stderr).toContain("warning: shop is invalid for eu");
  });

  it.each([
    [["dev", "--push"], "there is a cluster dev already"],
    [["Not_A_Name", "--push"], "the change is invalid"],
    [["eu", "--label", "env"], "--label env is no k=v"],
    [["eu", "--value", "a=[1"], "is no YAML"],
  ])("refuses %j", async (args, says) => {
    const { stderr, stdout } = await add(...args);
    expect(stderr).toContain(says);
    expect(stdout).toBe("");
  });
});

describe("clusters", () => {
  it.each([
    [["lsit"], "clusters lsit is not known\n  next   did you mean: list"],
    [["get"], "clusters get needs one name"],
    [["list", "--push"], "clusters list writes nothing"],
    [["get", "dev", "--label", "a=b"], "are for clusters add"],
    [["label", "dev", "a=b", "--replace"], "are for clusters add"],
  ])("%j: exit 2, and what to write instead", async (args, says) => {
    const { code, stderr } = await runWith(given, "clusters", ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });

  it("completes actions, then names", () => {
    const names = { apps: ["shop"], clusters: ["dev", "prod"], environments: [] };
    expect(candidates(["clusters", "l"], names)).toEqual(["label", "list"]);
    expect(candidates(["clusters", "get", ""], names)).toEqual(["dev", "prod"]);
    expect(candidates(["clusters", "targets", ""], names)).toEqual(["dev", "prod", "shop"]);
  });
});

const uid = "6f0c1a52-0000-4000-8000-000000000000";

describe("clusters add --context", () => {
  const bare = { clusters: { prod: clusterOf([]) } };
  const add = (more: Partial<Given>, ...args: readonly string[]) =>
    runWith({ ...given, ...bare, ...more }, "clusters", "add", ...args, "--patch", "-");

  it("writes UID and version as the cluster says them, and tells what it found", async () => {
    const { code, stdout, stderr } = await add({}, "eu", "--context", "prod", "--value", "a=1");
    expect(code).toBe(0);
    expect(stderr).toContain(`FOUND   Kubernetes v1.36.3 behind context prod, UID ${uid}`);
    expect(stdout).toContain(`+  uid: ${uid}\n+  kubernetes: "1.36"\n+  values:\n`);
  });

  it("knows a cluster that is in the fleet under another name", async () => {
    const twin = `${fleetTexts["clusters/dev.yaml"]}`.replace("spec: {", `spec: { uid: ${uid},`);
    const one = { files: { ...files, "clusters/dev.yaml": twin } };
    const { code, stderr, stdout } = await add(one, "eu", "--context", "prod");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("is in the fleet as dev\n  where  clusters/dev.yaml:1\n");
  });

  it("believes an agent that runs there about the name", async () => {
    const { code, stdout, stderr } = await add(given, "eu", "--context", "prod");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("is not eu\n  why    the agent there says that it is prod\n");
  });

  it("ends where the cluster does not answer, or nobody knows the context", async () => {
    const down = await add({ clusters: {} }, "eu", "--context", "prod");
    expect([down.code, down.stdout]).toEqual([2, ""]);
    expect(down.stderr).toContain("eu cannot be asked\n  where  kubeconfig context prod");
    expect((await add({}, "eu", "--context", "prdo")).stderr).toContain("did you mean: prod");
  });
});

describe("clusters add --replace", () => {
  const replace = (texts: Readonly<Record<string, string>>, ...args: readonly string[]) =>
    runWith({ ...given, files: { ...files, ...texts } }, "clusters", "add", ...args);

  it("writes the new UID and version, and nothing else", async () => {
    const old = `${files["clusters/prod.yaml"]}`.replace(
      "spec: {",
      'spec: { uid: old, kubernetes: "1.34",',
    );
    const { code, stdout, stderr } = await replace(
      { "clusters/prod.yaml": old },
      ...["prod", "--replace", "--context", "prod", "--patch", "-"],
    );
    expect(code).toBe(0);
    expect(stderr).toContain(`UID     old → ${uid} (Kubernetes v1.36.3)`);
    expect(stderr).toContain("STAYS   shop, web");
    expect(stdout).toContain(
      `+spec: { uid: ${uid}, kubernetes: "1.36", values: { replicas: 3 } }\n`,
    );
    expect(stdout.match(/^[-+](?![-+])/gm)).toHaveLength(2);
  });

  it("is a no where the UID is the same", async () => {
    const same = `${files["clusters/prod.yaml"]}`.replace("spec: {", `spec: { uid: ${uid},`);
    const { code, stdout } = await replace(
      { "clusters/prod.yaml": same },
      ...["prod", "--replace", "--context", "prod", "--patch", "-"],
    );
    expect([code, stdout]).toEqual([1, `prod has the UID ${uid} already. Nothing to change.\n`]);
  });

  it.each([
    [["prod", "--replace", "--push"], "name its context: --context NAME"],
    [["prdo", "--replace", "--push", "--context", "prod"], "did you mean: prod"],
    [["prod", "--replace", "--push", "--label", "a=b"], "writes the new UID alone"],
  ])("refuses %j", async (args, says) => {
    const { code, stderr, pushed } = await replace({}, ...args);
    expect([code, pushed]).toEqual([2, []]);
    expect(stderr).toContain(says);
  });
});
