import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { haveControlPlane } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFile, appFiles, configMap, fleetFiles } from "./documents.ts";
import { Repository } from "./repository.ts";
import { type AppStatus, Site } from "./site.ts";

const have = haveControlPlane();

interface BadApp {
  readonly app: string;
  readonly reason: RegExp;
  /** What the message must name: the file, and what is wrong with it. */
  readonly says: RegExp;
  /** Writes what is wrong; the app has an app.yaml and a good ConfigMap already. */
  write(repository: Repository, folder: string): Promise<void>;
}

const bomb = [
  "a: &a [x, x, x, x, x, x, x, x, x]",
  ..."bcdefghi".split("").map((name, index) => {
    const before = "abcdefgh"[index];
    return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(", ")}]`;
  }),
].join("\n");

const table: readonly BadApp[] = [
  {
    app: "bomb",
    reason: /RenderFailed/,
    says: /bomb\.yaml/,
    write: (repository, folder) => repository.write({ [`${folder}/bomb.yaml`]: `${bomb}\n` }),
  },
  {
    app: "binary",
    reason: /RenderFailed/,
    says: /binary\.yaml/,
    write: (repository, folder) =>
      repository.write({
        [`${folder}/binary.yaml`]: Uint8Array.from({ length: 4096 }, (_, i) => i % 256),
      }),
  },
  {
    app: "broken",
    reason: /RenderFailed/,
    says: /broken\.yaml:3/,
    write: (repository, folder) =>
      repository.write({
        [`${folder}/broken.yaml`]: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: [}\n",
      }),
  },
  {
    app: "nameless",
    reason: /RenderFailed|ObjectInvalid/,
    says: /nameless\.yaml/,
    write: (repository, folder) =>
      repository.write({
        [`${folder}/nameless.yaml`]: "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n",
      }),
  },
  {
    app: "submodule",
    reason: /RenderFailed/,
    says: /vendored.*submodule|submodule.*vendored/i,
    write: async (repository, folder) => {
      const commit = "1234567890123456789012345678901234567890";
      // As a clone without its submodules has it.
      await mkdir(join(repository.folder, folder, "vendored"));
      await repository.git(
        "update-index",
        "--add",
        "--cacheinfo",
        `160000,${commit},${folder}/vendored`,
      );
    },
  },
  {
    app: "link",
    reason: /RenderFailed/,
    says: /link\.yaml/,
    write: async (repository, folder) => {
      await symlink("../../../../../etc/passwd", join(repository.folder, folder, "link.yaml"));
    },
  },
  {
    app: "unknown-field",
    reason: /ConfigInvalid/,
    says: /apps\/unknown-field\/app\.yaml/,
    write: (repository) => repository.write(appFile("unknown-field", { nameSpace: "x" })),
  },
];

describe.skipIf(!have.ok)(`bad input (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let site: Site;

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: 1, audit: true });
    const [cluster] = plane.clusters;
    if (cluster === undefined) throw new Error("no cluster");
    repository = await Repository.create(plane.folder);
    site = new Site({ plane, cluster, name: cluster.name, repository });
    await site.install();
    await repository.write({
      ...fleetFiles([site.name]),
      ...appFiles("good", [configMap("good", "one")]),
      ...appFiles("first", [configMap("shared", "twice", "first"), configMap("shared", "first")], {
        namespace: "shared",
      }),
      ...appFiles(
        "second",
        [configMap("shared", "twice", "second"), configMap("shared", "second")],
        {
          namespace: "shared",
        },
      ),
    });
    for (const { app } of table) await repository.write(appFiles(app, [configMap(app, "one")]));
    await repository.git("add", "--all");
    for (const { app, write } of table) await write(repository, `apps/${app}`);
    await repository.push("all that can be wrong");
    await site.start();
  });

  afterAll(async () => {
    await site?.stop();
    await repository?.stop();
    await plane?.stop();
  });

  it("leaves the neighbours alone", async () => {
    await site.untilApp("good", ({ state }) => state === "Synced", { what: "Synced" });
    expect(await site.api.get(configMap("good", "one"))).toBeDefined();
  });

  it.each(table)("tells the app $app what is wrong, and writes nothing of it", async (bad) => {
    const status = await site.untilApp(bad.app, ({ state }) => state === "Failed", {
      what: "Failed",
    });
    expect(status.reason).toMatch(bad.reason);
    expect(JSON.stringify([status.message, status.all.problems])).toMatch(bad.says);
    expect(await site.api.get(configMap(bad.app, "one"))).toBeUndefined();
  });

  it("gives an object that two apps declare to one of them and tells the other", async () => {
    await site.untilApp("first", ({ state }) => state === "Synced", { what: "Synced" });
    const status = await site.untilApp("second", ({ state }) => state === "Failed", {
      what: "Failed",
    });
    expect(status.reason).toBe("ObjectConflict");
    expect(JSON.stringify([status.message, status.all.problems])).toMatch(/apps\/first|first/);
    const live = await site.api.get(configMap("shared", "twice"));
    expect(live?.data).toEqual({ text: "first" });
  });

  it("tells an app with a file of 50 MB so, and the others go on", async () => {
    await repository.write({
      ...appFiles("large", [configMap("large", "one")]),
      "apps/large/large.yaml": `data: ${"x".repeat(50 * 2 ** 20)}\n`,
      ...appFiles("later", [configMap("later", "one")]),
    });
    await repository.push("a dump by mistake");
    await site.untilApp("later", ({ state }) => state === "Synced", { what: "Synced" });
    const status = await site.untilApp("large", ({ state }) => state === "Failed", {
      what: "Failed",
    });
    expect(JSON.stringify([status.message, status.all.problems])).toContain(
      "apps/large/large.yaml",
    );
    expect(await site.api.get(configMap("large", "one"))).toBeUndefined();
  });

  it("goes on: a good commit after the bad one is applied", async () => {
    await repository.write(appFiles("good", [configMap("good", "one", "2")]));
    for (const { app } of table) await repository.write({ [`apps/${app}`]: undefined });
    await repository.write({ "apps/large": undefined });
    const id = await repository.push("all well again");
    const isDone = ({ state, applied }: AppStatus) => state === "Synced" && applied === id;
    await site.untilApp("good", isDone, { what: `Synced at ${id}` });
    const live = await site.api.get(configMap("good", "one"));
    expect(live?.data).toEqual({ text: "2" });
  });
});
