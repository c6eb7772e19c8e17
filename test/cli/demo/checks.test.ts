import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../agent/model/json.ts";
import type { DemoApi } from "../../../cli/demo/api.ts";
import { appSays, hasValue, runsImage, sameObjects, uidsOf } from "../../../cli/demo/checks.ts";
import { all, eventually, missing, saw } from "../../../cli/demo/expect.ts";
import { namedDrift } from "../../../cli/demo/named-drift.ts";
import { appPath, eventsPath, paths } from "../../../cli/demo/paths.ts";
import { createManualClock } from "../../doubles/ports.ts";

function apiWith(objects: Readonly<Record<string, JsonObject>>): DemoApi {
  return {
    get: async (path) => objects[path],
    patch: async () => {
      throw new Error("a check writes nothing");
    },
  };
}

function deployment(image: string, status: JsonObject): JsonObject {
  return {
    metadata: { uid: "u1", generation: 2 },
    spec: { replicas: 2, template: { spec: { containers: [{ image }] } } },
    status: { observedGeneration: 2, replicas: 2, updatedReplicas: 2, readyReplicas: 2, ...status },
  };
}

describe("what the demo claims", () => {
  const path = paths.web.deployment;

  it.each([
    ["another image", deployment("web:1", {})],
    ["a replica that is not ready", deployment("web:2", { readyReplicas: 1 })],
    ["an old replica left", deployment("web:2", { replicas: 3 })],
    ["a status of the version before", deployment("web:2", { observedGeneration: 1 })],
  ])("is not seen with %s", async (_what, object) => {
    expect((await runsImage(apiWith({ [path]: object }), path, "web:2")).ok).toBe(false);
    expect((await runsImage(apiWith({ [path]: deployment("web:2", {}) }), path, "web:2")).ok).toBe(
      true,
    );
  });

  it("is not seen where nothing is", async () => {
    expect((await runsImage(apiWith({}), path, "web:2")).ok).toBe(false);
    expect((await hasValue(apiWith({}), path, { keys: ["a"], value: "x" })).ok).toBe(false);
  });

  it("of a state is the state and the reason", async () => {
    const api = apiWith({ [appPath("shop")]: { status: { state: "Held", reason: "AppRemoved" } } });
    expect((await appSays(api, "shop", { state: "Held", reason: "AppRemoved" })).ok).toBe(true);
    expect((await appSays(api, "shop", { state: "Synced" })).ok).toBe(false);
    expect((await appSays(api, "shop", { state: "Held", reason: "PruneGuard" })).ok).toBe(false);
  });

  it("of objects that stayed is their UID", async () => {
    const at = (uid: string) =>
      Object.fromEntries(Object.values(paths.shop).map((one) => [one, { metadata: { uid } }]));
    const before = await uidsOf(apiWith(at("one")), "shop");
    expect((await sameObjects(apiWith(at("one")), "shop", before)).ok).toBe(true);
    expect((await sameObjects(apiWith(at("two")), "shop", before)).ok).toBe(false);
    expect((await sameObjects(apiWith({}), "shop", before)).ok).toBe(false);
    const nothing = await uidsOf(apiWith({}), "shop");
    expect((await sameObjects(apiWith({}), "shop", nothing)).ok).toBe(false);
  });

  it("of drift is field and manager, in the status or an Event", async () => {
    const drift = { field: "greeting", manager: "kubectl-edit" };
    const entry = {
      ref: { kind: "ConfigMap", name: "web" },
      fields: [{ path: "data.greeting", manager: "kubectl-edit" }],
    };
    const told = apiWith({ [appPath("web")]: { status: { drift: [entry] } } });
    expect((await namedDrift(told, drift)).ok).toBe(true);
    const event = apiWith({
      [eventsPath]: { items: [{ message: "healed data.greeting, set by kubectl-edit" }] },
    });
    expect((await namedDrift(event, drift)).ok).toBe(true);
    expect((await namedDrift(event, { ...drift, manager: "helm" })).ok).toBe(false);
    expect((await namedDrift(apiWith({}), drift)).ok).toBe(false);
  });
});

describe("waiting", () => {
  it("looks again until it is seen", async () => {
    const clock = createManualClock();
    let looks = 0;
    const check = async () => (++looks < 3 ? missing("not yet") : saw("there"));
    const seen = eventually(clock, { check, withinMs: 1000 }, new AbortController().signal);
    await clock.advance(500);
    expect(await seen).toEqual(saw("there"));
  });

  it("gives up with what is missing", async () => {
    const clock = createManualClock();
    const check = async () => missing("the replica");
    const seen = eventually(clock, { check, withinMs: 1000 }, new AbortController().signal);
    await clock.advance(2000);
    expect(await seen).toEqual(missing("the replica"));
  });

  it("for all names everything that is missing", async () => {
    const seen = await all([
      async () => saw("a"),
      async () => missing("b"),
      async () => missing("c"),
    ]);
    expect(seen).toEqual(missing("b; c"));
  });
});
