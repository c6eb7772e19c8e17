import { describe, expect, it } from "vitest";
import { configMap, obj, outcomes, sharedBench, until, within } from "../pass/bench.ts";
import { alive, rest } from "./scene.ts";

const status = { kind: "Status", apiVersion: "v1", status: "Failure" };

describe("acceptance KA: what is known of the cluster", () => {
  const bench = sharedBench();
  const refresh = () => bench().ports().refreshDiscovery(AbortSignal.timeout(5_000));

  it("96 Unrelated broken APIService ignored (A-111)", async () => {
    const app = "ka96";
    const service = {
      ...obj("APIService", "v1.broken.example.com", {
        spec: {
          group: "broken.example.com",
          version: "v1",
          groupPriorityMinimum: 100,
          versionPriority: 100,
          service: { name: "nobody", namespace: app },
        },
      }),
      apiVersion: "apiregistration.k8s.io/v1",
    };
    await bench().hand(service, { method: "POST" });
    expect([...(await refresh()).unknownGroups]).toContain("broken.example.com");
    const role = obj("Role", "r", { rules: [] });
    const done = await bench().sync(app, [configMap("a"), role, ...rest]);
    expect(new Set(Object.values(outcomes(done)))).toEqual(new Set(["created"]));
    await bench().sync(app, [configMap("a", { a: "2" }), ...rest]);
    await bench().pass(app);
    expect(await alive(bench(), app, [configMap("a"), role])).toEqual(["a"]);
    expect((await bench().get(within(app, configMap("a"))))?.["data"]).toEqual({ a: "2" });
    // Only what it would serve is unknown: neither applied nor said to be missing.
    const theirs = { ...obj("Gauge", "g"), apiVersion: "broken.example.com/v1" };
    const asked = await bench().sync(app, [theirs, configMap("a", { a: "3" }), ...rest]);
    expect(outcomes(asked)).toMatchObject({ "ConfigMap/a": "configured" });
    expect(outcomes(asked)["Gauge/g"]).not.toBe("created");
    await bench().hand(service, { method: "DELETE" });
    await refresh();
  });
});

describe("acceptance KA: what may be read of the cluster", () => {
  /** Nobody may list the ConfigMaps of the whole cluster. */
  const bench = sharedBench({
    fail: ({ path }) =>
      /^\/api\/v1\/configmaps\?/.test(path)
        ? { code: 403, body: { ...status, reason: "Forbidden", code: 403, message: "no" } }
        : undefined,
  });

  it("97 List forbidden: per namespace (C-8)", async () => {
    const app = "ka97";
    const all = [configMap("here"), within("ka97-also", configMap("there"))];
    bench().declare(app, { objects: [obj("Namespace", "ka97-also"), ...all] });
    await bench().watch();
    await bench().pass(app);
    const { live } = bench().world.cluster;
    for (const [namespace, name] of [
      [app, "here"],
      ["ka97-also", "there"],
    ] as const) {
      const id = `${namespace}_${name}__ConfigMap`;
      await until(() => live.entry(id) !== undefined, `${name} is seen`);
      const before = live.entry(id)?.fingerprint;
      await bench().hand(within(namespace, configMap(name, { a: "theirs" })));
      await until(() => live.entry(id)?.fingerprint !== before, `the edit of ${name} is told`);
    }
    // Nobody asks for a full look: the watches of the two namespaces have told.
    const { pass } = await bench().pass(app);
    expect(pass.drift).toHaveLength(2);
    const healed = await Promise.all(
      [within(app, configMap("here")), within("ka97-also", configMap("there"))].map((one) =>
        bench().get(one),
      ),
    );
    expect(healed.map((one) => one?.["data"])).toEqual([{ a: "1" }, { a: "1" }]);
  });
});
