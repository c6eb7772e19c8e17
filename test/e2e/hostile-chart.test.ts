import { mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { haveControlPlane } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFile, appFiles, configMap, deployment, fleetFiles } from "./documents.ts";
import { Repository } from "./repository.ts";
import { Site, until } from "./site.ts";
import { differences } from "./subset.ts";

const have = haveControlPlane();
const secret = "CANARY-of-another-app";
const plain = [
  configMap("plain", "a"),
  configMap("plain", "b", secret),
  deployment("plain", "web"),
];
const newPlain = [configMap("plain", "a", "2"), ...plain.slice(1)];

interface Hostile {
  readonly app: string;
  readonly reason: RegExp;
  /** What the message must say. */
  readonly says: RegExp;
  readonly files: Readonly<Record<string, string>>;
  /** Symbolic links, by path: where they lead. */
  readonly links?: Readonly<Record<string, string>>;
}

const next =
  /Make the chart|Fix the file|Put the file itself|put the definitions into|run helm dependency/;

const chartFile = "apiVersion: v2\nname: own\nversion: 1.0.0\n";
const good = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: applied }\n";

/** A chart whose one template is this, after an object that would be applied. */
function template(text: string): Readonly<Record<string, string>> {
  return { "Chart.yaml": chartFile, "templates/a.yaml": good, "templates/b.yaml": text };
}

const hostile: readonly Hostile[] = [
  {
    app: "loops",
    reason: /^RenderLimit$/,
    says: /longer than 60 s/,
    files: template("{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}"),
  },
  {
    app: "includes-itself",
    reason: /^RenderFailed$/,
    says: /templates\/b\.yaml/,
    files: template('{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'),
  },
  {
    app: "prints",
    reason: /^RenderLimit$/,
    says: /MiB|longer than 60 s/,
    files: template('a: {{ repeat 1000000000 "a" }}'),
  },
  {
    app: "prints-lines",
    reason: /^RenderLimit$/,
    says: /MiB|longer than 60 s/,
    files: template("{{ range until 30000000 }}a: aaaaaaaaaaaaaaaaaaaa\n{{ end }}"),
  },
  {
    app: "allocates",
    reason: /^RenderLimit$/,
    says: /MiB of memory|longer than 60 s/,
    files: template('{{ $s := "a" }}{{ range until 40 }}{{ $s = cat $s $s }}{{ end }}'),
  },
  {
    app: "runs-programs",
    reason: /^RenderFailed$/,
    says: /kustomize/,
    files: {
      "kustomization.yaml": "generators: [bomb.yaml]\n",
      "bomb.yaml":
        "apiVersion: example.com/v1\nkind: Bomb\nmetadata:\n  name: bomb\n  annotations:\n    config.kubernetes.io/function: |\n      exec: { path: ./bomb.sh }\n",
      "bomb.sh": "#!/bin/sh\nb() { b | b & }; b\n",
    },
  },
  {
    app: "climbs",
    reason: /^RenderFailed$/,
    says: /plain/,
    files: { "kustomization.yaml": "resources: [../plain]\n" },
  },
  {
    app: "asks-files",
    reason: /^RenderFailed$/,
    says: /nothing there/,
    files: template(
      '{{ required "nothing there" (.Files.Get "../plain/configmap-b.yaml") }}{{ .Files.Get "/etc/passwd" }}',
    ),
  },
  {
    app: "links",
    reason: /^RenderFailed$/,
    says: /link/,
    files: template("a: b"),
    links: { "templates/c.yaml": "../../plain/configmap-b.yaml" },
  },
  {
    app: "links-machine",
    reason: /^RenderFailed$/,
    says: /link/,
    files: template("a: b"),
    links: { "templates/c.yaml": "/etc/passwd" },
  },
  {
    app: "schema",
    reason: /^RemoteRefused$/,
    says: /values\.schema\.json/,
    files: { ...template("a: b"), "values.schema.json": '{"$ref":"file:///etc/passwd"}' },
  },
  {
    app: "depends",
    reason: /^RemoteRefused$/,
    says: /db/,
    files: {
      ...template("a: b"),
      "Chart.yaml": `${chartFile}dependencies: [{ name: db, version: 1.0.0, repository: "file://../plain" }]\n`,
    },
  },
];

const chart = (text: string) => ({
  ...appFile("chart", { values: { text } }),
  "apps/chart/Chart.yaml": chartFile,
  "apps/chart/templates/a.yaml":
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { text: "{{ .Values.text }}", file: "{{ .Files.Get "../plain/configmap-b.yaml" }}" }\n',
});

describe.skipIf(!have.ok)(`charts that harm, on a real cluster (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let site: Site;
  let since = 0;

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: 1, audit: true });
    repository = await Repository.create(plane.folder);
    await repository.write({
      ...fleetFiles(["dev"]),
      ...appFiles("plain", plain),
      ...chart("1"),
    });
    await repository.push("two good apps");
    const [cluster] = plane.clusters;
    if (cluster === undefined) throw new Error("no cluster");
    const flags = { "helm-path": plane.bin("helm"), "kustomize-path": plane.bin("kustomize") };
    site = new Site({ plane, cluster, name: "dev", repository, flags });
    await site.install();
    await site.start();
    await synced();
  });

  afterAll(async () => {
    await site?.stop();
    await repository?.stop();
    await plane?.stop();
  });

  async function synced(commit?: string): Promise<void> {
    for (const app of ["plain", "chart"]) {
      await site.untilApp(
        app,
        ({ state, live }) => state === "Synced" && (commit === undefined || live === commit),
        { what: `Synced at ${commit}` },
      );
    }
  }

  async function pushHostile(): Promise<string> {
    for (const { app, files, links = {} } of hostile) {
      const inFolder = Object.entries(files).map(([path, text]) => [`apps/${app}/${path}`, text]);
      await repository.write({ ...appFile(app), ...Object.fromEntries(inFolder) });
      for (const [path, to] of Object.entries(links)) {
        const place = join(repository.folder, "apps", app, path);
        await mkdir(dirname(place), { recursive: true });
        await symlink(to, place);
      }
    }
    return repository.push("hostile charts, and a change of each neighbour");
  }

  it("neighbours go on with that very commit, and are healed, while a chart still loops", async () => {
    since = Date.now();
    await repository.write({ ...appFiles("plain", newPlain), ...chart("2") });
    const id = await pushHostile();
    await synced(id);
    expect(await isThere(newPlain)).toBe(true);
    const patch = JSON.stringify({ data: { text: "by hand" } });
    await site.kubectl("-n", "plain", "patch", "configmap", "a", "-p", patch);
    await until("the hand edit is healed", () => isThere(newPlain));
    expect(await rendering()).toContain("loops");
  });

  it("reads nothing that is not its own: a file of another app is none", async () => {
    const live = await site.api.get(configMap("chart", "a"));
    expect(live?.data).toEqual({ text: "2", file: "" });
  });

  it.each(hostile)("$app fails alone, and says why", async ({ app, reason, says }) => {
    const status = await site.untilApp(app, ({ state }) => state === "Failed", { what: "Failed" });
    expect(status.reason).toMatch(reason);
    expect(status.message).toMatch(says);
    // What to do next is said, too.
    expect(status.message).toMatch(next);
    expect(JSON.stringify(status.all).length).toBeLessThan(8000);
    expect(JSON.stringify(status.all)).not.toContain(secret);
    expect(JSON.stringify(status.all)).not.toContain("root:");
  });

  it("applies nothing of them: not even a namespace", async () => {
    const writes = await site.memberWritesSince(since);
    for (const { app } of hostile) {
      const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: app } };
      expect(await site.api.get(namespace), app).toBeUndefined();
      expect(writes.filter((line) => line.includes(`/namespaces/${app}/`))).toEqual([]);
    }
  });

  it("starts with them there: what runs is enforced at once", async () => {
    await site.stop();
    const patch = JSON.stringify({ data: { text: "by hand" } });
    await site.kubectl("-n", "plain", "patch", "configmap", "a", "-p", patch);
    await site.start();
    await until("the hand edit is healed", () => isThere(newPlain));
    await until("the loop is on its way again", async () => (await rendering()).includes("loops"));
  });

  it("leaves no child and no folder behind", async () => {
    const { pid } = site.agent;
    expect((await rendering()).length).toBeGreaterThan(0);
    expect(await site.stop()).toBe(0);
    expect(await rendering()).toEqual([]);
    const folders = await readdir(tmpdir());
    expect(folders.filter((name) => name.startsWith(`holdfast-render-${pid}-`))).toEqual([]);
  });

  async function isThere(objects: typeof plain): Promise<boolean> {
    for (const object of objects) {
      const live = await site.api.get(object);
      if (live === undefined || differences(object, live).length > 0) return false;
    }
    return true;
  }

  /** Apps whose render the agent's children work on, by their command lines. */
  async function rendering(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const id of (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name))) {
      const line = await readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "");
      if (!line.includes(`holdfast-render-${site.agent.pid}-`)) continue;
      const [, app] = /\/apps\/([^/\0]+)/.exec(line) ?? [];
      found.push(app ?? line);
    }
    return found;
  }
});
