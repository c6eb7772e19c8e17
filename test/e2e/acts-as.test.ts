import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { haveControlPlane } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFile, appFiles, configMap, fleetFiles, objectPath } from "./documents.ts";
import { Repository } from "./repository.ts";
import { Site } from "./site.ts";

const have = haveControlPlane();
const name = "eu";
const maps = Array.from({ length: 5 }, (_none, index) => configMap("shop", `map-${index}`));
const role: KubeObject = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "Role",
  metadata: { name: "more", namespace: "shop" },
  rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }],
};

/** C-9: an agent that may do everything, and two apps that name an account which may do little. */
describe.skipIf(!have.ok)(`an app that acts as its own account (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let site: Site;

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: 1 });
    repository = await Repository.create(plane.folder);
    const [cluster] = plane.clusters;
    if (cluster === undefined) throw new Error("no cluster");
    site = new Site({ plane, cluster, name, repository });
    await site.install();
    await site.kubectl("create", "namespace", "shop");
    await site.kubectl("-n", "shop", "create", "serviceaccount", "deployer");
    const verbs = "--verb=get,list,create,patch,delete";
    await site.kubectl("-n", "shop", "create", "role", "maps", verbs, "--resource=configmaps");
    await bind("maps");
    const spec = { serviceAccount: "deployer" };
    await repository.write({
      ...fleetFiles([name]),
      ...appFiles("shop", maps, spec),
      ...appFiles("rights", [role], { ...spec, namespace: "shop" }),
    });
    await repository.push("a shop, and rights for it");
    await site.start();
  });

  afterAll(async () => {
    await site?.stop();
    await repository?.stop();
    await plane?.stop();
  });

  const bind = (of: string) =>
    site.kubectl(
      ...["-n", "shop", "create", "rolebinding", of],
      ...[`--role=${of}`, "--serviceaccount=shop:deployer"],
    );

  async function ownMaps(): Promise<readonly string[]> {
    const all = await site.api.items("/api/v1/namespaces/shop/configmaps");
    return all.map(({ metadata }) => metadata.name).filter((one) => one !== "kube-root-ca.crt");
  }

  it("writes what the account may write, and hands out no right that it lacks", async () => {
    const { message } = await site.untilApp("rights", ({ reason }) => reason === "Forbidden", {
      what: "Forbidden",
    });
    expect(message).toContain("system:serviceaccount:shop:deployer");
    const roles = await site.api.items("/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles");
    expect(roles.map(({ metadata }) => metadata.name)).toEqual(["maps"]);
    await site.untilApp("shop", ({ state }) => state === "Synced", { what: "Synced" });
    expect(await ownMaps()).toHaveLength(maps.length);
  });

  it("deletes nothing once the account has no rights, whether an object or the app is dropped", async () => {
    await site.kubectl("-n", "shop", "delete", "rolebinding", "maps");
    await repository.write({ [objectPath("shop", maps[0]!)]: undefined });
    await repository.push("one map less");
    await site.untilApp("shop", ({ state }) => state === "Failed", { what: "Failed" });
    await repository.write(appFile("shop", { serviceAccount: "deployer", onRemove: "delete" }));
    const mayGo = await repository.push("may go");
    await site.untilApp("shop", ({ all }) => JSON.stringify(all.revisions).includes(mayGo), {
      what: "told what to do when it goes",
    });
    const gone = Object.fromEntries(
      ["app.yaml", ...maps.slice(1).map(({ metadata }) => `configmap-${metadata.name}.yaml`)].map(
        (file) => [`apps/shop/${file}`, undefined],
      ),
    );
    await repository.write(gone);
    const commit = await repository.push("no shop");
    const { state, message } = await site.untilApp(
      "shop",
      ({ all }) => JSON.stringify(all.revisions).includes(commit),
      { what: "told of its removal" },
    );
    expect(state, message).toBe("Failed");
    expect(await ownMaps()).toHaveLength(maps.length);
  });
});
