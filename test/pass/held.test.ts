import { describe, expect, it } from "vitest";
import { ApiError } from "../../agent/cluster/errors.ts";
import { createInventoryStore } from "../../agent/cluster/inventory.ts";
import { installationLabel, ownerAnnotation, ownerMark } from "../../agent/model/names.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { planDigest } from "../../agent/plan/guard.ts";
import { testHasher } from "../doubles/ports.ts";
import { configMap, never, obj, outcomes, sharedBench, within } from "./bench.ts";

const bench = sharedBench();
const maps = (count: number): KubeObject[] =>
  Array.from({ length: count }, (_none, index) => configMap(`c${index}`));

/** Objects of the app's namespace that were read one by one. */
function reads(app: string, from: number): readonly string[] {
  return bench()
    .requestsSince(from)
    .filter((one) => one.startsWith("GET") && one.includes(`/namespaces/${app}/`));
}

describe("P-53: a held set", () => {
  it("is told and kept, and read again only when something of it moved", async () => {
    const app = "held";
    await bench().sync(app, maps(8));
    await bench().watch();
    const first = await bench().sync(app, maps(8).slice(6));
    expect(first.pass.held).toMatchObject({ reason: "PruneGuard" });
    await bench().pass(app);
    const from = bench().mark;
    const again = await bench().pass(app);
    expect(again.pass.held).toEqual(first.pass.held);
    expect(reads(app, from)).toEqual([]);
    await bench().pass(app, { bypassProofs: true });
    expect(reads(app, from).length).toBeGreaterThanOrEqual(6);
  });

  it("is judged anew when one of its objects goes, or another commit comes", async () => {
    const app = "moved";
    await bench().sync(app, maps(8));
    await bench().watch();
    const first = await bench().sync(app, maps(8).slice(6));
    await bench().pass(app);
    await bench().hand(within(app, configMap("c0")), { method: "DELETE" });
    const id = `${app}_c0__ConfigMap`;
    const { live } = bench().world.cluster;
    for (let tries = 0; live.entry(id) !== undefined && tries < 200; tries += 1) {
      await new Promise((done) => setTimeout(done, 10));
    }
    const after = await bench().pass(app);
    expect(after.pass.held?.deletions).toHaveLength(5);
    expect(after.pass.held?.plan).not.toBe(first.pass.held?.plan);
    const other = await bench().sync(app, maps(8).slice(5));
    expect(other.pass.held?.deletions).toHaveLength(4);
  });
});

describe("P-52 over P-16: an accept does not wait for health", () => {
  const stays = maps(5);

  it("of exactly this set: it goes while what is new is not healthy yet", async () => {
    const app = "early";
    await bench().sync(app, [configMap("old"), ...stays]);
    const never = obj("Service", "new", { spec: { type: "LoadBalancer", ports: [{ port: 80 }] } });
    bench().declare(app, { objects: [never, ...stays] });
    const waits = await bench().pass(app);
    expect(outcomes(waits)).not.toHaveProperty("ConfigMap/old");
    const ref = { group: "", kind: "ConfigMap", namespace: app, name: "old" };
    const plan = planDigest([ref], testHasher);
    const other = async () => [{ by: "plan", key: "k0", plan: "0".repeat(12) } as const];
    expect(outcomes(await bench().pass(app, { accepts: other }))).not.toHaveProperty(
      "ConfigMap/old",
    );
    const accepts = async () => [{ by: "plan", key: "k1", plan } as const];
    expect(outcomes(await bench().pass(app, { accepts }))).toMatchObject({
      "ConfigMap/old": "deleted",
    });
    expect((await bench().inventory(app))?.accepts).toEqual(["k1"]);
  });

  it("never over a failure (P-42)", async () => {
    const app = "failed";
    await bench().sync(app, [configMap("old"), ...stays]);
    const bad = obj("Deployment", "bad", { spec: {} });
    const ref = { group: "", kind: "ConfigMap", namespace: app, name: "old" };
    const accepts = async () => [
      { by: "plan", key: "k1", plan: planDigest([ref], testHasher) } as const,
    ];
    const done = await bench().sync(app, [bad, ...stays], { accepts });
    expect(outcomes(done)).toMatchObject({ "Deployment/bad": "failed" });
    expect(outcomes(done)).not.toHaveProperty("ConfigMap/old");
  });
});

describe("P-60: marks of another installation", () => {
  const stranger = "zzzzzzzzzz";

  async function theirs(app: string, name: string): Promise<KubeObject> {
    const ref = { group: "", kind: "ConfigMap", namespace: app, name };
    const marked = obj(
      "ConfigMap",
      name,
      { data: { a: "theirs", b: "2" } },
      {
        annotations: { [ownerAnnotation]: ownerMark(stranger, app, ref) },
        labels: { [installationLabel]: stranger },
      },
    );
    await bench().hand(within(app, marked), { method: "POST", manager: "kubectl-create" });
    return marked;
  }

  it("that keeps no inventory here (a restored backup) bind nobody: adopted, undeclared fields stay (P-61)", async () => {
    const app = "abandoned";
    await bench().hand(obj("Namespace", app), { method: "POST" });
    await theirs(app, "a");
    const done = await bench().sync(app, [configMap("a")]);
    expect(outcomes(done)).toEqual({ "ConfigMap/a": "adopted" });
    const live = await bench().get(within(app, configMap("a")));
    expect(live?.["data"]).toEqual({ a: "1", b: "2" });
    expect(live?.metadata.labels?.[installationLabel]).toBe(bench().world.cluster.installation.id);
  });

  it("that keeps one, or where we may not look: held", async () => {
    const app = "kept";
    await bench().hand(obj("Namespace", "other-agent"), { method: "POST" });
    await bench().hand(obj("Namespace", app), { method: "POST" });
    await theirs(app, "a");
    const { client } = bench().world.cluster;
    const blind = {
      ...client,
      list: (...given: Parameters<typeof client.list>) => {
        if (given[0].kind === "ConfigMap" && given[0].namespace === undefined) throw denied();
        return client.list(...given);
      },
    };
    expect(outcomes(await bench().sync(app, [configMap("a")], { client: blind }))).toEqual({
      "ConfigMap/a": "held",
    });
    const store = createInventoryStore({ client, namespace: "other-agent" });
    const foreign = { installation: stranger, clusterUid: "x", app: "theirs", namespace: app };
    const rest = { onRemove: "hold", accepts: [], implicit: [], entries: new Map() } as const;
    await store.write({ ...foreign, ...rest }, undefined, never);
    expect(outcomes(await bench().pass(app))).toEqual({ "ConfigMap/a": "held" });
    expect((await bench().get(within(app, configMap("a"))))?.["data"]).toEqual({
      a: "theirs",
      b: "2",
    });
  });
});

function denied(): ApiError {
  const causes: readonly never[] = [];
  const failure = { status: 403, reason: "Forbidden", message: "no", causes, indeterminate: false };
  return new ApiError(failure);
}
