import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { describeViolations, judgeHistory } from "../faults/oracle/oracle.ts";
import { Told } from "../faults/told.ts";
import { haveControlPlane } from "./binaries.ts";
import { type CliAnswer, holdfast } from "./cli.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFiles, configMap, deployment, fleetFiles, objectFiles } from "./documents.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { Repository } from "./repository.ts";
import { agentNamespace, clusterNames, Site, until } from "./site.ts";
import { differences } from "./subset.ts";

const have = haveControlPlane();
const names = clusterNames;
const newcomer = "prod-ap";

const shop = [
  ...Array.from({ length: 6 }, (_, index) => configMap("shop", `map-${index}`)),
  deployment("shop", "web"),
];
/** The change that turns out to be bad: another text, another image, one object more. */
const badShop = [
  configMap("shop", "map-0", "2"),
  ...shop.slice(1, 6),
  withImage(deployment("shop", "web"), "example.com/web:2"),
  configMap("shop", "extra"),
];
const blog = [configMap("blog", "posts"), deployment("blog", "web")];
const newBlog = [configMap("blog", "posts", "2"), deployment("blog", "web")];
const gold = [configMap("gold", "perks"), configMap("gold", "prices"), deployment("gold", "web")];
const goldSpec = { clusters: { matchLabels: { tier: "gold" } } };

describe.skipIf(!have.ok)(`a change's way there and back, on real clusters (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let kubeconfig: string;
  let good = "";
  const sites: Site[] = [];
  const told = new Map<Site, Told>();
  let added: Site;

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: names.length + 1, audit: true });
    repository = await Repository.create(plane.folder);
    for (const [index, cluster] of plane.clusters.entries()) {
      const site = new Site({ plane, cluster, name: names[index] ?? newcomer, repository });
      await site.install();
      told.set(site, new Told());
      if (index < names.length) sites.push(site);
      else added = site;
    }
    kubeconfig = join(plane.folder, "people.kubeconfig");
    const contexts = [...sites, added].map(({ name, cluster }) => ({ ...cluster, name }));
    await writeKubeconfig(kubeconfig, ...contexts);
    await repository.write({
      ...fleetFiles(names),
      ...appFiles("shop", shop),
      ...appFiles("blog", blog),
      ...appFiles("gold", gold, goldSpec),
    });
    good = await push("a shop and a blog", sites, { shop, blog });
    for (const site of [...sites, added]) await site.start();
    await allSynced(sites, ["shop", "blog"]);
  });

  afterAll(async () => {
    for (const site of [...sites, added]) await site?.stop();
    await repository?.stop();
    await plane?.stop();
  });

  /** Says to the oracle of these clusters what the next commit declares there, makes it, and says that it is there. */
  async function commit(
    to: readonly Site[],
    declares: Readonly<Record<string, readonly KubeObject[] | undefined>>,
    make: () => Promise<string>,
  ): Promise<string> {
    const all = [...told];
    const marks = await Promise.all(all.map(([site]) => site.recorder.mark()));
    const id = await make();
    for (const [index, [site, one]] of all.entries()) {
      if (to.includes(site)) {
        for (const [app, objects] of Object.entries(declares)) one.declare(app, objects);
      }
      one.committed(id, marks[index] ?? 0);
    }
    return id;
  }

  const push = (
    message: string,
    to: readonly Site[],
    declares: Readonly<Record<string, readonly KubeObject[] | undefined>>,
  ): Promise<string> => commit(to, declares, () => repository.push(message));

  /** As a person reviews and merges what the command line pushed. */
  async function merge(answer: CliAnswer): Promise<string> {
    expect(answer, answer.stderr).toMatchObject({ code: 0 });
    const branch = /Branch (\S+) \([0-9a-f]{7}\) is pushed/.exec(answer.stdout)?.[1];
    if (branch === undefined) throw new Error(`no branch was pushed:\n${answer.stdout}`);
    await repository.git("fetch", "--quiet", "origin");
    await repository.git("merge", "--quiet", "--no-ff", "-m", "Merge", `origin/${branch}`);
    await repository.git("push", "--quiet", "origin", "HEAD:main");
    return repository.git("rev-parse", "HEAD");
  }

  const cli = (...args: readonly string[]): Promise<CliAnswer> =>
    holdfast(repository.folder, [...args, "--kubeconfig", kubeconfig]);

  async function allSynced(which: readonly Site[], apps: readonly string[]): Promise<void> {
    await Promise.all(
      which.map(async (site) => {
        for (const app of apps) {
          await site.untilApp(app, ({ state }) => state === "Synced", { what: "Synced" });
        }
      }),
    );
  }

  it("a merge rolls out everywhere", async () => {
    await repository.write(objectFiles("shop", badShop));
    await push("a bolder shop", sites, { shop: badShop });
    await Promise.all(sites.map((site) => untilThere(site, badShop)));
    await allSynced(sites, ["shop"]);
    await repository.write(objectFiles("blog", newBlog));
    await push("a post", sites, { blog: newBlog });
    await Promise.all(sites.map((site) => untilThere(site, newBlog)));
  });

  it("holdfast rollback --push and a merge bring the old state back, and nothing is suspended", async () => {
    const main = await repository.git("rev-parse", "origin/main");
    const answer = await cli("rollback", "shop", "--push", "--yes");
    expect(answer, answer.stderr).toMatchObject({ code: 0 });
    expect(answer.stdout).toContain(good.slice(0, 7));
    expect(await repository.git("ls-remote", "origin", "refs/heads/main")).toContain(main);

    const id = await commit(sites, { shop }, () => merge(answer));
    await Promise.all(
      sites.map(async (site) => {
        await untilThere(site, shop);
        const status = await site.untilApp(
          "shop",
          ({ state, live }) => state === "Synced" && live === id,
          { what: `Synced at ${id}` },
        );
        expect(await site.api.get(configMap("shop", "extra"))).toBeUndefined();
        expect(status.all.history).toMatchObject([
          { kind: "rollback", result: "succeeded", commit: id },
          { kind: "change", result: "succeeded" },
          { kind: "change", result: "succeeded" },
        ]);
        expect(status.all.suspend).toBeUndefined();
        // What others merged since then stays.
        await untilThere(site, newBlog);
      }),
    );
  });

  it("goes on healing right after a rollback", () =>
    Promise.all(
      sites.map(async (site) => {
        const patch = JSON.stringify({ data: { text: "by hand" } });
        await site.kubectl("-n", "shop", "patch", "configmap", "map-0", "-p", patch);
        await untilThere(site, shop);
      }),
    ));

  it("says that there is nothing to revert twice: the older change is what runs", async () => {
    const answer = await cli("rollback", "shop", "--to", good, "--push", "--yes");
    expect(answer).toMatchObject({ code: 1 });
    expect(answer.stdout).toContain("Nothing to revert");
  });

  it("does nothing on a cluster that no document names, and syncs it once clusters add is merged", async () => {
    const probe = await added.agent.probe("/readyz");
    expect(probe.status).toBe(503);
    expect(probe.text).toContain("no Cluster document names this cluster");
    expect((await added.memberWritesSince(0)).filter(isOutside)).toEqual([]);

    const answer = await cli("clusters", "add", newcomer, "--label", "env=prod", "--push", "--yes");
    expect(answer.stdout).toMatch(/shop/);
    const id = await commit([added], { shop, blog: newBlog }, () => merge(answer));
    for (const objects of [shop, newBlog]) await untilThere(added, objects);
    const status = await added.untilApp("shop", ({ state }) => state === "Synced", {
      what: "Synced",
    });
    expect(status.live).toBe(id);
    await allSynced([added], ["blog"]);
    expect((await added.agent.probe("/readyz")).status).toBe(200);
    expect(await added.app("gold")).toBeUndefined();
  });

  it("clusters label brings an app there", async () => {
    const answer = await cli("clusters", "label", newcomer, "tier=gold", "--push", "--yes");
    expect(answer.stdout).toMatch(/gold/);
    await commit([added], { gold }, () => merge(answer));
    await untilThere(added, gold);
    await allSynced([added], ["gold", "shop", "blog"]);
    for (const site of sites) expect(await site.app("gold")).toBeUndefined();
  });

  it("and takes it away again: held with all its objects, gone once accepted, and nothing else goes", async () => {
    const since = Date.now();
    const answer = await cli("clusters", "label", newcomer, "tier-", "--push", "--yes");
    expect(answer.stdout).toMatch(/gold/);
    const id = await commit([added], { gold: undefined }, () => merge(answer));
    const status = await added.untilApp(
      "gold",
      ({ state, reason }) => state === "Held" && reason === "Unselected",
      { what: "Held, Unselected" },
    );
    expect(status.message).toMatch(/tier/);
    for (const object of gold) expect(await added.api.get(object)).toBeDefined();
    expect(await deletesOf(added, since)).toEqual([]);

    const plan =
      isJsonObject(status.all.held) && typeof status.all.held.plan === "string"
        ? status.all.held.plan
        : "";
    told.get(added)?.accepted("gold", id);
    const accepted = await cli(
      ...["accept", "gold", "--cluster", newcomer, "--plan", plan, "--yes"],
    );
    expect(accepted, accepted.stderr).toMatchObject({ code: 0 });
    await until("the app is gone from the cluster", async () => {
      const live = await Promise.all(gold.map((object) => added.api.get(object)));
      return live.every((one) => one === undefined) && (await added.app("gold")) === undefined;
    });
    const deletes = await deletesOf(added, since);
    expect(deletes.filter((line) => !line.includes("/gold/"))).toEqual([]);
    await allSynced([added], ["shop", "blog"]);
    for (const objects of [shop, newBlog]) await untilThere(added, objects);
  });

  it("leaves a history in which the oracle finds nothing wrong", async () => {
    for (const [site, git] of told) {
      expect(describeViolations(judgeHistory(await site.recorder.read(git))), site.name).toBe("");
    }
  });
});

function withImage(object: KubeObject, image: string): KubeObject {
  return JSON.parse(JSON.stringify(object).replace("example.com/web:1", image));
}

/** Of the agent's own namespace: what it keeps there for itself. */
function isOutside(write: string): boolean {
  return !write.includes(`/namespaces/${agentNamespace}/`);
}

/** Each object is on the API server, as declared. */
function untilThere(site: Site, objects: readonly KubeObject[]): Promise<void> {
  return until(`${site.name} has ${objects.length} objects as declared`, async () => {
    for (const object of objects) {
      const live = await site.api.get(object);
      if (live === undefined || differences(object, live).length > 0) return false;
    }
    return true;
  });
}

async function deletesOf(site: Site, since: number): Promise<readonly string[]> {
  const writes = await site.memberWritesSince(since);
  return writes.filter((line) => line.startsWith("delete") && isOutside(line));
}
