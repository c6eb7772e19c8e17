import { beforeAll, describe, expect } from "vitest";
import { configMap, deployment, podTemplate, thing } from "./bodies.ts";
import type { Body } from "./connection.ts";
import { bothServers, outcome } from "./servers.ts";
import { defineThings } from "./shapes.ts";

const things = "contract.holdfast.dev/v1/things";

function owners(object: Body): Body {
  return Object.fromEntries(
    (object.metadata.managedFields ?? []).map(
      ({ manager, operation, subresource, fieldsV1 }: Body) => [
        [manager, operation, subresource].filter((part) => part !== undefined).join(" "),
        fieldsV1,
      ],
    ),
  );
}

describe("server-side apply", () => {
  const suite = bothServers();
  const { each } = suite;
  beforeAll(async () => {
    const { sandbox, real } = suite.servers();
    await defineThings(sandbox);
    if (real !== undefined) await defineThings(real);
  });

  each(
    "A-1: creates with 201, then 200, and a no-op keeps version and times",
    async (server) => {
      const path = server.at("configmaps", "x");
      const created = await server.apply(path, configMap("x", { a: "1" }));
      const again = await server.apply(path, configMap("x", { a: "1" }));
      const changed = await server.apply(path, configMap("x", { a: "2" }));
      const version = (reply: Body) => reply.body.metadata.resourceVersion;
      return {
        created: outcome(created),
        again: outcome(again),
        changed: outcome(changed),
        noop: version(created) === version(again),
        moved: version(again) !== version(changed),
      };
    },
    ({ created, again, changed, noop, moved }) => {
      expect([created.code, again.code, changed.code]).toEqual([201, 200, 200]);
      expect([noop, moved]).toEqual([true, true]);
      expect(owners(changed.object)).toEqual({ "applier Apply": { "f:data": { "f:a": {} } } });
    },
  );

  each(
    "A-2: the body's type, name and managedFields are checked",
    async (server) => {
      const path = server.at("configmaps", "x");
      return {
        managed: outcome(await server.apply(path, configMap("x", {}, { managedFields: [] }))),
        kind: outcome(await server.apply(path, { ...configMap("x"), kind: "Secret" })),
        version: outcome(await server.apply(path, { ...configMap("x"), apiVersion: "v2" })),
        name: outcome(await server.apply(path, configMap("y"))),
        manager: outcome(await server.apply(path, configMap("x"), "force=true")),
        force: outcome(await server.merge(path, {}, "fieldManager=m&force=true")),
        namespace: outcome(await server.apply(path, configMap("x", {}, { namespace: "other" }))),
      };
    },
    (seen) => {
      const codes = Object.fromEntries(Object.entries(seen).map(([key, { code }]) => [key, code]));
      expect(codes).toEqual({
        managed: 400,
        kind: 400,
        version: 400,
        name: 400,
        manager: 422,
        force: 422,
        namespace: 400,
      });
    },
  );

  each(
    "◇ A-14: create without preconditions meets a rival",
    async (server) => {
      const path = server.at("configmaps", "x");
      await server.post(server.at("configmaps"), configMap("x", { a: "1" }));
      return {
        other: outcome(
          await server.apply(path, configMap("x", { a: "2" }), "fieldManager=m&force=false"),
        ),
        same: outcome(
          await server.apply(path, configMap("x", { a: "1" }), "fieldManager=m&force=false"),
        ),
      };
    },
    ({ other, same }) => {
      expect(other).toMatchObject({
        code: 409,
        reason: "Conflict",
        causes: [{ reason: "FieldManagerConflict", field: ".data.a" }],
      });
      expect(same.code).toBe(200);
      expect(Object.keys(owners(same.object))).toEqual(["m Apply", "poster Update"]);
    },
  );

  each(
    "◇ A-14: update names uid and resourceVersion",
    async (server) => {
      const path = server.at("configmaps", "x");
      const apply = (metadata: Record<string, unknown>, a: string, dry = "") =>
        server.apply(path, configMap("x", { a }, metadata), `fieldManager=m&force=true${dry}`);
      const first = (await apply({}, "1")).body.metadata;
      const fresh = await apply({ uid: first.uid, resourceVersion: first.resourceVersion }, "2");
      const both = { uid: first.uid, resourceVersion: first.resourceVersion };
      const stale = await apply(both, "3");
      const staleDry = await apply(both, "3", "&dryRun=All");
      const now = fresh.body.metadata;
      await server.delete(path);
      const gone = await apply({ uid: now.uid, resourceVersion: now.resourceVersion }, "4");
      const goneDry = await apply(
        { uid: now.uid, resourceVersion: now.resourceVersion },
        "4",
        "&dryRun=All",
      );
      const versionOnly = await apply({ resourceVersion: now.resourceVersion }, "5");
      const next = versionOnly.body.metadata;
      const otherUid = await apply({ uid: now.uid, resourceVersion: next.resourceVersion }, "6");
      const otherBoth = await apply({ uid: now.uid, resourceVersion: now.resourceVersion }, "6");
      return { fresh, stale, staleDry, gone, goneDry, versionOnly, otherUid, otherBoth };
    },
    (seen) => {
      const codes = Object.fromEntries(Object.entries(seen).map(([key, { code }]) => [key, code]));
      expect(codes).toMatchObject({
        fresh: 200,
        stale: 409,
        staleDry: 409,
        gone: 409,
        goneDry: 409,
        versionOnly: 201,
        otherUid: 422,
      });
      expect(seen.gone.body.message).toContain("uid mismatch");
      expect(seen.otherUid.body.details.causes[0].field).toBe("metadata.uid");
    },
  );

  each(
    "◇ A-14, D-7: delete preconditions",
    async (server) => {
      const path = server.at("configmaps", "x");
      const made = (await server.post(server.at("configmaps"), configMap("x", { a: "1" }))).body
        .metadata;
      const changed = (await server.merge(path, { data: { a: "2" } })).body.metadata;
      const remove = (preconditions: Record<string, string>) =>
        server.delete(path, {
          apiVersion: "v1",
          kind: "DeleteOptions",
          preconditions,
          propagationPolicy: "Background",
        });
      const stale = await remove({ uid: made.uid, resourceVersion: made.resourceVersion });
      const otherUid = await remove({
        uid: "6f0c1a52-0000-4000-8000-000000000000",
        resourceVersion: changed.resourceVersion,
      });
      const right = await remove({ uid: made.uid, resourceVersion: changed.resourceVersion });
      const again = await remove({ uid: made.uid, resourceVersion: changed.resourceVersion });
      return { stale: outcome(stale), otherUid: outcome(otherUid), right, again: outcome(again) };
    },
    ({ stale, otherUid, right, again }) => {
      expect([stale.code, otherUid.code, right.code, again.code]).toEqual([409, 409, 200, 404]);
      expect(stale.message).toContain("the ResourceVersion in the precondition");
      expect(otherUid.message).toContain("the UID in the precondition");
    },
  );

  each(
    "◇ A-24: [{}] and [] clear managedFields, null and absence keep them",
    async (server) => {
      const path = server.at("configmaps", "x");
      const custom = server.at(things, "x");
      const seen: Record<string, Body> = {};
      for (const [name, value] of Object.entries({ list: [], empty: [{}], none: null })) {
        for (const [kind, at, body] of [
          ["ConfigMap", path, configMap("x", { a: "1" })],
          ["Thing", custom, thing("x", { text: "a" })],
        ] as const) {
          await server.apply(at, body);
          const count = async (reply: Promise<Body>) =>
            (await reply).body.metadata?.managedFields?.length ?? 0;
          seen[`${kind} merge ${name}`] = await count(
            server.merge(at, { metadata: { managedFields: value } }),
          );
          await server.delete(at);
          await server.apply(at, body);
          seen[`${kind} json ${name}`] = await count(
            server.operations(at, [{ op: "replace", path: "/metadata/managedFields", value }]),
          );
          const live = (await server.get(at)).body;
          seen[`${kind} put ${name}`] = await count(
            server.put(at, { ...live, metadata: { ...live.metadata, managedFields: value } }),
          );
          await server.delete(at);
        }
      }
      return seen;
    },
    (seen) => {
      expect(seen).toMatchObject({
        "ConfigMap merge list": 0,
        "ConfigMap merge empty": 0,
        "ConfigMap merge none": 1,
        "ConfigMap json list": 0,
        "ConfigMap json empty": 0,
        "ConfigMap json none": 1,
        "Thing merge empty": 0,
      });
    },
  );

  each(
    "after a reset, the next apply finds before-first-apply",
    async (server) => {
      const path = server.at("configmaps", "x");
      await server.post(server.at("configmaps"), configMap("x", { a: "1", b: "1" }));
      await server.merge(path, { metadata: { managedFields: [{}] } });
      const untracked = await server.merge(path, { data: { c: "1" } });
      const conflict = await server.apply(path, configMap("x", { a: "2" }));
      const forced = await server.apply(
        path,
        configMap("x", { a: "2" }),
        "fieldManager=m&force=true",
      );
      return {
        untracked: outcome(untracked),
        conflict: outcome(conflict),
        forced: outcome(forced),
      };
    },
    ({ untracked, conflict, forced }) => {
      expect(untracked.object.metadata.managedFields).toBeUndefined();
      expect(conflict.code).toBe(409);
      expect(owners(forced.object)["before-first-apply Update"]).toEqual({
        "f:data": { ".": {}, "f:b": {}, "f:c": {} },
      });
    },
  );

  each(
    "ownership is shared for equal values, and forced away for others",
    async (server) => {
      const path = server.at("configmaps", "x");
      await server.apply(path, configMap("x", { a: "1", b: "1" }), "fieldManager=one");
      const shared = await server.apply(path, configMap("x", { a: "1" }), "fieldManager=two");
      const refused = await server.apply(
        path,
        configMap("x", { a: "2", b: "2" }),
        "fieldManager=two",
      );
      const forced = await server.apply(
        path,
        configMap("x", { a: "2" }),
        "fieldManager=two&force=true",
      );
      return { shared: outcome(shared), refused: outcome(refused), forced: outcome(forced) };
    },
    ({ shared, refused, forced }) => {
      expect(owners(shared.object)).toMatchObject({
        "one Apply": { "f:data": { "f:a": {}, "f:b": {} } },
        "two Apply": { "f:data": { "f:a": {} } },
      });
      expect(refused.causes.map(({ field }: Body) => field).sort()).toEqual([".data.a", ".data.b"]);
      expect(owners(forced.object)["one Apply"]).toEqual({ "f:data": { "f:b": {} } });
    },
  );

  each(
    "A-20: a path no longer declared goes, unless another manager owns it",
    async (server) => {
      const path = server.at("configmaps", "x");
      await server.apply(path, configMap("x", { mine: "1", shared: "1", updated: "1" }));
      await server.apply(path, configMap("x", { shared: "1" }), "fieldManager=other");
      await server.merge(path, { data: { updated: "2" } });
      const without = await server.apply(path, configMap("x", { rest: "1" }));
      const none = await server.apply(path, configMap("x"));
      return { without: outcome(without), none: outcome(none) };
    },
    ({ without, none }) => {
      expect(without.object.data).toEqual({ rest: "1", shared: "1", updated: "2" });
      expect(none.object.data).toEqual({ shared: "1", updated: "2" });
    },
  );

  each(
    "map lists merge by key, atomic lists are replaced whole",
    async (server) => {
      const path = server.at("podtemplates", "x");
      const container = (env: string[], args: string[]) => [
        { name: "c", image: "app:1", args, env: env.map((name) => ({ name, value: "1" })) },
      ];
      await server.apply(
        path,
        podTemplate("x", { containers: container(["A", "B"], ["1"]) }),
        "fieldManager=one",
      );
      const two = await server.apply(
        path,
        podTemplate("x", {
          containers: [
            { name: "side", image: "s:1" },
            { name: "c", env: [{ name: "C", value: "1" }] },
          ],
        }),
        "fieldManager=two",
      );
      const atomic = await server.apply(
        path,
        podTemplate("x", { containers: [{ name: "c", args: ["2"] }] }),
        "fieldManager=three",
      );
      const dropped = await server.apply(
        path,
        podTemplate("x", { containers: container(["B"], ["1"]) }),
        "fieldManager=one",
      );
      return { two: outcome(two), atomic: outcome(atomic), dropped: outcome(dropped) };
    },
    ({ two, atomic, dropped }) => {
      const names = (reply: Body) =>
        reply.object.template.spec.containers.map(({ name }: Body) => name);
      expect(names(two)).toEqual(["side", "c"]);
      expect(atomic.causes[0].field).toBe('.template.spec.containers[name="c"].args');
      expect(dropped.object.template.spec.containers[1].env.map(({ name }: Body) => name)).toEqual([
        "B",
        "C",
      ]);
    },
  );

  each(
    "merge keys get their default, and ports differ by protocol",
    async (server) => {
      const path = server.at("podtemplates", "x");
      const ports = (...list: unknown[]) =>
        podTemplate("x", { containers: [{ name: "c", image: "a:1", ports: list }] });
      await server.apply(
        path,
        ports({ containerPort: 80 }, { containerPort: 80, protocol: "UDP" }),
      );
      const explicit = await server.apply(
        path,
        ports({ containerPort: 80, protocol: "TCP", name: "web" }),
      );
      return outcome(explicit);
    },
    ({ object }) => {
      expect(object.template.spec.containers[0].ports).toEqual([
        { containerPort: 80, name: "web", protocol: "TCP" },
      ]);
    },
  );

  each(
    "A-73: duplicates in the body are a 500, duplicates in live are replaced",
    async (server) => {
      const twice = [
        { name: "A", value: "1" },
        { name: "A", value: "2" },
      ];
      const body = (env: unknown) =>
        podTemplate("x", { containers: [{ name: "c", image: "a:1", env }] });
      const path = server.at("podtemplates", "x");
      const refused = await server.apply(path, body(twice));
      await server.post(server.at("podtemplates"), body(twice));
      const foreign = await server.apply(
        path,
        podTemplate("x", { containers: [{ name: "c", image: "a:1", workingDir: "/" }] }),
        "fieldManager=m&force=true",
      );
      const replaced = await server.apply(
        path,
        body([{ name: "A", value: "3" }]),
        "fieldManager=m&force=true",
      );
      return { refused: outcome(refused), foreign: outcome(foreign), replaced: outcome(replaced) };
    },
    ({ refused, foreign, replaced }) => {
      expect(refused).toMatchObject({ code: 500 });
      expect(refused.message).toContain('duplicate entries for key [name="A"]');
      expect(foreign.object.template.spec.containers[0].env).toHaveLength(2);
      expect(replaced.object.template.spec.containers[0].env).toEqual([{ name: "A", value: "3" }]);
    },
  );

  each(
    "unknown fields and wrong types are a 500 that names the path",
    async (server) => {
      const path = server.at("podtemplates", "x");
      const send = (spec: Record<string, unknown>) =>
        server.apply(path, podTemplate("x", spec), "fieldManager=m&fieldValidation=Strict");
      return {
        unknown: outcome(await send({ containers: [], bogus: 1 })),
        number: outcome(await send({ containers: [], terminationGracePeriodSeconds: "x" })),
        text: outcome(await send({ containers: [{ name: 1 }] })),
        list: outcome(await send({ containers: { a: 1 } })),
        custom: outcome(await server.apply(server.at(things, "x"), thing("x", { bogus: 1 }))),
        missingKey: outcome(
          await server.apply(server.at(things, "x"), thing("x", { items: [{ value: "1" }] })),
        ),
      };
    },
    (seen) => {
      expect(Object.values(seen).map(({ code }) => code)).toEqual([500, 500, 500, 500, 500, 500]);
      expect(seen.unknown.message).toContain(".template.spec.bogus: field not declared in schema");
    },
  );

  each(
    "dry run does all but store",
    async (server) => {
      const path = server.at("configmaps", "x");
      const create = await server.apply(
        path,
        configMap("x", { a: "1" }),
        "fieldManager=m&dryRun=All",
      );
      const absent = await server.get(path);
      const posted = await server.post(
        server.at("configmaps"),
        configMap("x"),
        "fieldManager=m&dryRun=All",
      );
      await server.apply(path, configMap("x", { a: "1" }));
      const before = await server.get(path);
      const update = await server.apply(
        path,
        configMap("x", { a: "2" }),
        "fieldManager=applier&dryRun=All",
      );
      const merge = await server.merge(path, { data: { b: "1" } }, "fieldManager=m&dryRun=All");
      const remove = await server.send("DELETE", `${path}?dryRun=All`);
      const after = await server.get(path);
      const bad = await server.apply(path, configMap("x"), "fieldManager=m&dryRun=Some");
      return {
        create: outcome(create),
        absent: absent.code,
        posted: outcome(posted),
        update: outcome(update),
        merge: outcome(merge),
        remove: remove.code,
        same: JSON.stringify(before.body) === JSON.stringify(after.body),
        bad: outcome(bad),
        version: update.body.metadata.resourceVersion === before.body.metadata.resourceVersion,
      };
    },
    (seen) => {
      expect([seen.create.code, seen.absent, seen.remove, seen.same, seen.bad.code]).toEqual([
        201,
        404,
        200,
        true,
        422,
      ]);
      expect(seen.create.object.metadata.resourceVersion).toBeUndefined();
      expect(seen.update.object.data).toEqual({ a: "2" });
      expect(seen.version).toBe(true);
    },
  );

  each(
    "custom resources: sets, atomics, map lists, status is a subresource",
    async (server) => {
      const path = server.at(things, "x");
      await server.apply(
        path,
        thing("x", {
          set: ["a", "b"],
          atomicMap: { a: "1" },
          atomicList: ["1"],
          ports: [{ port: 1, note: "one" }],
        }),
        "fieldManager=one",
      );
      const two = await server.apply(
        path,
        thing("x", { set: ["b", "c"], ports: [{ port: 2 }] }),
        "fieldManager=two",
      );
      const atomic = await server.apply(
        path,
        thing("x", { atomicMap: { b: "1" } }),
        "fieldManager=three",
      );
      const status = await server.merge(
        `${path}/status`,
        { status: { phase: "up" }, spec: { text: "no" } },
        "fieldManager=controller",
      );
      const less = await server.apply(path, thing("x", { set: ["a"] }), "fieldManager=one");
      const withStatus = await server.apply(
        path,
        { ...thing("x", { set: ["a"] }), status: { phase: "down" } },
        "fieldManager=one",
      );
      return {
        two: outcome(two),
        atomic: outcome(atomic),
        status: outcome(status),
        less: outcome(less),
        withStatus: outcome(withStatus),
      };
    },
    ({ two, atomic, status, less, withStatus }) => {
      expect(two.object.spec.set).toEqual(["a", "b", "c"]);
      expect(atomic.causes[0].field).toBe(".spec.atomicMap");
      expect([status.object.status, status.object.spec.text]).toEqual([{ phase: "up" }, undefined]);
      expect(less.object.spec.set).toEqual(["a", "b", "c"]);
      expect(withStatus.object.status).toEqual({ phase: "up" });
    },
  );

  each(
    "another write loses others their changed paths; its own manager is another entry",
    async (server) => {
      const path = server.at("configmaps", "x");
      await server.apply(path, configMap("x", { a: "1", b: "1" }), "fieldManager=same");
      const put = await server.put(
        path,
        configMap("x", { a: "2", b: "1", c: "1" }),
        "fieldManager=same",
      );
      const removed = await server.put(path, configMap("x", { b: "1" }), "fieldManager=third");
      const agent = await server.send("PATCH", path, {
        body: { data: { z: "1" } },
        contentType: "application/merge-patch+json",
        userAgent: "some-agent/v1 (x)",
      });
      return { put: outcome(put), removed: outcome(removed), agent: outcome(agent) };
    },
    ({ put, removed, agent }) => {
      expect(owners(put.object)).toEqual({
        "same Apply": { "f:data": { "f:b": {} } },
        "same Update": { "f:data": { "f:a": {}, "f:c": {} } },
      });
      expect(Object.keys(owners(removed.object))).toEqual(["same Apply"]);
      expect(Object.keys(owners(agent.object))).toContain("some-agent Update");
    },
  );

  each(
    "above ten update managers the oldest become ancient-changes",
    async (server) => {
      const path = server.at("configmaps", "x");
      await server.apply(path, configMap("x", { base: "1" }));
      for (let index = 0; index < 12; index += 1) {
        await server.merge(
          path,
          { data: { [`k${index}`]: "1" } },
          `fieldManager=m${String(index).padStart(2, "0")}`,
        );
      }
      return Object.keys(owners((await server.get(path)).body)).length;
    },
    (count) => expect(count).toBe(11),
  );

  each(
    "a Deployment's defaults, and an apply after its creation by hand",
    async (server) => {
      const path = server.at("apps/v1/deployments", "x");
      const posted = await server.post(
        server.at("apps/v1/deployments"),
        deployment("x", { paused: true, replicas: 0 }),
      );
      const own = (reply: Body) => {
        const { metadata, status: _, ...rest } = reply.body;
        const managedFields = metadata.managedFields.filter(
          ({ subresource }: Body) => subresource === undefined,
        );
        return {
          code: reply.code,
          ...rest,
          metadata: { ...metadata, generation: 0, managedFields },
        };
      };
      const applied = await server.apply(
        path,
        deployment("x", { paused: true, replicas: 0, minReadySeconds: 5 }),
        "fieldManager=m&force=true",
      );
      const immutable = await server.apply(
        path,
        deployment("x", { selector: { matchLabels: { app: "y" } } }),
        "fieldManager=m&force=true",
      );
      return {
        posted: own(posted),
        applied: own(applied),
        immutable: {
          code: immutable.code,
          fields: (immutable.body.details?.causes ?? []).map(({ field }: Body) => field).sort(),
        },
      };
    },
    ({ posted, applied, immutable }) => {
      expect([posted.code, applied.code, immutable.code]).toEqual([201, 200, 422]);
      expect(immutable.fields).toContain("spec.selector");
    },
  );
});
