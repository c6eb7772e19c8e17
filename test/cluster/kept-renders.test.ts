import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectTo } from "../../agent/cluster/connection.ts";
import { createRenderStore, type RenderStore } from "../../agent/cluster/kept-renders.ts";
import { createKubernetesClient } from "../../agent/cluster/kubernetes.ts";
import { createSealer } from "../../agent/cluster/seal.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { type SandboxCluster, startApiServer } from "../../cli/sandbox/kubernetes/server.ts";
import { realClock, realRandom } from "../doubles/ports.ts";

const never = new AbortController().signal;
const namespace = "default";
let server: SandboxCluster;

beforeAll(async () => {
  server = await startApiServer();
});
afterAll(() => server.stop());

function clientOf() {
  const connection = connectTo(server);
  return createKubernetesClient({ connection, clock: realClock, random: realRandom });
}

function storeOf(key = 7): RenderStore {
  const sealer = createSealer(new Uint8Array(32).fill(key));
  return createRenderStore({ client: clientOf(), namespace, clock: realClock, sealer });
}

async function stored(app: string): Promise<readonly KubeObject[]> {
  const found: KubeObject[] = [];
  const labelSelector = `holdfast.dev/kept-render=${app}`;
  const selection = { group: "", kind: "Secret", namespace, labelSelector };
  for await (const { items } of clientOf().list(selection, never)) found.push(...items);
  return found;
}

const digestOf = (text: string) => text.padEnd(64, "0");
const kept = (app: string, digest: string, text = `the render ${digest}`) => ({
  app,
  digest: digestOf(digest),
  text,
});

describe("kept renders (R-3)", () => {
  it("come back as they were, found by their content; the same one is written once", async () => {
    const store = storeOf();
    await store.keep(kept("one", "a"), never);
    await store.keep(kept("one", "b"), never);
    const before = await stored("one");
    await store.keep(kept("one", "a"), never);
    expect(await stored("one")).toEqual(before);
    expect(await store.read({ app: "one", digest: digestOf("a") }, never)).toBe("the render a");
    expect(await store.read({ app: "one", digest: digestOf("c") }, never)).toBeUndefined();
    expect(await store.read({ app: "two", digest: digestOf("a") }, never)).toBeUndefined();
  });

  it("larger than a Secret is several; without one of them there is none", async () => {
    const store = storeOf();
    const text = randomBytes(1_500_000).toString("base64");
    await store.keep(kept("large", "a", text), never);
    const parts = await stored("large");
    expect(parts.length).toBeGreaterThan(1);
    expect(await store.read({ app: "large", digest: digestOf("a") }, never)).toBe(text);
    const { uid = "", resourceVersion = "", name } = parts[1]?.metadata ?? { name: "" };
    const at = { group: "", version: "v1", kind: "Secret", namespace, name };
    const over = { uid, resourceVersion };
    await clientOf().delete(at, over, { propagation: "Background" }, never);
    expect(await store.read({ app: "large", digest: digestOf("a") }, never)).toBeUndefined();
    await store.keep(kept("large", "a", text), never);
    expect(await store.read({ app: "large", digest: digestOf("a") }, never)).toBe(text);
  });

  it("too large for eight Secrets is not kept", async () => {
    const text = randomBytes(8_000_000).toString("base64");
    await expect(storeOf().keep(kept("huge", "a", text), never)).rejects.toMatchObject({
      reason: "InventoryTooLarge",
    });
    expect(await stored("huge")).toEqual([]);
  });

  it("are nobody's without the install key, nor under another app's name", async () => {
    await storeOf().keep(kept("key", "a"), never);
    expect(await storeOf(8).read({ app: "key", digest: digestOf("a") }, never)).toBeUndefined();
    const [own] = await stored("key");
    if (own === undefined) throw new Error("nothing is kept");
    const name = "holdfast-kept-thief-a00000000000-r0";
    const labels = { "holdfast.dev/kept-render": "thief" };
    const { annotations = {} } = own.metadata;
    await clientOf().create(
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name, namespace, labels, annotations },
        data: own["data"],
        type: own["type"],
      },
      never,
    );
    expect(await storeOf().read({ app: "thief", digest: digestOf("a") }, never)).toBeUndefined();
  });

  it("go when they are not among those to be kept", async () => {
    const store = storeOf();
    for (const digest of ["a", "b", "c"]) await store.keep(kept("going", digest), never);
    await store.retain("going", [digestOf("c")], never);
    expect(await stored("going")).toHaveLength(1);
    await store.retain("going", [], never);
    expect(await stored("going")).toEqual([]);
  });
});
