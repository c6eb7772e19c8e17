import { describe, expect, it } from "vitest";
import { selectUnits } from "../../../agent/fleet/units.ts";
import { isJsonObject } from "../../../agent/model/json.ts";
import type { KubeObject } from "../../../agent/model/object.ts";
import type { UnitStatus } from "../../../agent/model/status.ts";
import { parseYaml } from "../../../agent/render/yaml.ts";
import { isoTime } from "../../../agent/schedule/clock.ts";
import type { ConnectedCluster } from "../../../cli/commands/context.ts";
import { openFleet } from "../../../cli/commands/repository.ts";
import { realClock, testHasher } from "../../doubles/ports.ts";
import { configMap, never, sharedBench, within } from "../../pass/bench.ts";
import { appObject, id } from "../app-objects.ts";
import { type FileTexts, type Given, runWith, viewOf } from "../host.ts";

const bench = sharedBench();

const head = (kind: string, name: string) =>
  `apiVersion: holdfast.dev/v1alpha1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;

const manifests = `# what the shop is made of
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2 # as measured in May
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      # the old one first
      - name: log
        image: "log:1"
      - name: web
        image: "web:1.8.2"
        args: [ --fast ]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: cfg }
data:
  currency: EUR # never change this
  size: "\${{ cluster.values.size }}"
---
apiVersion: v1
kind: Secret
metadata: { name: token }
stringData: { token: hunter2 }
`;

/** One cluster, one app in a namespace of its own. */
function texts(app: string, { files = {}, spec = "" }: { files?: FileTexts; spec?: string } = {}) {
  return {
    "fleet.yaml": `${head("Fleet", "acme")}spec: { folders: [ clusters, apps ] }\n`,
    "clusters/eu.yaml": `${head("Cluster", "eu")}spec: { values: { size: "3" } }\n`,
    [`apps/${app}/app.yaml`]: `# ours\n${head("App", app)}spec:\n  namespace: ${app}\n  clusters: {} # everywhere\n${spec}`,
    [`apps/${app}/all.yaml`]: manifests,
    ...files,
  };
}

const old = id("aaaaaaa");
const tip = id("bbbbbbb");

/** Has the agent apply a commit. */
async function apply(app: string, files: FileTexts, commit = old): Promise<void> {
  const ports = { hasher: async () => testHasher } as Parameters<typeof openFleet>[0]["ports"];
  const fleet = await openFleet({ ports, signal: never }, viewOf(files, commit));
  const unit = selectUnits(fleet.fleet, "eu", testHasher).units.find((one) => one.app === app);
  if (unit === undefined) throw new Error("no such unit");
  const text = (files[`apps/${app}/all.yaml`] ?? "").replaceAll("${{ cluster.values.size }}", "3");
  const parsed = parseYaml(new TextEncoder().encode(text), { file: "all.yaml" });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const objects = parsed.value.map(({ value }) => value as KubeObject);
  const declared = bench().declare(app, { objects, unit, changeId: unit.changeId });
  const slot = bench().slot(app);
  slot.manifests = { ...declared, commit: { ...declared.commit, id: commit } };
  const { pass } = await bench().pass(app);
  if (!pass.results.every(({ outcome }) => outcome !== "failed")) throw new Error("not applied");
}

/** The command line beside that agent. */
function given(app: string, now: FileTexts, status: Partial<UnitStatus> = {}): Given {
  const { cluster } = bench().world;
  const connected: ConnectedCluster = {
    client: { ...cluster.client, close: async () => {} },
    apps: { list: async () => [appObject("eu", { app, namespace: app, ...status })] },
    state: { read: async () => undefined },
    inventories: cluster.inventories,
    kept: { list: async () => [] },
    uid: async () => cluster.installation.clusterUid,
    installation: async () => cluster.installation.id,
  };
  return {
    files: now,
    commits: { [old]: texts(app), [tip]: now },
    head: tip,
    contexts: ["eu"],
    clusters: { eu: connected },
    clock: realClock,
  };
}

/** Synced, and then changed by hand. */
async function patched(app: string, files: FileTexts = texts(app)) {
  await apply(app, files);
  await bench().hand(
    within(app, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: {
        replicas: 5,
        template: {
          spec: {
            containers: [
              { name: "log", image: "log:1" },
              { name: "web", image: "web:1.8.1", args: ["--fast"] },
            ],
          },
        },
      },
    }),
  );
}

const cells = (stdout: string) =>
  stdout.split("\n").map((line) =>
    line
      .replaceAll(/ {2,}/g, " | ")
      .replace(/\| \d+s \|/, "| now |")
      .trim(),
  );

describe("drift list --live", () => {
  it("names each field with both values, who and when, and exits 1; a pending merge is no drift", async () => {
    const app = "listed";
    await patched(app);
    const merged = texts(app, {
      files: {
        [`apps/${app}/all.yaml`]: manifests
          .replace("EUR", "USD")
          .replace("[ --fast ]", "[ --slow ]"),
      },
    });
    const { code, stdout, stderr } = await runWith(given(app, merged), "drift", "list", "--live");
    expect(cells(stdout)).toEqual([
      "CLUSTER | APP | OBJECT | FIELD | GIT | LIVE | MANAGER | SINCE | ACTION",
      `eu | ${app} | Deployment ${app}/web | spec.replicas | 2 | 5 | kubectl-edit | now | healing`,
      `eu | ${app} | Deployment ${app}/web | …containers[web].image | web:1.8.2 | web:1.8.1 | kubectl-edit | now | healing`,
      "",
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(`holdfast drift show ${app} Deployment/web --cluster eu`);
    const json = await runWith(given(app, merged), "drift", "list", "--live", "-o", "json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: "DriftReport",
      complete: true,
      objects: [
        {
          cluster: "eu",
          ref: { kind: "Deployment", name: "web" },
          action: { kind: "healing" },
          file: `apps/${app}/all.yaml`,
          declared: ["/spec/replicas", "/spec/template/spec/containers/1/image"],
          fields: [{ manager: "kubectl-edit", operation: "Update" }, {}],
        },
      ],
    });
  });

  it("is a good answer where nothing differs", async () => {
    const app = "equal";
    await apply(app, texts(app));
    const ran = await runWith(given(app, texts(app)), "drift", "list", "--live");
    expect([ran.code, ran.stdout]).toEqual([0, "no drift\n"]);
  });

  it("says what is done about it: suspended, fought over, only reported, left until a time", async () => {
    const app = "why";
    await patched(app);
    const actionOf = async (status: Partial<UnitStatus>) => {
      const { stdout } = await runWith(
        given(app, texts(app), status),
        "drift",
        "list",
        "--live",
        "-o",
        "json",
      );
      return JSON.parse(stdout).objects[0].action;
    };
    const until = "2026-11-22T06:00:00Z";
    const suspend = { by: "ana", reason: "INC-9", until };
    expect(await actionOf({ suspend })).toEqual({ kind: "suspended", until });
    const ref = { group: "apps", kind: "Deployment", namespace: app, name: "web" };
    const told = { ref, fields: [], since: "2026-11-21T09:00:00Z" };
    const fight = { ...told, action: "backing-off", until } as const;
    expect(await actionOf({ drift: [fight] })).toEqual({ kind: "fight", until });
    expect(await actionOf({ drift: [{ ...told, action: "reported" }] })).toEqual({
      kind: "reported",
    });
    const end = isoTime(realClock.now() + 3_600_000);
    await bench().hand(
      within(app, {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web", annotations: { "holdfast.dev/hold-until": end } },
      }),
    );
    expect(await actionOf({ suspend })).toEqual({ kind: "break-glass", until: end });
  });

  it("shows what a rule hides, and which, only when asked; that alone is no drift", async () => {
    const app = "ignored";
    const spec = `  drift:\n    ignore:\n    - { kind: Service, fields: [ /spec/type ] }\n    - { kind: Deployment, fields: [ /spec/replicas, /spec/template/spec/containers/*/image ] }\n`;
    const files = texts(app, { spec });
    await patched(app, files);
    const asked = { ...given(app, files), commits: { [old]: files, [tip]: files } };
    const plain = await runWith(asked, "drift", "list", "--live");
    expect([plain.code, plain.stdout]).toEqual([0, "no drift\n"]);
    const all = await runWith(asked, "drift", "list", "--ignored");
    expect(all.stdout).toMatch(/spec\.replicas +2 +5 +kubectl-edit .* ignored by rule 2/);
    expect(all.code).toBe(0);
  });

  it("masks Secrets, and says what is missing", async () => {
    const app = "masked";
    await apply(app, texts(app));
    await bench().hand(
      within(app, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "token" },
        data: { token: "b3RoZXI=" },
      }),
    );
    await bench().hand(within(app, configMap("cfg")), { method: "DELETE" });
    const { stdout } = await runWith(given(app, texts(app)), "drift", "list", "--live");
    expect(stdout).toMatch(/Secret masked\/token +data\.token +\*\*\* #\d +\*\*\* #\d/);
    expect(stdout).toMatch(/ConfigMap masked\/cfg +– +declared +missing/);
    expect(stdout).not.toContain("b3RoZXI=");
  });

  it("is incomplete where the commit that was applied is not at hand", async () => {
    const app = "shallow";
    await patched(app);
    const ran = await runWith(
      { ...given(app, texts(app)), commits: {} },
      "drift",
      "list",
      "--live",
    );
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain("aaaaaaa, which was applied there, is not in this repository");
  });
});

describe("drift list", () => {
  it("counts by what the agents say", async () => {
    const app = "counted";
    const objects = { managed: 3, drifted: 2, unhealthy: 0, heldDeletions: 0 };
    const status = { state: "Drifted", reason: "DriftReported", objects } as const;
    const some = await runWith(given(app, texts(app), status), "drift", "list");
    expect(cells(some.stdout)[1]).toBe(`eu | ${app} | Drifted | DriftReported | 2`);
    expect([some.code, (await runWith(given(app, texts(app)), "drift", "list")).code]).toEqual([
      1, 0,
    ]);
  });
});

describe("drift show", () => {
  it("tells of each field both values, manager, operation and time, and where it was written", async () => {
    const app = "shown";
    await patched(app);
    const ran = await runWith(given(app, texts(app)), "drift", "show", app, "Deployment/web");
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain(`Deployment ${app}/web  ${app} on eu  apps/${app}/all.yaml:2`);
    expect(ran.stdout).toMatch(/spec\.replicas +set by kubectl-edit, Update, \d{4}-/);
    expect(ran.stdout).toMatch(/live +5\n +git +2\n/);
    const none = await runWith(given(app, texts(app)), "drift", "show", app, "ConfigMap/cfg");
    expect([none.code, none.stdout]).toEqual([0, "no drift\n"]);
    const nothing = await runWith(given(app, texts(app)), "drift", "show", app, "ConfigMap/nobody");
    expect(nothing.code).toBe(2);
  });
});

describe("drift adopt --as value", () => {
  const adopt = (app: string, now: FileTexts, ...more: readonly string[]) =>
    runWith(given(app, now), "drift", "adopt", app, ...more, "--as", "value", "--push", "--yes");

  it("writes what lives where a person wrote the other value, and nothing else of the newest commit", async () => {
    const app = "followed";
    await patched(app);
    const file = `apps/${app}/all.yaml`;
    const merged = manifests.replace("EUR", "USD").replace("[ --fast ]", "[ --slow ]");
    const { code, pushed, stdout } = await adopt(
      app,
      texts(app, { files: { [file]: merged } }),
      "Deployment/web",
    );
    expect(code).toBe(0);
    expect(pushed).toHaveLength(1);
    expect(pushed[0]?.files).toEqual({
      [file]: merged
        .replace("replicas: 2 #", "replicas: 5 #")
        .replace('"web:1.8.2"', '"web:1.8.1"'),
    });
    expect(pushed[0]?.message).toContain(`${file}:2  Deployment ${app}/web spec.replicas: 5`);
    expect(stdout).toContain("spec.replicas: 5");
  });

  it("leaves what it cannot write, with a reason and the other way", async () => {
    const app = "left";
    await apply(app, texts(app));
    const data = { size: "4", currency: "yes" };
    await bench().hand(within(app, { ...configMap("cfg"), data }));
    await bench().hand(
      within(app, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "token" },
        data: { token: "b3RoZXI=" },
      }),
    );
    const { code, pushed, stderr } = await adopt(app, texts(app));
    expect(code).toBe(0);
    // In quotes: without them it would be a boolean to the cluster.
    expect(Object.values(pushed[0]?.files ?? {})).toEqual([
      manifests.replace("currency: EUR #", 'currency: "yes" #'),
    ]);
    expect(stderr).toContain("it is the expression ${{ cluster.values.size }}");
    expect(stderr).toContain("values of a Secret do not go into Git in the open");
    expect(stderr).toContain(`holdfast drift adopt ${app} Secret/token --as ignore`);
    const nothing = await adopt(app, texts(app), "Secret/token");
    expect([nothing.code, nothing.pushed]).toEqual([1, []]);
  });

  it("takes out what was taken out, and of a list without names writes what differs alone", async () => {
    const app = "parts";
    const file = `apps/${app}/all.yaml`;
    const own = `apiVersion: v1
kind: ConfigMap
metadata: { name: cfg }
data:
  # stays
  a: "1"
  b: "2"
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports:
  - port: 80 # outside
    targetPort: 8080
`;
    const files = texts(app, { files: { [file]: own } });
    await apply(app, files);
    const port = { port: 80, targetPort: 9090, protocol: "TCP" };
    const service = { apiVersion: "v1", kind: "Service", metadata: { name: "web" } };
    await bench().hand(within(app, { ...service, spec: { ports: [port] } }));
    const cleared = { ...configMap("cfg"), data: { b: null } };
    await bench().hand(within(app, cleared as unknown as KubeObject));
    const commits = { [old]: files, [tip]: files };
    const host = { ...given(app, files), commits };
    const { pushed, stderr } = await runWith(
      host,
      "drift",
      "adopt",
      app,
      "--as",
      "value",
      "--push",
      "--yes",
    );
    expect(pushed[0]?.files[file], stderr).toBe(
      own.replace("targetPort: 8080", "targetPort: 9090").replace('  b: "2"\n', ""),
    );
  });

  it("says so where a kustomization makes the object", async () => {
    const app = "made";
    const files = texts(app);
    await patched(app, files);
    const kustomized = texts(app, {
      files: { [`apps/${app}/kustomization.yaml`]: "resources: [ all.yaml ]\n" },
    });
    const ran = await adopt(app, kustomized, "Deployment/web");
    expect(ran.pushed).toEqual([]);
    expect(ran.code).not.toBe(0);
  });

  it("prepares nothing that would read back as more than what lives", async () => {
    const app = "more";
    const file = `apps/${app}/all.yaml`;
    // An anchor keeps the text from being changed in place, and as a whole the octal would be written anew.
    const own = manifests.replace("replicas: 2 #", "minReadySeconds: 012\n  replicas: &n 2 #");
    const files = texts(app, { files: { [file]: own } });
    await patched(app, files);
    const host = { ...given(app, files), commits: { [old]: files, [tip]: files } };
    const ran = await runWith(host, "drift", "adopt", app, "--as", "value", "--push", "--yes");
    expect(ran.pushed).toEqual([]);
    expect(ran.stderr).toContain("cannot be edited without changing more");
  });

  it("prepares nothing while it cannot see all that differs", async () => {
    const app = "half";
    await patched(app);
    const other = { ...given(app, texts(app)), commits: { [tip]: texts(app) } };
    const ran = await runWith(other, "drift", "adopt", app, "--as", "value", "--push", "--yes");
    expect([ran.code, ran.pushed]).toEqual([3, []]);
  });

  it("of several clusters that agree is one value; where they do not, somebody chooses", async () => {
    const app = "many";
    const us = { "clusters/us.yaml": `${head("Cluster", "us")}spec: { values: { size: "3" } }\n` };
    const files = texts(app, { files: us });
    await patched(app, files);
    const host = { ...given(app, files), commits: { [old]: files, [tip]: files } };
    const eu = host.clusters?.["eu"];
    if (eu === undefined) throw new Error("no cluster");
    const beside = (there: ConnectedCluster, ...args: readonly string[]) => {
      const both = { ...host, contexts: ["eu", "us"], clusters: { eu, us: there } };
      return runWith(both, "drift", "adopt", app, "--as", "value", "--push", "--yes", ...args);
    };
    const same = await beside(eu);
    expect(Object.values(same.pushed[0]?.files ?? {})).toEqual([
      manifests.replace("replicas: 2 #", "replicas: 5 #").replace("web:1.8.2", "web:1.8.1"),
    ]);
    const seven: ConnectedCluster["client"]["get"] = async (...call) => {
      const found = await eu.client.get(...call);
      const spec = found?.["spec"];
      return found?.kind === "Deployment" && isJsonObject(spec)
        ? { ...found, spec: { ...spec, replicas: 7 } }
        : found;
    };
    const other = { ...eu, client: { ...eu.client, get: seven } };
    const split = await beside(other);
    expect([split.code, split.pushed]).toEqual([2, []]);
    expect(split.stderr).toContain("spec.replicas lives with different values");
    const chosen = await beside(other, "--cluster", "us");
    expect(Object.values(chosen.pushed[0]?.files ?? {})[0]).toContain("replicas: 7 #");
  });

  it("is a no where nothing differs, and needs to be told how", async () => {
    const app = "agreed";
    await apply(app, texts(app));
    const ran = await adopt(app, texts(app));
    expect([ran.code, ran.pushed]).toEqual([1, []]);
    const how = await runWith(given(app, texts(app)), "drift", "adopt", app, "--push", "--yes");
    expect(how.code).toBe(2);
  });
});

describe("drift adopt --as ignore", () => {
  it("adds rules to app.yaml by which nothing differs any more, and keeps its comments", async () => {
    const app = "others";
    await patched(app);
    const args = ["drift", "adopt", app, "--as", "ignore", "--push", "--yes"];
    const { code, pushed } = await runWith(given(app, texts(app)), ...args);
    expect(code).toBe(0);
    const [file] = Object.values(pushed[0]?.files ?? {});
    expect(file).toContain("clusters: {} # everywhere");
    expect(file).toContain(
      `{ kind: Deployment, name: web, namespace: ${app}, fields: [ /spec/replicas, /spec/template/spec/containers/1/image ] }`,
    );
    const after = { ...texts(app), [`apps/${app}/app.yaml`]: file ?? "" };
    await apply(app, after, tip);
    const host = { ...given(app, after), commits: { [tip]: after } };
    const left = await runWith(host, "drift", "list", "--live");
    expect([left.code, left.stdout]).toEqual([0, "no drift\n"]);
    expect((await runWith(host, "drift", "list", "--ignored")).stdout).toContain(
      "ignored by rule 1",
    );
  });
});
