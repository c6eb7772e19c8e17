import { describe, expect, it } from "vitest";
import type { ClusterClient } from "../../agent/cluster/client.ts";
import { removedUnit } from "../../agent/follow/removed-unit.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import {
  configMap,
  deployment,
  obj,
  outcomes,
  sharedBench,
  until,
  widgets,
  within,
} from "../pass/bench.ts";
import { annotated, dependsOn, failures } from "../pass/order-cases.ts";
import { accepting, alive, deletesSince, refusal, rest, uidOf } from "./scene.ts";

const bench = sharedBench();

const needs = (object: KubeObject, ...refs: readonly string[]): KubeObject =>
  annotated(object, { [dependsOn]: refs.join(",") });

/** Passes until nothing changes any more. */
async function settle(app: string) {
  await until(async () => {
    const done = Object.values(outcomes(await bench().pass(app)));
    return done.every((outcome) => outcome === "unchanged" || outcome === "failed");
  }, `${app} settles`);
}

/** Verb and name of what was written to objects of the app, in order. */
function written(app: string, from: number): readonly string[] {
  return bench()
    .writesSince(from)
    .filter((one) => one.includes(`/namespaces/${app}/`))
    .map((one) => `${one.split(" ")[0]} ${one.split("/").at(-1)}`);
}

describe("acceptance KA: one change", () => {
  it("92 Optional edges make no cycle, hard cycles named (O-22, O-25)", async () => {
    const app = "ka92";
    // By kind a ConfigMap precedes a Deployment, and its deletion follows; what is said outright turns that round.
    const late = needs(configMap("late"), `apps/namespaces/${app}/Deployment/web`);
    const from = bench().mark;
    bench().declare(app, { objects: [late, deployment("web"), ...rest] });
    await settle(app);
    const made = written(app, from).filter((one) => /late|web/.test(one));
    expect(made).toEqual(["PATCH web", "PATCH late"]);
    const held = await bench().sync(app, rest);
    await bench().pass(app, { accepts: accepting(held) });
    await bench().pass(app);
    expect(deletesSince(bench(), from)).toEqual(["late", "web"]);

    const ring = (name: string, next: string) =>
      needs(configMap(name), `/namespaces/${app}/ConfigMap/${next}`);
    const circle = [ring("a", "b"), ring("b", "c"), ring("c", "a")];
    const done = await bench().sync(app, [...circle, configMap("outside"), ...rest]);
    expect(outcomes(done)).toMatchObject({
      "ConfigMap/a": "failed",
      "ConfigMap/b": "failed",
      "ConfigMap/c": "failed",
      "ConfigMap/outside": "created",
    });
    for (const failure of failures(done)) {
      for (const name of ["a", "b", "c"]) expect(failure).toContain(`${app}/${name}`);
    }
    expect(await alive(bench(), app, circle)).toEqual([]);
  });

  it("93 Raced write re-planned, never blind (A-14)", async () => {
    const app = "ka93";
    await bench().sync(app, [configMap("web"), configMap("off")]);
    const { client } = bench().world.cluster;
    const off = { annotations: { "holdfast.dev/reconcile": "disabled" } };
    const raced = new Set<string>();
    const racing: ClusterClient = {
      ...client,
      apply: async (object, ...more) => {
        const { name } = object.metadata;
        const isFirst = !raced.has(name);
        raced.add(name);
        if (isFirst && name === "web")
          await bench().hand(within(app, configMap("web", { theirs: "1" })));
        if (isFirst && name === "off")
          await bench().hand(within(app, obj("ConfigMap", "off", {}, off)));
        return client.apply(object, ...more);
      },
    };
    const from = bench().mark;
    const next = [configMap("web", { a: "2" }), configMap("off", { a: "2" })];
    const done = await bench().sync(app, next, { client: racing });
    expect(outcomes(done)).toEqual({ "ConfigMap/web": "configured", "ConfigMap/off": "skipped" });
    const about = bench()
      .requestsSince(from)
      .filter((one) => one.includes(`/namespaces/${app}/configmaps/web`))
      .map((one) => one.replace(/ \/.*\/web/, ""));
    // Planned, refused, read, planned once more, written.
    expect(about.slice(-5)).toEqual(["PATCH dry-run", "PATCH", "GET", "PATCH dry-run", "PATCH"]);
    expect((await bench().get(within(app, next[0] as KubeObject)))?.["data"]).toEqual({
      a: "2",
      theirs: "1",
    });
    // What the race was about is read, too: this one is not ours to change any more.
    expect((await bench().get(within(app, next[1] as KubeObject)))?.["data"]).toEqual({ a: "1" });
  });

  it("94 No fallback to replace: the error stands (A-60, A-61)", async () => {
    const app = "ka94";
    const job = (image: string) => {
      const spec = { restartPolicy: "Never", containers: [{ name: "c", image }] };
      return obj("Job", "j", { spec: { template: { spec } } });
    };
    await bench().sync(app, [job("one"), configMap("c"), ...rest]);
    const uid = await uidOf(bench(), app, job("one"));
    const from = bench().mark;
    const done = await bench().sync(app, [job("two"), configMap("c", { a: "2" }), ...rest]);
    expect(outcomes(done)).toMatchObject({ "Job/j": "failed", "ConfigMap/c": "configured" });
    expect(failures(done)).toEqual([expect.stringMatching(/^ImmutableField: .*spec\.template/)]);
    expect(failures(await bench().pass(app))).toEqual(failures(done));
    expect(written(app, from)).toEqual(["PATCH c"]);
    // Nor when a policy refuses, or the server cannot.
    const { client } = bench().world.cluster;
    for (const [status, message] of [
      [403, 'admission webhook "p" denied the request: no'],
      [422, "spec.template: Invalid value"],
    ] as const) {
      const refusing: ClusterClient = {
        ...client,
        dryRun: async () => Promise.reject(refusal(status, message)),
      };
      const objects = [job("one"), configMap("c", { a: `${status}` }), ...rest];
      const refused = await bench().sync(app, objects, { client: refusing });
      expect(outcomes(refused)).toMatchObject({ "ConfigMap/c": "failed" });
    }
    expect(written(app, from)).toEqual(["PATCH c"]);
    expect(await uidOf(bench(), app, job("one"))).toBe(uid);
  });

  it("95 Members of a deleted namespace; orphan (O-25, P-72)", async () => {
    const app = "ka95";
    const space = obj("Namespace", "ka95-team");
    const inside = [within("ka95-team", configMap("a")), within("ka95-team", configMap("b"))];
    await bench().sync(app, [space, ...inside, ...rest]);
    const from = bench().mark;
    const held = await bench().sync(app, rest);
    expect(held.pass.held).toMatchObject({ reason: "ProtectedKind" });
    expect(deletesSince(bench(), from)).toEqual([]);
    await bench().pass(app, { accepts: accepting(held) });
    await until(async () => {
      await bench().pass(app);
      return (await bench().tracked(app)).length === rest.length;
    }, "all forgotten");
    // Each was saved and deleted by itself before the namespace took all the rest along.
    expect(deletesSince(bench(), from)).toEqual(["b", "a", "ka95-team"]);
    expect(await bench().get(space)).toBeUndefined();

    // A person took it, and all that was in it: what Git drops then is gone already, and no error.
    await bench().sync(app, [space, ...inside, ...rest]);
    for (const object of [...inside, space]) await bench().hand(object, { method: "DELETE" });
    const again = bench().mark;
    const dropped = await bench().sync(app, rest);
    const accept = { accepts: accepting(dropped) };
    expect(failures(await bench().pass(app, accept))).toEqual([]);
    await bench().pass(app);
    expect(await bench().tracked(app)).toHaveLength(rest.length);
    expect(deletesSince(bench(), again)).toEqual([]);

    // An app that is let go leaves everything as it is, without marks, its namespace too.
    const other = "ka95-orphan";
    const all = [obj("Namespace", "ka95-left"), within("ka95-left", configMap("a"))];
    await bench().sync(other, all);
    const slot = bench().slot(other);
    const removal = { how: "orphan", reason: "AppRemoved", why: "its app file is gone" } as const;
    slot.removal = removal;
    const manifests = removedUnit(bench().world, { ...slot, commit: slot.manifests?.commit });
    if (manifests === undefined) throw new Error("no commit");
    const before = bench().mark;
    await bench().pass(other, { removal, manifests, unit: manifests.unit });
    expect(deletesSince(bench(), before).filter((name) => !name.startsWith("holdfast-"))).toEqual(
      [],
    );
    for (const object of all) {
      const live = await bench().get(object);
      expect(live?.metadata.annotations ?? {}).not.toHaveProperty("holdfast.dev/owner");
      expect(live).toBeDefined();
    }
    expect(await bench().inventory(other)).toBeUndefined();
  });

  it("98 ServiceAccount token secrets kept (A-83)", async () => {
    const app = "ka98";
    const account = obj("ServiceAccount", "robot", { secrets: [{ name: "declared" }] });
    const named = { annotations: { "kubernetes.io/service-account.name": "robot" } };
    const type = "kubernetes.io/service-account-token";
    const token = obj("Secret", "robot-token", { type }, named);
    await bench().sync(app, [account, token]);
    const theirs = { secrets: [{ name: "declared" }, { name: "robot-token" }] };
    const pulls = { imagePullSecrets: [{ name: "robot-pull" }] };
    const by = { manager: "token-controller" };
    await bench().hand(within(app, obj("ServiceAccount", "robot", { ...theirs, ...pulls })), by);
    const data = { token: "dG9rZW4=", "ca.crt": "Y2E=" };
    await bench().hand(within(app, obj("Secret", "robot-token", { data })), by);
    const from = bench().mark;
    const { pass } = await bench().pass(app, { bypassProofs: true });
    expect(pass.drift).toEqual([]);
    // A change of ours leaves theirs alone, too.
    await bench().sync(app, [annotated(account, { note: "1" }), annotated(token, { note: "1" })]);
    expect(written(app, from)).toHaveLength(2);
    expect(await bench().get(within(app, account))).toMatchObject({ ...theirs, ...pulls });
    expect((await bench().get(within(app, token)))?.["data"]).toEqual(data);
  });

  it("99 CRD scope or stored-version change refused (A-68)", async () => {
    const app = "ka99";
    const anew = { "holdfast.dev/recreate": "enabled" };
    const spec = widgets["spec"] as { versions: readonly object[] };
    const changed = (more: object) => annotated({ ...widgets, spec: { ...spec, ...more } }, anew);
    const widget = obj("Widget", "w", { spec: { size: 1 } });
    await bench().sync(app, [annotated(widgets, anew), widget, ...rest]);
    const uid = await uidOf(bench(), app, widget);
    const from = bench().mark;
    const scoped = await bench().sync(app, [changed({ scope: "Cluster" }), widget, ...rest]);
    expect(failures(scoped)).toEqual([
      expect.stringMatching(/^ImmutableField: .*Namespaced.*cannot become Cluster/),
    ]);
    const versions = spec.versions.map((version) => ({ ...version, name: "v2" }));
    const dropped = await bench().sync(app, [changed({ versions }), widget, ...rest]);
    expect(failures(dropped)).toEqual([expect.stringMatching(/stored as v1/)]);
    expect(
      bench()
        .requestsSince(from)
        .filter((one) => /PATCH.*widgets/.test(one)),
    ).toEqual([]);
    expect(deletesSince(bench(), from)).toEqual([]);
    expect(await uidOf(bench(), app, widget)).toBe(uid);
    // A version beside the old one is fine.
    const both = [...spec.versions, ...versions.map((version) => ({ ...version, storage: false }))];
    const done = await bench().sync(app, [changed({ versions: both }), widget, ...rest]);
    expect(outcomes(done)).toMatchObject({
      "CustomResourceDefinition/widgets.example.com": "configured",
    });
  });
});
