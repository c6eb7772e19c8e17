import { describe, expect, it } from "vitest";
import { fly } from "../../agent/flight/fly.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import type { Unit } from "../../agent/model/unit.ts";
import { tellAgain } from "../../agent/requests/requests.ts";
import { createSlot } from "../../agent/slot.ts";
import { configMap, deployment, never, obj, sharedBench, until } from "../pass/bench.ts";
import { makeReady } from "../pass/order-cases.ts";
import { alive, deletesSince, makeNamespace, rest } from "./scene.ts";

const accounts = { exist: true };

/** Nobody makes anything ready but the test; an account that is gone may do nothing. */
const bench = sharedBench({
  readyAfterMs: "never",
  fail: ({ user }) => {
    if (user === "admin" || accounts.exist) return undefined;
    const message = `User "${user}" cannot do that`;
    const status = { status: "Failure", code: 403, reason: "Forbidden", message };
    return { code: 403, body: { kind: "Status", apiVersion: "v1", ...status } };
  },
});

function declare(app: string, objects: readonly KubeObject[], unit: Partial<Unit> = {}) {
  bench().slot(app).unit = { ...bench().declare(app, { objects, unit }).unit };
}

async function flown(app: string) {
  const slot = bench().slot(app);
  slot.commit = slot.manifests?.commit;
  await fly(bench().world, app, never);
  return slot.status;
}

describe("acceptance KC: flights", () => {
  it("64 Removal not blocked by a failing dependency (O-30)", async () => {
    const app = "kc64";
    declare("kc64-base", [deployment("db")]);
    await flown("kc64-base");
    await makeReady(bench(), "kc64-base", "db");
    await flown("kc64-base");
    declare(app, [configMap("c"), ...rest], { dependsOn: ["kc64-base"] });
    await flown(app);
    expect(await alive(bench(), app, [configMap("c")])).toEqual(["c"]);
    bench().slot("kc64-base").problems = [{ reason: "RenderFailed", message: "broken" }];
    await flown("kc64-base");
    bench().slot(app).removal = { how: "delete", reason: "AppRemoved", why: "its file is gone" };
    for (const _pass of [1, 2, 3]) await flown(app);
    expect(await alive(bench(), app, [configMap("c"), ...rest])).toEqual([]);
    expect(await bench().inventory(app)).toBeUndefined();
  });

  it("65 App object deleted by hand: rewritten; service account gone: nothing deleted (P-70, C-9)", async () => {
    const app = "kc65";
    declare(app, rest);
    await flown(app);
    const object = {
      ...obj("App", app, {}, { namespace: "holdfast-system" }),
      apiVersion: "holdfast.dev/v1alpha1",
    };
    const read = () => bench().world.cluster.client.get(refOfApp(app), never);
    expect(await read()).toBeDefined();
    await bench().ports().refreshDiscovery(never);
    const { apps } = bench().world.cluster;
    const following = new AbortController();
    const gone: string[] = [];
    const deleted = (name: string) => {
      gone.push(name);
      tellAgain(bench().world, name);
    };
    const followed = apps.follow({ changed: () => undefined, deleted }, following.signal);
    await until(
      () => bench().server.requests.some(({ path }) => /\/apps\?.*watch=/.test(path)),
      "the watch of App objects",
    );
    const from = bench().mark;
    await bench().hand(object, { method: "DELETE" });
    await until(() => gone.includes(app), "news of the deletion");
    following.abort();
    await followed;
    await flown(app);
    expect((await read())?.["status"]).toMatchObject({ state: "Synced" });
    expect(deletesSince(bench(), from)).toEqual([]);
    expect(await alive(bench(), app, rest)).toHaveLength(rest.length);

    const own = "kc65-account";
    await makeNamespace(bench(), own);
    const unit = { serviceAccount: "deployer" };
    declare(own, [configMap("a"), ...rest], unit);
    const start = bench().mark;
    await flown(own);
    const users = bench()
      .server.requests.slice(start)
      .filter(({ path }) => path.includes(`/namespaces/${own}/configmaps`))
      .map(({ user }) => user);
    expect(new Set(users)).toEqual(new Set([`system:serviceaccount:${own}:deployer`]));
    // The account is gone: neither dropping an object nor removing the app deletes anything with the agent's rights.
    accounts.exist = false;
    declare(own, rest, unit);
    await flown(own);
    bench().world.slots.set(own, {
      ...createSlot(own),
      inventory: await bench().inventory(own),
      commit: bench().slot(own).commit,
      removal: { how: "delete", reason: "AppRemoved", why: "its file is gone" },
    });
    await fly(bench().world, own, never);
    expect(await alive(bench(), own, [configMap("a"), ...rest])).toHaveLength(rest.length + 1);
    accounts.exist = true;
    for (const _pass of [1, 2, 3]) await fly(bench().world, own, never);
    expect(await alive(bench(), own, [configMap("a"), ...rest])).toEqual([]);
  });
});

function refOfApp(name: string) {
  return {
    group: "holdfast.dev",
    version: "v1alpha1",
    kind: "App",
    namespace: "holdfast-system",
    name,
  };
}
