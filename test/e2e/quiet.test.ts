import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isObjectRequest, readRequests, type Seen } from "../bench/audit.ts";
import { configMapOf, loadApp, loadFiles } from "../bench/config-maps.ts";
import { haveControlPlane } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { Repository } from "./repository.ts";
import { pause, Site, until } from "./site.ts";

const have = haveControlPlane();
const clusterName = "quiet";
const objects = 300;
const intervals = 10;
const intervalMs = 1000;

/** `npm run bench -- B3` and `-- B4` are the same with 10,000 objects and with figures. */
describe.skipIf(!have.ok)(`an agent with nothing to do (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let site: Site;

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: 1, audit: "requests", controllers: false });
    repository = await Repository.create(plane.folder);
    await repository.write(loadFiles(clusterName, { app: loadApp, objects, files: 10 }));
    await repository.push(`${objects} ConfigMaps`);
    const [cluster] = plane.clusters;
    if (cluster === undefined) throw new Error("there is no cluster");
    site = new Site({ plane, cluster, name: clusterName, repository });
    await site.install();
    await site.start({ "source-interval": `${intervalMs / 1000}s` });
    await site.untilApp(loadApp, ({ state }) => state === "Synced", { what: "Synced" });
  });

  afterAll(async () => {
    await site?.stop();
    await repository?.stop();
    await plane?.stop();
  });

  const askedSince = async (time: number): Promise<readonly Seen[]> => {
    const seen = await readRequests(site.cluster.auditLog);
    return seen.filter(({ user, arrivedMs }) => user === "holdfast" && arrivedMs >= time);
  };

  it("asks the API server about no object for ten intervals: watches tell it all (performance rule 2)", async () => {
    await pause(10 * intervalMs); // what follows a sync is over
    const polls = repository.server.count();
    const since = Date.now();
    await pause(intervals * intervalMs);
    const asked = await askedSince(since);
    expect(asked.filter(isObjectRequest)).toEqual([]);
    // It was alive all the while: it renewed its lease, and asked Git.
    expect(asked.some(({ resource }) => resource === "leases")).toBe(true);
    expect(repository.server.count() - polls).toBeGreaterThanOrEqual(intervals / 2);
  });

  it("sees one edit by hand among them, corrects that object and writes no other", async () => {
    const { name } = configMapOf(137, loadApp).metadata;
    const path = `/api/v1/namespaces/${loadApp}/configmaps/${name}`;
    const since = Date.now();
    const { status } = await site.api.ask("PATCH", `${path}?fieldManager=kubectl-edit`, {
      body: { data: { "log.level": "by-hand" } },
      contentType: "application/merge-patch+json",
    });
    expect(status).toBe(200);
    await until("the edit is corrected", async () => {
      const live = await site.api.get(configMapOf(137, loadApp));
      return isDeepStrictEqual(live?.data, configMapOf(137, loadApp).data);
    });
    const applies = (await askedSince(since)).filter(({ verb }) => verb === "apply");
    expect(applies.map((each) => each.name)).toEqual([name]);
  });
});
