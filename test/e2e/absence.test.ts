import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { describeViolations, judgeHistory } from "../faults/oracle/oracle.ts";
import { Told } from "../faults/told.ts";
import { haveControlPlane } from "./binaries.ts";
import { holdfast } from "./cli.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFile, appFiles, configMap, deployment, fleetFiles, objectPath } from "./documents.ts";
import { Repository } from "./repository.ts";
import { clusterNames, Site, until } from "./site.ts";

const have = haveControlPlane();
const names = clusterNames;
const shop = [
  ...Array.from({ length: 10 }, (_, index) => configMap("shop", `map-${index}`)),
  deployment("shop", "web"),
  deployment("shop", "api"),
];
const blog = [configMap("blog", "posts"), deployment("blog", "web")];

describe.skipIf(!have.ok)(`absence is never a delete, on three real clusters (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  const sites: Site[] = [];
  const told: Told[] = [];
  let good = "";

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: names.length, audit: true });
    repository = await Repository.create(plane.folder);
    await repository.write({
      ...fleetFiles(names),
      ...appFiles("shop", shop),
      ...appFiles("blog", blog),
    });
    for (const [index, cluster] of plane.clusters.entries()) {
      const site = new Site({ plane, cluster, name: names[index] ?? "", repository });
      await site.install();
      sites.push(site);
      told.push(new Told());
    }
    good = await push("a shop and a blog", { shop, blog });
    for (const site of sites) await site.start();
    await allSynced();
  });

  afterAll(async () => {
    for (const site of sites) await site.stop();
    await repository?.stop();
    await plane?.stop();
  });

  /** Commits what lies in the work tree; says to the oracle what it declares. */
  async function push(
    message: string,
    declares: Readonly<Record<string, readonly KubeObject[] | "broken" | undefined>>,
  ): Promise<string> {
    const marks = await Promise.all(sites.map((site) => site.recorder.mark()));
    const id = await repository.push(message);
    for (const [index, one] of told.entries()) {
      for (const [app, objects] of Object.entries(declares)) one.declare(app, objects);
      one.committed(id, marks[index] ?? 0);
    }
    return id;
  }

  const onAll = (work: (site: Site) => Promise<void>) => Promise.all(sites.map(work));

  function allSynced(): Promise<unknown> {
    return onAll(async (site) => {
      for (const app of ["shop", "blog"]) {
        await site.untilApp(app, ({ state }) => state === "Synced", { what: "Synced" });
      }
    });
  }

  /** Everything of the last good commit is still there, and nothing was deleted since. */
  async function nothingWent(site: Site, since: number): Promise<void> {
    for (const object of [...shop, ...blog]) {
      expect(await site.api.get(object), object.metadata.name).toBeDefined();
    }
    const writes = await site.memberWritesSince(since);
    expect(writes.filter((line) => line.startsWith("delete"))).toEqual([]);
  }

  /** Does something to Git; waits for what the app says about it; then takes it back and waits for Synced. */
  async function holds(reason: string, act: () => Promise<unknown>): Promise<void> {
    const since = Date.now();
    await act();
    try {
      await onAll(async (site) => {
        const status = await site.untilApp(
          "shop",
          ({ state, reason: why }) => state === "Held" && why === reason,
          { what: `Held, ${reason}` },
        );
        expect(status.message).not.toBe("");
        await nothingWent(site, since);
      });
    } finally {
      await restore(`back from ${reason}`);
    }
    await onAll((site) => nothingWent(site, since));
  }

  /** Whatever a case did: the next one starts from the good commit's files. */
  async function restore(message: string): Promise<void> {
    await repository.git("rm", "--quiet", "-r", "--ignore-unmatch", "--", ".");
    await repository.git("checkout", good, "--", ".");
    await push(message, { shop, blog });
    await allSynced();
  }

  it("holds when the app's whole folder is gone", () =>
    holds("AppRemoved", async () => {
      await repository.write({ "apps/shop": undefined });
      await push("oops", { shop: undefined });
    }));

  it("holds when the render is empty", () =>
    holds("EmptyRender", async () => {
      const files = shop.map((object): [string, undefined] => [
        objectPath("shop", object),
        undefined,
      ]);
      await repository.write(Object.fromEntries(files));
      await push("all manifests gone", { shop: [] });
    }));

  it("holds when the app's path is gone", () =>
    holds("PathMissing", async () => {
      await repository.write(appFile("shop", { path: "overlays/prod" }));
      await push("wrong path", { shop: "broken" });
    }));

  it("holds when the branch is gone", () =>
    holds("RefMissing", async () => {
      await repository.git("push", "--quiet", "origin", ":main");
    }));

  it("holds on the one cluster whose file was renamed, and is not ready there", async () => {
    const [dev, ...others] = sites;
    if (dev === undefined) throw new Error("no site");
    const since = Date.now();
    const renamed = fleetFiles(["development"])["clusters/development.yaml"];
    await repository.write({
      "clusters/dev.yaml": undefined,
      "clusters/development.yaml": renamed,
    });
    await push("a clearer name", {});
    try {
      const status = await dev.untilApp("shop", ({ state }) => /Held|Unknown/.test(state), {
        what: "Held or Unknown",
      });
      expect(status.reason).toMatch(/Unselected|ConfigInvalid/);
      const probe = await dev.agent.probe("/readyz");
      expect(probe.status).toBe(503);
      expect(probe.text).toContain("development");
      for (const site of others) {
        await site.untilApp("shop", ({ state }) => state === "Synced", { what: "Synced" });
      }
      await onAll((site) => nothingWent(site, since));
    } finally {
      await restore("the old name");
    }
  });

  it("keeps and heals what runs while Git answers 500, and says Unknown when it knows nothing", async () => {
    const since = Date.now();
    const [first] = shop;
    if (first === undefined) throw new Error("no object");
    repository.server.failWith(500);
    const enforcedWithoutGit = async (site: Site): Promise<void> => {
      const asked = repository.server.count();
      await until("three polls failed", async () => repository.server.count() >= asked + 3);
      await site.kubectl(
        "-n",
        "shop",
        "patch",
        "configmap",
        "map-0",
        "-p",
        '{"data":{"text":"2"}}',
      );
      await until(`${site.name}: healed without Git`, async () => {
        const live = await site.api.get(first);
        return JSON.stringify(live?.data) === JSON.stringify(first.data);
      });
      await site.stop();
      await site.start({ "store-path": `${plane.folder}/empty-store-${site.name}` });
      const status = await site.untilApp("shop", ({ state }) => state === "Unknown", {
        what: "Unknown",
      });
      expect(status.reason).toBe("SourceUnreachable");
      await nothingWent(site, since);
    };
    try {
      await onAll(enforcedWithoutGit);
    } finally {
      repository.server.failWith(undefined);
      // Polls have backed off by now, up to ten intervals; a start asks at once.
      for (const site of sites) {
        await site.stop();
        await site.start();
      }
    }
    await allSynced();
  });

  it("holds a large deletion until a person accepts it: by the CLI on one cluster, by a commit on all", async () => {
    const [dev, ...others] = sites;
    if (dev === undefined) throw new Error("no site");
    const kept = shop.slice(7);
    const files = shop
      .slice(0, 7)
      .map((object): [string, undefined] => [objectPath("shop", object), undefined]);
    await repository.write(Object.fromEntries(files));
    const since = Date.now();
    const id = await push("seven of twelve go", { shop: kept });
    const held = new Map<Site, string>();
    await onAll(async (site) => {
      const status = await site.untilApp("shop", ({ reason }) => reason === "PruneGuard", {
        what: "Held, PruneGuard",
      });
      expect(status.state).toBe("Held");
      await nothingWent(site, since);
      const { held: said } = status.all;
      held.set(site, isJsonObject(said) && typeof said.plan === "string" ? said.plan : "");
    });
    const plan = held.get(dev) ?? "";
    expect(plan).not.toBe("");
    const marked = told[0];
    marked?.accepted("shop", id);
    const answer = await holdfast(repository.folder, [
      ...["accept", "shop", "--plan", plan, "--yes", "--cluster", dev.name],
      ...["--kubeconfig", dev.cluster.kubeconfig, "--context", dev.cluster.name],
    ]);
    expect(answer, answer.stderr).toMatchObject({ code: 0 });
    const gone = async (site: Site) => {
      for (const object of shop.slice(0, 7)) {
        if ((await site.api.get(object)) !== undefined) return false;
      }
      return true;
    };
    await until("dev: the seven are gone", () => gone(dev));
    for (const site of others) await nothingWent(site, since);

    const accepting = await push("yes\n\nHoldfast-Accept: shop", { shop: kept });
    for (const one of told.slice(1)) one.accepted("shop", accepting);
    await onAll(async (site) => {
      await until(`${site.name}: the seven are gone`, () => gone(site));
      await site.untilApp("shop", ({ state }) => state === "Synced", { what: "Synced" });
    });
  });

  it("leaves a history in which the oracle finds nothing wrong", async () => {
    for (const [index, site] of sites.entries()) {
      const git = told[index];
      if (git === undefined) throw new Error("no commits");
      expect(describeViolations(judgeHistory(await site.recorder.read(git))), site.name).toBe("");
    }
  });
});
