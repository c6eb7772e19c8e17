import { rm } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inventoryOf } from "../../agent/cluster/inventory.ts";
import type { Inventory } from "../../agent/model/inventory.ts";
import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { testLease } from "../faults/process.ts";
import { haveControlPlane } from "./binaries.ts";
import { type CliAnswer, holdfast } from "./cli.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFiles, configMap, deployment, fleetFiles, objectFiles } from "./documents.ts";
import { Repository } from "./repository.ts";
import { agentNamespace, Site, until } from "./site.ts";

const have = haveControlPlane();
const name = "dev";
const namespace = "shop";
const canaries = ["the first pony", "the second pony"] as const;

/** Where a label of the pods says which; with `disk`, no node takes them. */
function web(version: string, disk?: string): KubeObject {
  const labels = { app: "web" };
  const { spec } = deployment(namespace, "web");
  const containers = [{ name: "web", image: `example.com/web:${version}` }];
  const placed = disk === undefined ? {} : { nodeSelector: { disk } };
  const template = { metadata: { labels }, spec: { containers, ...placed } };
  return { ...deployment(namespace, "web"), spec: { ...(spec as object), template } };
}

function secret(value: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "token", namespace },
    stringData: { token: value },
  };
}

const good = [web("1"), secret(canaries[0]), configMap(namespace, "texts")];
const bad = [web("2", "gold"), secret(canaries[1]), configMap(namespace, "added")];

describe.skipIf(!have.ok)(`rolled back on a real cluster (${have.why})`, () => {
  let plane: ControlPlane;
  let repository: Repository;
  let site: Site;

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: 1 });
    const [cluster] = plane.clusters;
    if (cluster === undefined) throw new Error("no cluster");
    repository = await Repository.create(plane.folder);
    site = new Site({ plane, cluster, name, repository, flags: testLease });
    await site.install();
    const spec = { onFailure: "rollback", health: { timeout: "8s" } };
    await repository.write({ ...fleetFiles([name]), ...appFiles("shop", good, spec) });
    await repository.push("a good shop");
    await site.start();
    await site.untilApp("shop", ({ state }) => state === "Synced", { what: "Synced" });
  });

  afterAll(async () => {
    await site?.stop();
    await repository?.stop();
    await plane?.stop();
  });

  const cli = (...args: readonly string[]): Promise<CliAnswer> =>
    holdfast(repository.folder, [
      ...args,
      ...["--cluster", name, "--kubeconfig", site.cluster.kubeconfig],
      ...["--context", site.cluster.name],
    ]);

  async function imageOf(): Promise<string> {
    const path = "{.spec.template.spec.containers[0].image}";
    return site.kubectl("get", "deploy", "-n", namespace, "web", "-o", `jsonpath=${path}`);
  }

  async function inventory(): Promise<Inventory | undefined> {
    const path = `/api/v1/namespaces/${agentNamespace}/configmaps`;
    const all = await site.api.items(path);
    const found = all.find(({ metadata }) => metadata.name === "holdfast-inventory-shop");
    return found === undefined ? undefined : inventoryOf(found).value;
  }

  async function tokenOf(): Promise<string> {
    const data = (await site.api.get(secret("")))?.["data"];
    const token = isJsonObject(data) ? data["token"] : "";
    return Buffer.from(String(token), "base64").toString();
  }

  const isHeld = ({ all }: { readonly all: Readonly<Record<string, unknown>> }) =>
    JSON.stringify(all["problems"]).includes('"RolledBack"');

  it("O37, KP26: recorded, killed, and applied by the next agent, that has neither Git nor a clone", async () => {
    await repository.write({
      "apps/shop/configmap-texts.yaml": undefined,
      ...objectFiles("shop", bad),
    });
    const commit = await repository.push("a bad shop");
    await until("the bad one is applied", async () => (await imageOf()).endsWith(":2"));
    repository.server.failWith(500);
    await until("recorded", async () => (await inventory())?.rollback !== undefined);
    await site.agent.kill();
    expect((await inventory())?.rollback).toMatchObject({ by: "failure", from: { commit } });
    await rm(join(plane.folder, `agent-${name}`, "store"), { recursive: true });
    await site.start();
    await until("the good one runs", async () => (await imageOf()).endsWith(":1"));
    await until("its Secret is back", async () => (await tokenOf()) === canaries[0]);
    await until("what was added is gone", async () => {
      const added = await site.api.get(configMap(namespace, "added"));
      return (
        added === undefined && (await site.api.get(configMap(namespace, "texts"))) !== undefined
      );
    });
    const { state } = await site.untilApp("shop", isHeld, { what: "RolledBack" });
    expect(state).not.toBe("Synced");
  });

  it("NEG-33: no value of a Secret is in what the agent keeps, packed or not", async () => {
    const secrets = await site.api.items(`/api/v1/namespaces/${agentNamespace}/secrets`);
    const maps = await site.api.items(`/api/v1/namespaces/${agentNamespace}/configmaps`);
    const kept = secrets.filter(({ metadata }) => metadata.name.startsWith("holdfast-kept-shop-"));
    expect(kept.length).toBeGreaterThan(0);
    const texts = [...secrets, ...maps].flatMap(({ data, binaryData }) =>
      [data, binaryData].flatMap((part) => Object.values(isJsonObject(part) ? part : {})),
    );
    for (const text of texts.map(String)) {
      const bytes = Buffer.from(text, "base64");
      const unpacked = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
      for (const canary of canaries) {
        const encoded = Buffer.from(canary).toString("base64");
        expect(unpacked.includes(canary) || unpacked.includes(encoded)).toBe(false);
        expect(text.includes(canary) || text.includes(encoded)).toBe(false);
      }
    }
  });

  it("R-5: stays back when Git answers again, until holdfast sync; and once only (R-4)", async () => {
    repository.server.failWith(undefined);
    const tip = await repository.git("rev-parse", "HEAD");
    await site.untilApp("shop", ({ desired }) => desired === tip, { what: "told of the bad one" });
    const held = await site.untilApp("shop", isHeld, { what: "RolledBack" });
    expect(held.state).not.toBe("Synced");
    expect(await imageOf()).toMatch(/:1$/);
    expect((await cli("sync", "shop", "--yes")).code).toBe(0);
    await until("tried again", async () => (await imageOf()).endsWith(":2"));
    const again = await site.untilApp(
      "shop",
      ({ message }) => message.includes("Not rolled back"),
      {
        what: "said why not again",
      },
    );
    expect(again.message).toContain("rolled back before");
  });

  it("O38, R-9: the next good commit goes out; by hand it goes back to what was healthy before", async () => {
    await repository.write(objectFiles("shop", [web("3")]));
    const commit = await repository.push("a better shop");
    await site.untilApp("shop", ({ live }) => live === commit, { what: "live at the better one" });
    expect((await inventory())?.rollback).toBeUndefined();
    const { code, stdout } = await cli("rollback", "shop", "--now", "--reason", "slow", "--yes");
    expect([code, stdout]).toEqual([0, expect.stringContaining("rolled back")]);
    await until("by hand", async () => (await imageOf()).endsWith(":1"));
    const { message, all } = await site.untilApp("shop", isHeld, { what: "RolledBack" });
    expect(`${message} ${JSON.stringify(all["problems"])}`).toContain("by hand (slow)");
  });
});
