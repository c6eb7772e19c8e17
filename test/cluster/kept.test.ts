import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectTo } from "../../agent/cluster/connection.ts";
import { createKeptStore, type KeptStore } from "../../agent/cluster/kept.ts";
import { createKubernetesClient } from "../../agent/cluster/kubernetes.ts";
import { createSealer } from "../../agent/cluster/seal.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { type SandboxCluster, startApiServer } from "../../cli/sandbox/kubernetes/server.ts";
import { realClock, realRandom } from "../doubles/ports.ts";

const never = new AbortController().signal;
const day = 24 * 3_600_000;
const namespace = "default";
const installKey = new Uint8Array(32).fill(7);
let server: SandboxCluster;
let nowMs = Date.UTC(2026, 10, 21);

beforeAll(async () => {
  server = await startApiServer();
});
afterAll(() => server.stop());

function clientOf() {
  const connection = connectTo(server);
  return createKubernetesClient({ connection, clock: realClock, random: realRandom });
}

function storeOf(key = installKey): KeptStore {
  const sealer = createSealer(key);
  return createKeptStore({ client: clientOf(), namespace, clock: { now: () => nowMs }, sealer });
}

const map = (name: string, value: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "shop", uid: `uid-${name}`, managedFields: [{ manager: "x" }] },
  data: { a: value },
});
const canary = "correct-horse-battery-staple";
const secret: KubeObject = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: {
    name: "s",
    namespace: "shop",
    annotations: { "kubectl.kubernetes.io/last-applied-configuration": canary },
  },
  data: { password: Buffer.from(canary).toString("base64") },
};

async function stored(app: string): Promise<readonly KubeObject[]> {
  const found: KubeObject[] = [];
  const selection = {
    group: "",
    kind: "Secret",
    namespace,
    labelSelector: `holdfast.dev/kept=${app}`,
  };
  for await (const { items } of clientOf().list(selection, never)) found.push(...items);
  return found;
}

function values(records: Awaited<ReturnType<KeptStore["list"]>>) {
  return records.map(({ commit, objects }) => [
    commit,
    objects.map(({ ref, object }) => `${ref.name}=${JSON.stringify(object?.["data"])}`),
  ]);
}

describe("copies of what was deleted (P-83, P-84)", () => {
  it("are kept by commit: what the same commit drops later joins, the newer copy counts", async () => {
    const store = storeOf();
    await store.keep({ app: "shop", commit: "c1", objects: [map("a", "1"), map("b", "1")] }, never);
    nowMs += 1000;
    await store.keep({ app: "shop", commit: "c1", objects: [map("b", "2")] }, never);
    await store.keep({ app: "shop", commit: "c2", objects: [map("c", "1")] }, never);
    expect(values(await store.list("shop", never))).toEqual([
      ["c2", ['c={"a":"1"}']],
      ["c1", ['a={"a":"1"}', 'b={"a":"2"}']],
    ]);
    expect((await stored("shop")).map(({ metadata }) => metadata.name).sort()).toEqual([
      "holdfast-kept-shop-0",
      "holdfast-kept-shop-1",
    ]);
  });

  it("write nothing when the copy is there already", async () => {
    const store = storeOf();
    const dropped = { app: "again", commit: "c1", objects: [map("a", "1")] };
    await store.keep(dropped, never);
    const [before] = await stored("again");
    await store.keep(dropped, never);
    const [after] = await stored("again");
    expect(after?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion);
  });

  it("of another app are not its own, however alike the names", async () => {
    const store = storeOf();
    await store.keep({ app: "web", commit: "c1", objects: [map("a", "1")] }, never);
    await store.keep({ app: "web-1", commit: "c1", objects: [map("b", "1")] }, never);
    expect((await store.list("web", never)).flatMap(({ objects }) => objects)).toHaveLength(1);
  });

  it("§12: are ten for each app, the oldest gives way, and thirty days old", async () => {
    const store = storeOf();
    for (let at = 0; at < 12; at += 1) {
      nowMs += 1000;
      await store.keep({ app: "many", commit: `c${at}`, objects: [map("a", `${at}`)] }, never);
    }
    const commits = async () => (await store.list("many", never)).map(({ commit }) => commit);
    expect(await commits()).toEqual(["c11", "c10", "c9", "c8", "c7", "c6", "c5", "c4", "c3", "c2"]);
    nowMs += 30 * day - 5500;
    await store.expire(never);
    expect(await commits()).toEqual(["c11", "c10", "c9", "c8", "c7", "c6"]);
  });

  it("NEG-33: of a Secret nothing but its name is in clear, anywhere", async () => {
    const store = storeOf();
    await store.keep({ app: "secret", commit: "c1", objects: [secret] }, never);
    const { gunzipSync } = await import("node:zlib");
    const [object] = await stored("secret");
    const data = object?.["data"] as Readonly<Record<string, string>>;
    const text = gunzipSync(Buffer.from(data["kept.json.gz"] ?? "", "base64")).toString();
    expect(text).toContain("shop_s__Secret");
    for (const form of [canary, Buffer.from(canary).toString("base64")]) {
      expect(text).not.toContain(form);
      expect(JSON.stringify(object)).not.toContain(form);
    }
    const [record] = await store.list("secret", never);
    const [kept] = record?.objects ?? [];
    expect(kept && store.open(kept)).toEqual(secret);
    expect(kept && storeOf(new Uint8Array(32)).open(kept)).toBeUndefined();
  });

  it("cannot stand for another object: the sealed text is bound to its name", () => {
    const sealer = createSealer(installKey);
    const sealed = sealer.seal("x", "shop_s__Secret");
    expect(sealer.open(sealed, "shop_s__Secret")).toBe("x");
    expect(sealer.open(sealed, "shop_other__Secret")).toBeUndefined();
    expect(sealer.open("", "shop_s__Secret")).toBeUndefined();
  });

  it("are spread over several records when one cannot hold them", async () => {
    const store = storeOf();
    const large = (name: string) => map(name, randomBytes(500_000).toString("base64"));
    const objects = ["a", "b", "c"].map(large);
    await store.keep({ app: "large", commit: "c1", objects }, never);
    const records = await store.list("large", never);
    expect(records.flatMap((one) => one.objects.map(({ ref }) => ref.name)).sort()).toEqual([
      "a",
      "b",
      "c",
    ]);
    expect(records.length).toBeGreaterThan(1);
  });

  it("that no record can hold are refused; of a Secret the values are left out", async () => {
    const store = storeOf();
    const text = randomBytes(1_000_000).toString("base64");
    const huge = { ...map("huge", text) };
    await expect(store.keep({ app: "huge", commit: "c1", objects: [huge] }, never)).rejects.toThrow(
      /ConfigMap shop\/huge is too large/,
    );
    await store.keep(
      { app: "huge", commit: "c1", objects: [{ ...secret, data: { a: text } }] },
      never,
    );
    const [record] = await store.list("huge", never);
    const [kept] = record?.objects ?? [];
    expect(kept?.ref.name).toBe("s");
    expect(kept && store.open(kept)).toBeUndefined();
  });
});
