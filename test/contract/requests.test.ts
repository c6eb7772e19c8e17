import { beforeAll, describe, expect } from "vitest";
import { configMap, deployment, podTemplate, thing } from "./bodies.ts";
import type { Body } from "./connection.ts";
import { bothServers, outcome } from "./servers.ts";
import { defineThings } from "./shapes.ts";

const things = "contract.holdfast.dev/v1/things";
const partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
const partialList =
  "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

describe("requests", () => {
  const suite = bothServers();
  const { each } = suite;
  beforeAll(async () => {
    const { sandbox, real } = suite.servers();
    await defineThings(sandbox);
    if (real !== undefined) await defineThings(real);
  });

  each(
    "errors are worded alike",
    async (server) => {
      const maps = server.at("configmaps");
      await server.post(maps, configMap("x"));
      return {
        absent: outcome(await server.get(server.at("configmaps", "nope"))),
        absentInGroup: outcome(await server.get(server.at("apps/v1/deployments", "nope"))),
        twice: outcome(await server.post(maps, configMap("x"))),
        noNamespace: outcome(
          await server.post("/api/v1/namespaces/does-not-exist/configmaps", configMap("x")),
        ),
        noResource: outcome(await server.get("/apis/example.com/v1/widgets")),
        noVersion: outcome(await server.get("/apis/apps/v9/deployments")),
        badName: outcome(await server.post(maps, configMap("NOT_good"))),
        noName: outcome(await server.post(maps, { apiVersion: "v1", kind: "ConfigMap" })),
        method: outcome(await server.send("PUT", maps, { body: configMap("x") })),
        media: {
          code: (await server.send("PATCH", `${maps}/x`, { body: {}, contentType: "text/plain" }))
            .code,
        },
        wrongKind: outcome(
          await server.post(maps, { apiVersion: "v1", kind: "Secret", metadata: { name: "y" } }),
        ),
        noSelector: {
          code: (
            await server.post(server.at("apps/v1/deployments"), deployment("x", { selector: null }))
          ).code,
        },
        mismatch: outcome(
          await server.post(
            server.at("apps/v1/deployments"),
            deployment("x", { selector: { matchLabels: { a: "b" } } }),
          ),
        ),
        testFails: {
          code: (
            await server.operations(`${maps}/x`, [{ op: "test", path: "/data/a", value: "1" }])
          ).code,
        },
        putStale: outcome(
          await server.put(`${maps}/x`, configMap("x", {}, { resourceVersion: "1" })),
        ),
        putUid: outcome(
          await server.put(
            `${maps}/x`,
            configMap("x", {}, { uid: "6f0c1a52-0000-4000-8000-000000000000" }),
          ),
        ),
        putAbsent: outcome(await server.put(`${maps}/none`, configMap("none"))),
        customWithoutVersion: outcome(
          await (async () => {
            await server.post(server.at(things), thing("t"));
            return server.put(server.at(things, "t"), thing("t"));
          })(),
        ),
        frozen: outcome(
          await (async () => {
            await server.post(maps, { ...configMap("f", { a: "1" }), immutable: true });
            return server.merge(`${maps}/f`, { data: { a: "2" } });
          })(),
        ),
      };
    },
    (seen) => {
      const codes = Object.fromEntries(
        Object.entries(seen).map(([key, { code }]: Body) => [key, code]),
      );
      expect(codes).toEqual({
        absent: 404,
        absentInGroup: 404,
        twice: 409,
        noNamespace: 404,
        noResource: 404,
        noVersion: 404,
        badName: 422,
        noName: 422,
        method: 405,
        media: 415,
        wrongKind: 400,
        noSelector: 422,
        mismatch: 422,
        testFails: 422,
        putStale: 409,
        putUid: 409,
        putAbsent: 404,
        customWithoutVersion: 422,
        frozen: 422,
      });
    },
  );

  each(
    "A-4: strict validation refuses, warn warns",
    async (server) => {
      const body = {
        ...podTemplate("x", { containers: [{ name: "c", image: "a:1", bogus: 1 }] }),
        extra: true,
      };
      const templates = server.at("podtemplates");
      const strict = await server.post(templates, body, "fieldValidation=Strict");
      const warn = await server.post(templates, body, "fieldValidation=Warn&dryRun=All");
      const custom = await server.post(
        server.at(things),
        thing("x", { bogus: 1, nested: { no: 1 } }),
        "fieldValidation=Strict",
      );
      const pruned = await server.post(
        server.at(things),
        thing("x", { bogus: 1, text: "a" }),
        "fieldValidation=Ignore",
      );
      return {
        strict: outcome(strict),
        warn: { code: warn.code, warnings: warn.warnings.map((text) => text.split("299 - ")) },
        custom: outcome(custom),
        pruned: pruned.body.spec,
      };
    },
    ({ strict, warn, custom, pruned }) => {
      expect([strict.code, warn.code, custom.code]).toEqual([400, 201, 400]);
      expect(pruned).toEqual({ text: "a", size: "small" });
    },
  );

  each(
    "a custom resource is checked against its schema",
    async (server) => {
      const send = (spec: Record<string, unknown>) =>
        server.post(server.at(things), thing("x", spec));
      const results = [
        await send({ count: -1 }),
        await send({ count: "x" }),
        await send({ items: [{ value: "1" }] }),
      ];
      return results.map(({ code, body }) => ({
        code,
        fields: (body.details?.causes ?? []).map(({ field }: Body) => field),
      }));
    },
    (seen) => expect(seen.map(({ code }) => code)).toEqual([422, 422, 422]),
  );

  each(
    "lists come in pages that fit together",
    async (server) => {
      const maps = server.at("configmaps");
      for (let index = 0; index < 7; index += 1)
        await server.post(
          maps,
          configMap(`m${index}`, {}, { labels: { even: String(index % 2 === 0) } }),
        );
      const pages: Body[] = [];
      let next = "";
      do {
        const { body } = await server.get(
          `${maps}?limit=3${next === "" ? "" : `&continue=${encodeURIComponent(next)}`}`,
        );
        pages.push({
          names: body.items
            .map(({ metadata }: Body) => metadata.name)
            .filter((name: string) => name.startsWith("m")),
          remaining: body.metadata.remainingItemCount,
        });
        next = body.metadata.continue ?? "";
      } while (next !== "");
      const selected = await server.get(`${maps}?labelSelector=even%3Dtrue&limit=2`);
      const byName = await server.get(`${maps}?fieldSelector=metadata.name%3Dm3`);
      const metadataOnly = await server.get(`${maps}?labelSelector=even`, partialList);
      const one = await server.get(`${maps}/m1`, partial);
      const bad = await server.get(`${maps}?continue=nonsense`);
      return {
        pages,
        selected: {
          names: selected.body.items.map(({ metadata }: Body) => metadata.name),
          remaining: selected.body.metadata.remainingItemCount,
        },
        byName: byName.body.items.length,
        metadataOnly: {
          kind: metadataOnly.body.kind,
          apiVersion: metadataOnly.body.apiVersion,
          items: metadataOnly.body.items.length,
          first: metadataOnly.body.items[0],
        },
        one: one.body,
        bad: bad.code,
        empty: (await server.get(`${server.at("secrets")}?labelSelector=a`)).body,
      };
    },
    (seen) => {
      expect(seen.pages.flatMap(({ names }) => names)).toEqual([
        "m0",
        "m1",
        "m2",
        "m3",
        "m4",
        "m5",
        "m6",
      ]);
      expect(seen.selected).toEqual({ names: ["m0", "m2"], remaining: undefined });
      expect(seen.metadataOnly.kind).toBe("PartialObjectMetadataList");
      expect(seen.bad).toBe(400);
    },
  );

  each(
    "label selectors",
    async (server) => {
      const maps = server.at("configmaps");
      await server.post(maps, configMap("a", {}, { labels: { tier: "web", env: "prod" } }));
      await server.post(maps, configMap("b", {}, { labels: { tier: "db" } }));
      const names = async (selector: string) =>
        (await server.get(`${maps}?labelSelector=${encodeURIComponent(selector)}`)).body.items
          .map(({ metadata }: Body) => metadata.name)
          .filter((name: string) => name.length === 1);
      const selectors = [
        "tier",
        "!env",
        "tier=web",
        "tier!=web",
        "tier in (web,db)",
        "tier notin (web)",
        "tier==db,!env",
        "tier,env",
      ];
      return Object.fromEntries(
        await Promise.all(
          selectors.map(async (selector) => [selector, await names(selector)] as const),
        ),
      );
    },
    (seen) =>
      expect(seen).toMatchObject({
        tier: ["a", "b"],
        "!env": ["b"],
        "tier=web": ["a"],
        "tier!=web": ["b"],
      }),
  );

  each(
    "finalizers hold an object until they are gone",
    async (server) => {
      const path = server.at("configmaps", "x");
      await server.post(
        server.at("configmaps"),
        configMap("x", {}, { finalizers: ["example.com/hold"] }),
      );
      const deleted = await server.delete(path);
      const twice = await server.delete(path);
      const changed = await server.merge(path, { data: { a: "1" } });
      const added = await server.merge(path, {
        metadata: { finalizers: ["example.com/hold", "example.com/new"] },
      });
      const released = await server.merge(path, { metadata: { finalizers: null } });
      return {
        deleted: outcome(deleted),
        twice: twice.code,
        changed: outcome(changed),
        added: added.code,
        released: outcome(released),
        after: (await server.get(path)).code,
      };
    },
    (seen) => {
      expect(seen.deleted.object.metadata.deletionTimestamp).toBeDefined();
      expect([seen.twice, seen.changed.code, seen.added, seen.released.code, seen.after]).toEqual([
        200, 200, 422, 200, 404,
      ]);
    },
  );

  each(
    "propagation: dependents go, stay, or hold their owner",
    async (server) => {
      const maps = server.at("configmaps");
      const seen: Record<string, Body> = {};
      for (const policy of ["Background", "Foreground", "Orphan"]) {
        const name = policy.toLowerCase();
        const owner = (await server.post(maps, configMap(name))).body;
        const ownerReferences = [
          {
            apiVersion: "v1",
            kind: "ConfigMap",
            name,
            uid: owner.metadata.uid,
            blockOwnerDeletion: true,
          },
        ];
        await server.post(maps, configMap(`${name}-child`, {}, { ownerReferences }));
        await new Promise((resolve) => setTimeout(resolve, 300));
        const reply = await server.delete(`${maps}/${name}`, {
          apiVersion: "v1",
          kind: "DeleteOptions",
          propagationPolicy: policy,
        });
        await server.until(`${maps}/${name}`, ({ code }) => code === 404);
        const child =
          policy === "Orphan"
            ? await server.until(
                `${maps}/${name}-child`,
                ({ body }) => body.metadata?.ownerReferences === undefined,
              )
            : await server.until(`${maps}/${name}-child`, ({ code }) => code === 404);
        seen[policy] = { code: reply.code, child: child.code };
      }
      return seen;
    },
    (seen) =>
      expect(seen).toEqual({
        Background: { code: 200, child: 404 },
        Foreground: { code: 200, child: 404 },
        Orphan: { code: 200, child: 200 },
      }),
  );

  each(
    "A-93: a terminating namespace refuses creations and ends when it is empty",
    async (server) => {
      const name = `${server.namespace}-gone`;
      await server.post("/api/v1/namespaces", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name },
      });
      const maps = `/api/v1/namespaces/${name}/configmaps`;
      await server.post(maps, configMap("held", {}, { finalizers: ["example.com/hold"] }));
      await server.post(maps, configMap("free"));
      const deleted = await server.delete(`/api/v1/namespaces/${name}`);
      await server.until(`${maps}/free`, ({ code }) => code === 404);
      const refused = outcome(await server.post(maps, configMap("new")));
      const applied = outcome(await server.apply(`${maps}/new`, configMap("new")));
      const updated = await server.merge(`${maps}/held`, { data: { a: "1" } });
      await server.merge(`${maps}/held`, { metadata: { finalizers: null } });
      const gone = await server.until(`/api/v1/namespaces/${name}`, ({ code }) => code === 404);
      return {
        deleted: { code: deleted.code, phase: deleted.body.status?.phase },
        refused,
        applied,
        updated: updated.code,
        gone: gone.code,
      };
    },
    (seen) => {
      expect(seen.deleted).toEqual({ code: 200, phase: "Terminating" });
      expect(seen.refused).toMatchObject({
        code: 403,
        reason: "Forbidden",
        causes: [{ reason: "NamespaceTerminating" }],
      });
      expect([seen.updated, seen.gone]).toEqual([200, 404]);
    },
  );

  each(
    "◇ A-36: which kinds have a generation, and what counts",
    async (server) => {
      const meta = { name: "x" };
      const objects: Record<string, Body> = {
        configmaps: configMap("x", { a: "1" }),
        secrets: { apiVersion: "v1", kind: "Secret", metadata: meta, stringData: { a: "1" } },
        services: {
          apiVersion: "v1",
          kind: "Service",
          metadata: meta,
          spec: { clusterIP: "None", selector: { a: "b" } },
        },
        serviceaccounts: { apiVersion: "v1", kind: "ServiceAccount", metadata: meta },
        podtemplates: podTemplate("x", { containers: [{ name: "c", image: "a:1" }] }),
        persistentvolumeclaims: {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          metadata: meta,
          spec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: "none",
            resources: { requests: { storage: "1Gi" } },
          },
        },
        "rbac.authorization.k8s.io/v1/roles": {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "Role",
          metadata: meta,
          rules: [],
        },
        "rbac.authorization.k8s.io/v1/rolebindings": {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "RoleBinding",
          metadata: meta,
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "x" },
        },
        "networking.k8s.io/v1/ingresses": {
          apiVersion: "networking.k8s.io/v1",
          kind: "Ingress",
          metadata: meta,
          spec: { defaultBackend: { service: { name: "a", port: { number: 80 } } } },
        },
        "networking.k8s.io/v1/networkpolicies": {
          apiVersion: "networking.k8s.io/v1",
          kind: "NetworkPolicy",
          metadata: meta,
          spec: { podSelector: {} },
        },
        "policy/v1/poddisruptionbudgets": {
          apiVersion: "policy/v1",
          kind: "PodDisruptionBudget",
          metadata: meta,
          spec: { minAvailable: 1, selector: { matchLabels: { a: "b" } } },
        },
        "autoscaling/v2/horizontalpodautoscalers": {
          apiVersion: "autoscaling/v2",
          kind: "HorizontalPodAutoscaler",
          metadata: meta,
          spec: {
            maxReplicas: 2,
            scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "none" },
          },
        },
        "batch/v1/cronjobs": {
          apiVersion: "batch/v1",
          kind: "CronJob",
          metadata: meta,
          spec: {
            schedule: "0 0 1 1 *",
            suspend: true,
            jobTemplate: {
              spec: {
                template: {
                  spec: { restartPolicy: "Never", containers: [{ name: "c", image: "a:1" }] },
                },
              },
            },
          },
        },
        "apps/v1/deployments": deployment("x", { replicas: 0 }),
        "apps/v1/statefulsets": {
          ...deployment("x", { replicas: 0, serviceName: "x" }),
          kind: "StatefulSet",
        },
        "apps/v1/replicasets": { ...deployment("x", { replicas: 0 }), kind: "ReplicaSet" },
        "coordination.k8s.io/v1/leases": {
          apiVersion: "coordination.k8s.io/v1",
          kind: "Lease",
          metadata: meta,
          spec: { holderIdentity: "a" },
        },
        "discovery.k8s.io/v1/endpointslices": {
          apiVersion: "discovery.k8s.io/v1",
          kind: "EndpointSlice",
          metadata: meta,
          addressType: "IPv4",
          endpoints: [],
        },
        [things]: thing("x", { text: "a" }),
      };
      const seen: Record<string, Body> = {};
      for (const [resource, body] of Object.entries(objects)) {
        const made = await server.post(server.at(resource), body);
        const labelled = await server.merge(server.at(resource, "x"), {
          metadata: { labels: { a: "b" } },
        });
        const generation = (reply: Body) => reply.body.metadata?.generation ?? "none";
        seen[resource] = [made.code, generation(made), generation(labelled)];
      }
      seen.annotated = (
        await server.merge(server.at("apps/v1/deployments", "x"), {
          metadata: { annotations: { a: "b" } },
        })
      ).body.metadata.generation;
      seen.spec = (
        await server.merge(server.at(things, "x"), { spec: { text: "b" } })
      ).body.metadata.generation;
      seen.status = (
        await server.merge(`${server.at(things, "x")}/status`, { status: { phase: "b" } })
      ).body.metadata.generation;
      return seen;
    },
    (seen) => {
      expect(seen).toMatchObject({
        configmaps: [201, "none", "none"],
        services: [201, "none", "none"],
        "apps/v1/deployments": [201, 1, 1],
        "networking.k8s.io/v1/ingresses": [201, 1, 1],
        annotated: 2,
        spec: 2,
        status: 2,
      });
    },
  );

  each(
    "◇ A-36: what decides about other objects has a generation, which labels leave alone",
    async (server) => {
      const hooks = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
      const name = `${server.namespace}-hooks`;
      const webhook = {
        name: "a.example.com",
        clientConfig: { url: "https://example.com/a" },
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        failurePolicy: "Ignore",
      };
      const made = await server.post(hooks, {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "MutatingWebhookConfiguration",
        metadata: { name },
        webhooks: [webhook],
      });
      const path = `${hooks}/${name}`;
      const labelled = await server.merge(path, { metadata: { labels: { a: "b" } } });
      const changed = await server.merge(path, { webhooks: [{ ...webhook, timeoutSeconds: 3 }] });
      const partial = await server.get(
        path,
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
      );
      await server.delete(path);
      return [made, labelled, changed, partial].map(({ body }) => body.metadata?.generation);
    },
    (seen) => expect(seen).toEqual([1, 1, 2, 2]),
  );

  each(
    "scale reads and writes replicas",
    async (server) => {
      await server.post(server.at("apps/v1/replicasets"), {
        ...deployment("x", { replicas: 0 }),
        kind: "ReplicaSet",
      });
      const path = server.at("apps/v1/replicasets", "x");
      const read = await server.get(`${path}/scale`);
      const bad = await server.send("POST", `${path}/scale`, { body: {} });
      return { read: { ...read.body, metadata: read.body.metadata.name }, bad: bad.code };
    },
    ({ read }) => expect(read).toMatchObject({ kind: "Scale", spec: {} }),
  );
});
