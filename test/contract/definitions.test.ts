import { describe, expect } from "vitest";
import type { Body } from "./connection.ts";
import { bothServers, outcome, type Server } from "./servers.ts";

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

function definition(group: string, properties: Body = { size: { type: "integer" } }): Body {
  const schema = {
    openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } },
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget", shortNames: ["wd"], categories: ["all"] },
      versions: [
        { name: "v1beta1", served: true, storage: false, schema },
        { name: "v1", served: true, storage: true, schema },
      ],
    },
  };
}

async function define(server: Server, group: string): Promise<Body> {
  const made = await server.post(crds, definition(group));
  await server.until(`/apis/${group}/v1/widgets`, ({ code }) => code === 200);
  return made;
}

describe("definitions and discovery", () => {
  const { each } = bothServers();

  each(
    "A-104: a CRD with the names of another is never Established",
    async (server) => {
      const group = `${server.namespace}.example.org`;
      await define(server, group);
      const base = definition(group);
      const names = { plural: "gadgets", kind: "Gadget", listKind: "WidgetList" };
      const second = {
        ...base,
        metadata: { name: `gadgets.${group}` },
        spec: { ...base["spec"], names },
      };
      const made = await server.post(crds, second);
      const live = await server.until(
        `${crds}/gadgets.${group}`,
        ({ body }) => (body.status?.conditions ?? []).length > 1,
      );
      const conditions = live.body.status.conditions.map(
        ({ type, status, reason, message }: Body) => ({ type, status, reason, message }),
      );
      const served = await server.get(`/apis/${group}/v1/gadgets`);
      return { made: made.code, conditions, served: served.code };
    },
    ({ served }) => expect(served).toBe(404),
  );

  each(
    "a CRD is accepted, established, served, changed and withdrawn",
    async (server) => {
      const group = `${server.namespace}.example.com`;
      const made = await define(server, group);
      const live = await server.until(`${crds}/widgets.${group}`, ({ body }) =>
        (body.status?.conditions ?? []).some(
          (condition: Body) => condition.type === "Established" && condition.status === "True",
        ),
      );
      const widgets = `/apis/${group}/v1/namespaces/${server.namespace}/widgets`;
      const body = {
        apiVersion: `${group}/v1`,
        kind: "Widget",
        metadata: { name: "w" },
        spec: { size: 1 },
      };
      const applied = await server.apply(`${widgets}/w`, body);
      const beta = await server.get(
        `/apis/${group}/v1beta1/namespaces/${server.namespace}/widgets/w`,
      );
      const unknown = await server.apply(`${widgets}/w`, { ...body, spec: { color: "red" } });
      const changed = definition(group, { size: { type: "integer" }, color: { type: "string" } });
      await server.apply(`${crds}/widgets.${group}`, changed, "fieldManager=m&force=true");
      let after = await server.apply(`${widgets}/w`, { ...body, spec: { color: "red" } });
      for (let tries = 0; after.code !== 200 && tries < 50; tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        after = await server.apply(`${widgets}/w`, { ...body, spec: { color: "red" } });
      }
      const groups = await server.get(`/apis/${group}`);
      const resources = await server.get(`/apis/${group}/v1`);
      await server.delete(`${crds}/widgets.${group}`);
      await server.until(`${crds}/widgets.${group}`, ({ code }) => code === 404);
      const gone = await server.until(widgets, ({ code }) => code === 404);
      const conditions = live.body.status.conditions.map(({ type, status, reason }: Body) => ({
        type,
        status,
        reason,
      }));
      return {
        made: made.code,
        conditions,
        storedVersions: live.body.status.storedVersions,
        acceptedNames: live.body.status.acceptedNames,
        spec: { ...live.body.spec },
        applied: { code: applied.code, kind: applied.body.kind },
        beta: { code: beta.code, apiVersion: beta.body.apiVersion, spec: beta.body.spec },
        unknown: { code: unknown.code },
        after: { code: after.code, spec: after.body.spec },
        group: groups.body,
        resources: resources.body.resources.map(({ storageVersionHash: _, ...rest }: Body) => ({
          ...rest,
          verbs: [...rest.verbs].sort(),
        })),
        gone: gone.code,
      };
    },
    (seen) => {
      expect(seen.storedVersions).toEqual(["v1"]);
      expect([seen.made, seen.applied.code, seen.unknown.code, seen.after.code, seen.gone]).toEqual(
        [201, 201, 500, 200, 404],
      );
    },
  );

  each(
    "discovery lists the same kinds, verbs, scopes and subresources",
    async (server) => {
      const shown = (reply: Body) => {
        const items = reply.body.items.filter(
          ({ metadata }: Body) =>
            !String(metadata.name ?? "").includes("example.com") &&
            !String(metadata.name ?? "").includes("holdfast"),
        );
        return items
          .map(({ metadata, versions }: Body) => ({
            group: metadata.name ?? "",
            versions: versions.map(({ version, freshness, resources }: Body) => ({
              version,
              freshness,
              resources: resources
                .map((resource: Body) => ({
                  ...resource,
                  verbs: [...resource.verbs].sort(),
                  subresources: (resource.subresources ?? [])
                    .map((sub: Body) => ({ ...sub, verbs: [...sub.verbs].sort() }))
                    .sort((a: Body, b: Body) => (a.subresource < b.subresource ? -1 : 1)),
                }))
                .sort((a: Body, b: Body) => (a.resource < b.resource ? -1 : 1)),
            })),
          }))
          .sort((a: Body, b: Body) => (a.group < b.group ? -1 : 1));
      };
      return {
        core: shown(await server.get("/api", aggregated)),
        groups: shown(await server.get("/apis", aggregated)),
      };
    },
    ({ core, groups }) => {
      expect(core).toHaveLength(1);
      expect(groups.map(({ group }: Body) => group)).toContain("apps");
    },
  );

  each(
    "older discovery documents",
    async (server) => {
      const apps = (await server.get("/apis/apps")).body;
      const resources = (await server.get("/apis/apps/v1")).body;
      const core = (await server.get("/api/v1")).body;
      const strip = ({ resources: list, ...rest }: Body) => ({
        ...rest,
        resources: list
          .map(({ storageVersionHash: _, ...item }: Body) => ({
            ...item,
            verbs: [...item.verbs].sort(),
          }))
          .sort((a: Body, b: Body) => (a.name < b.name ? -1 : 1)),
      });
      const names = (await server.get("/apis")).body.groups
        .map(({ name }: Body) => name)
        .filter((name: string) => !name.includes("example.com") && !name.includes("holdfast"))
        .sort();
      return {
        apps,
        resources: strip(resources),
        core: strip(core),
        names,
        api: (await server.get("/api")).body.versions,
      };
    },
    ({ api }) => expect(api).toEqual(["v1"]),
  );

  each(
    "versions and health",
    async (server) => {
      const version = (await server.get("/version")).body;
      return {
        minor: version.minor,
        major: version.major,
        ready: (await server.get("/readyz")).code,
        missing: outcome(await server.get("/apis/none.example.com")).code,
      };
    },
    ({ ready, missing }) => expect([ready, missing]).toEqual([200, 404]),
  );
});
