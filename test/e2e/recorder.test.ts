import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeInventory } from "../../agent/cluster/inventory-format.ts";
import type { InventoryEntry } from "../../agent/model/inventory.ts";
import { inventoryName } from "../../agent/model/names.ts";
import { type KubeObject, refId, refOf } from "../../agent/model/object.ts";
import { Api } from "../faults/api.ts";
import { Recorder } from "../faults/history.ts";
import type { History } from "../faults/oracle/model.ts";
import { describeViolations, judgeHistory } from "../faults/oracle/oracle.ts";
import { configMap, marked, tenMaps } from "../faults/oracle/story.ts";
import { Told } from "../faults/told.ts";
import { haveControlPlane } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";

const have = haveControlPlane();
const namespace = "holdfast-system";
const shop = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
const system = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };

/** Plays an agent by hand on a real API server, so that recorder and oracle are seen to agree with what was done. */
describe.skipIf(!have.ok)(`recorder and oracle on a real API server (${have.why})`, () => {
  let plane: ControlPlane;
  let agent: Api;
  let recorder: Recorder;

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: 1, audit: true, controllers: false });
    const [cluster] = plane.clusters;
    if (cluster === undefined || plane.etcd === undefined) throw new Error("no local cluster");
    agent = new Api({ ...cluster, token: cluster.agentToken });
    recorder = new Recorder({
      target: cluster,
      etcdUrl: plane.etcd.url,
      prefix: `/${cluster.name}`,
      auditLog: cluster.auditLog,
      user: "holdfast",
      namespace,
    });
    const person = new Api(cluster);
    for (const body of [shop, system]) await person.ask("POST", "/api/v1/namespaces", { body });
  });

  afterAll(() => plane?.stop());

  async function apply(object: KubeObject): Promise<void> {
    const query = "fieldManager=holdfast&force=true&fieldValidation=Strict";
    const contentType = "application/apply-patch+yaml";
    const path = `${await agent.pathOf(object)}?${query}`;
    const { status } = await agent.ask("PATCH", path, {
      body: marked("shop", object),
      contentType,
    });
    expect(status).toBeLessThan(300);
  }

  async function track(objects: readonly KubeObject[], commit?: string): Promise<void> {
    const entries = new Map(
      objects.map((object): [string, InventoryEntry] => {
        const ref = refOf(object);
        return [refId(ref), { ref, version: "v1", plural: "", state: "applied", since: "" }];
      }),
    );
    const content = encodeInventory({
      installation: "abcdefghij",
      clusterUid: "cluster",
      app: "shop",
      namespace: "shop",
      onRemove: "hold",
      accepts: [],
      implicit: [],
      entries,
      ...(commit === undefined ? {} : { commit }),
    });
    const body = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: inventoryName("shop"), namespace },
      binaryData: { "inventory.json.gz": Buffer.from(content).toString("base64") },
    };
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const { status } = await agent.ask("PUT", `${path}/${body.metadata.name}`, { body });
    if (status === 404) await agent.ask("POST", path, { body });
  }

  async function remove(object: KubeObject, hasPreconditions: boolean): Promise<void> {
    const live = await agent.get(object);
    const { uid, resourceVersion } = live?.metadata ?? {};
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      ...(hasPreconditions ? { preconditions: { uid, resourceVersion } } : {}),
    };
    const { status } = await agent.ask("DELETE", `${await agent.pathOf(object)}`, { body });
    expect(status).toBe(200);
  }

  const a = configMap("a", { key: "1" });
  const told = new Told();

  async function push(id: string, objects: readonly KubeObject[]): Promise<void> {
    told.declare("shop", objects);
    told.committed(id, await recorder.mark());
  }

  async function judge(): Promise<{ history: History; verdict: string }> {
    const history = await recorder.read(told);
    return { history, verdict: describeViolations(judgeHistory(history)) };
  }

  it("finds nothing wrong with an agent that keeps the rules", async () => {
    await push("r1", [a, ...tenMaps]);
    await track([a, ...tenMaps]);
    for (const object of [a, ...tenMaps]) await apply(object);
    await track([a, ...tenMaps], "r1");
    await push("r2", tenMaps);
    await remove(a, true);
    await track(tenMaps, "r2");
    const { history, verdict } = await judge();
    expect(verdict).toBe("");
    expect(history.requests.filter(({ verb }) => verb === "apply")).toHaveLength(11);
    expect(history.requests.filter(({ verb }) => verb === "delete")).toHaveLength(1);
    expect(history.dryRuns).toHaveLength(10);
  });

  it("finds a hand edit that nobody healed", async () => {
    const [first] = tenMaps;
    const edited = { ...first, data: { key: "by hand" } };
    if (first === undefined) throw new Error("no object");
    await apply({ ...first, ...edited });
    const { verdict } = await judge();
    expect(verdict).toContain("I1");
    expect(verdict).toContain("I4");
    await apply(first);
  });

  it("finds a DELETE without preconditions, of an object that is still declared", async () => {
    const object = tenMaps[1]!;
    await remove(object, false);
    const { verdict } = await judge();
    expect(verdict).toContain("(a) no uid precondition");
    expect(verdict).toContain("(d) shop declares it");
    expect(verdict).toContain("I1");
  });
});
