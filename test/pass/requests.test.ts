import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { configMap, deployment, obj, outcomes, sharedBench, widgets, within } from "./bench.ts";

const bench = sharedBench();
const stays = [configMap("x"), configMap("y"), configMap("z")];

/** What the agent sent since, whole. */
function sent(from: number) {
  return bench()
    .server.requests.slice(from)
    .filter(({ userAgent }) => userAgent !== "hand");
}

describe("what is sent", () => {
  it("A-10: every write names the one manager, and A-26: force takes part only in updates", async () => {
    const app = "manager";
    const from = bench().mark;
    await bench().sync(app, [...stays, deployment("web")]);
    await bench().sync(app, [configMap("x", { a: "2" }), ...stays.slice(1), deployment("web")]);
    const writes = sent(from).filter(({ method }) => method !== "GET" && method !== "DELETE");
    expect(writes.length).toBeGreaterThan(8);
    for (const { path } of writes) expect(path).toContain("fieldManager=holdfast");
    const applies = writes.filter(
      ({ method, path }) => method === "PATCH" && !path.includes("dryRun"),
    );
    const forced = applies.map(({ path }) => path.includes("force=true"));
    expect(forced.filter((is) => is)).toHaveLength(1);
    expect(forced.filter((is) => !is)).toHaveLength(4);
  });

  it("A-5: creates are not dry-run; what is updated is asked for all of a stage before its first write", async () => {
    const app = "stages";
    const first = bench().mark;
    await bench().sync(app, stays);
    expect(sent(first).filter(({ path }) => path.includes("dryRun=All"))).toEqual([]);
    const from = bench().mark;
    await bench().sync(
      app,
      stays.map(({ metadata: { name } }) => configMap(name, { a: "2" })),
    );
    const patches = sent(from).filter(({ method }) => method === "PATCH");
    expect(patches.map(({ path }) => path.includes("dryRun=All"))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it("A-37, P-30: a deletion needs no dry run, and leaves the rest to the garbage collector", async () => {
    const app = "deletes";
    await bench().sync(app, [configMap("a"), ...stays]);
    const { client } = bench().world.cluster;
    const propagations: string[] = [];
    const watching = {
      ...client,
      delete: (...given: Parameters<typeof client.delete>) => {
        propagations.push(given[2].propagation);
        return client.delete(...given);
      },
    };
    const from = bench().mark;
    await bench().sync(app, stays, { client: watching });
    expect(propagations).toEqual(["Background"]);
    const about = sent(from).filter(({ path }) => path.includes("/configmaps/a"));
    expect(
      about.map(({ method, path }) => `${method}${path.includes("dryRun") ? " dry" : ""}`),
    ).toEqual(["GET", "DELETE", "GET"]);
  });

  it("A-51: an ignore rule does not count when the object is created", async () => {
    const app = "ignored";
    const ignore = [{ kind: "ConfigMap", fields: ["/data/a"], managers: [] }];
    const unit = { drift: { mode: "heal", graceMs: 0, ignore } } as const;
    bench().declare(app, { objects: [configMap("x", { a: "declared" })], unit });
    await bench().pass(app);
    const x = within(app, configMap("x"));
    expect((await bench().get(x))?.["data"]).toEqual({ a: "declared" });
    await bench().hand(within(app, configMap("x", { a: "theirs" })));
    await bench().pass(app, { bypassProofs: true });
    expect((await bench().get(x))?.["data"]).toEqual({ a: "theirs" });
  });

  it("A-8: what stays as it is and what is let alone is not worth a word", async () => {
    const app = "quiet";
    const off = { annotations: { "holdfast.dev/reconcile": "disabled" } };
    const all = [...stays, obj("ConfigMap", "off", {}, off)];
    await bench().sync(app, all);
    const from = bench().events.length;
    await bench().pass(app, { bypassProofs: true });
    const told = bench()
      .events.slice(from)
      .filter(({ type }) => type === "change" || type === "drift");
    expect(told).toEqual([]);
  });
});

describe("what is written on objects", () => {
  it("P-4: no revision, time or digest: another commit with the same objects writes nothing", async () => {
    const app = "same";
    bench().declare(app, { objects: stays, changeId: "one" });
    await bench().pass(app);
    bench().declare(app, { objects: stays, changeId: "two" });
    const from = bench().mark;
    await bench().pass(app, { bypassProofs: true });
    expect(
      bench()
        .writesSince(from)
        .filter((one) => one.includes(`/namespaces/${app}/`)),
    ).toEqual([]);
  });

  it("P-1: neither inventory nor label is a permission to delete; the mark is", async () => {
    const app = "mark";
    await bench().sync(app, [configMap("a"), ...stays]);
    const a = within(
      app,
      obj("ConfigMap", "a", {}, { annotations: { "holdfast.dev/owner": null } }),
    );
    await bench().hand(a);
    const labels = (await bench().get(a))?.metadata.labels;
    expect(labels).toHaveProperty("holdfast.dev/installation");
    expect(await bench().tracked(app)).toContain("ConfigMap/a");
    expect(outcomes(await bench().sync(app, stays))).toMatchObject({ "ConfigMap/a": "skipped" });
    expect(await bench().get(a)).toBeDefined();
  });
});

describe("a kind that changes under the agent (A-113)", () => {
  it("a definition that comes back with another scope replaces the mapping", async () => {
    const app = "scope";
    const resource = obj("Widget", "w", { spec: { size: 1 } });
    await bench().sync(app, [widgets, resource]);
    const { client } = bench().world.cluster;
    expect(await bench().get(within(app, resource))).toBeDefined();
    await bench().hand(widgets, { method: "DELETE" });
    const cluster: KubeObject = {
      ...widgets,
      spec: { ...(widgets["spec"] as object), scope: "Cluster" },
    };
    await bench().hand(cluster, { method: "POST" });
    const at = { group: "example.com", version: "v1", kind: "Widget", namespace: "", name: "w" };
    const signal = AbortSignal.timeout(5_000);
    expect(await client.get(at, signal)).toBeUndefined();
    const made = await client.apply({ ...resource, spec: { size: 2 } }, undefined, signal);
    expect(made).toMatchObject({ created: true, object: { metadata: { name: "w" } } });
    expect(made.object.metadata).not.toHaveProperty("namespace");
  });
});
