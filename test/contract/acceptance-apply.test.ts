import { beforeAll, describe, expect } from "vitest";
import { configMap, podTemplate, thing } from "./bodies.ts";
import type { Body, Reply } from "./connection.ts";
import { define, definition, old, specOf, version } from "./olds.ts";
import { bothServers, outcome } from "./servers.ts";
import { defineThings } from "./shapes.ts";

const things = "contract.holdfast.dev/v1/things";
const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const as = (manager: string) => `fieldManager=${manager}`;

/** Fields by manager. */
function owners({ body }: Reply): Body {
  return Object.fromEntries(
    (body.metadata?.managedFields ?? []).map(({ manager, operation, fieldsV1 }: Body) => [
      `${manager} ${operation}`,
      fieldsV1,
    ]),
  );
}

describe("acceptance SMD: the server-side apply algorithm (semantics §1.18)", () => {
  const suite = bothServers();
  const { each } = suite;
  beforeAll(async () => {
    const { sandbox, real } = suite.servers();
    await defineThings(sandbox);
    if (real !== undefined) await defineThings(real);
  });

  each(
    "106 Removed item keeps another's child (§1.18-6)",
    async (server) => {
      const path = server.at(things, "x");
      const items = (...list: readonly Body[]) => thing("x", { items: list });
      await server.apply(
        path,
        items({ name: "a", value: "1", tags: ["p"] }, { name: "b" }),
        as("one"),
      );
      await server.apply(path, items({ name: "a", tags: ["q"] }), as("two"));
      const dropped = await server.apply(path, thing("x", { text: "t" }), as("one"));
      const gone = await server.apply(path, thing("x", { count: 1 }), as("two"));
      return { dropped: [specOf(dropped), owners(dropped)], gone: specOf(gone) };
    },
    ({ dropped: [spec, owned], gone }) => {
      // What one alone had of it goes; the item stays, with its key, for the child that two has.
      expect(spec).toMatchObject({ items: [{ name: "a", tags: ["q"] }], text: "t" });
      expect(spec.items[0]).not.toHaveProperty("value");
      expect(owned["two Apply"]).toHaveProperty(["f:spec", "f:items", 'k:{"name":"a"}']);
      expect(owned["one Apply"]).toEqual({ "f:spec": { "f:text": {} } });
      expect(gone).not.toHaveProperty("items");
    },
  );

  each(
    "107 Live duplicates: applied ones replaced, others stay (§1.18-4)",
    async (server) => {
      const body = (more: Body) =>
        podTemplate("x", { containers: [{ name: "c", image: "a:1", ...more }] });
      const env = (...pairs: readonly string[]) =>
        pairs.map((pair) => ({ name: pair.slice(0, 1), value: pair.slice(1) }));
      const path = server.at("podtemplates", "x");
      await server.post(server.at("podtemplates"), body({ env: env("A1", "B1", "A2", "B2") }));
      const envOf = (reply: Reply) =>
        reply.body.template.spec.containers[0].env.map(({ name, value }: Body) => name + value);
      const force = "fieldManager=m&force=true";
      const beside = await server.apply(path, body({ workingDir: "/" }), force);
      const applied = await server.apply(path, body({ env: env("A3") }), force);
      const again = await server.apply(path, body({ env: env("A3", "C1") }), force);
      return { beside: envOf(beside), applied: envOf(applied), again: envOf(again) };
    },
    ({ beside, applied, again }) => {
      expect(beside).toEqual(["A1", "B1", "A2", "B2"]);
      expect([...applied].sort()).toEqual(["A3", "B1", "B2"]);
      expect([...again].sort()).toEqual(["A3", "B1", "B2", "C1"]);
    },
  );

  each(
    "108 Defaulted key filled, ambiguous refused (§1.18-1, A-73, A-74)",
    async (server) => {
      const path = server.at(things, "x");
      const ports = (...list: readonly Body[]) => thing("x", { ports: list });
      const made = await server.apply(path, ports({ port: 1, note: "n" }), as("one"));
      const again = await server.apply(path, ports({ port: 1, note: "n" }), as("one"));
      const said = await server.apply(
        path,
        ports({ port: 1, protocol: "TCP", note: "n" }),
        as("one"),
      );
      const both = await server.apply(path, ports({ port: 1 }, { port: 1, protocol: "UDP" }));
      const twice = await server.apply(path, ports({ port: 1 }, { port: 1, protocol: "TCP" }));
      const keyless = await server.apply(path, thing("x", { items: [{ value: "1" }] }));
      const versionOf = ({ body }: Reply) => body.metadata.resourceVersion;
      return {
        ports: specOf(made).ports,
        owned: owners(made),
        noop: versionOf(made) === versionOf(again),
        said: [specOf(said).ports, owners(said)],
        both: specOf(both).ports,
        twice: outcome(twice),
        keyless: outcome(keyless),
      };
    },
    (seen) => {
      expect(seen.ports).toEqual([{ port: 1, protocol: "TCP", note: "n" }]);
      const key = 'k:{"port":1,"protocol":"TCP"}';
      expect(seen.owned["one Apply"]).toHaveProperty(["f:spec", "f:ports", key, "f:note"]);
      expect(seen.noop).toBe(true);
      expect(seen.said[0]).toEqual(seen.ports);
      expect(seen.both).toHaveLength(2);
      expect(seen.twice.message).toContain("duplicate entries for key");
      expect([seen.twice.code, seen.keyless.code]).toEqual([500, 500]);
    },
  );

  each(
    "109 Atomic↔granular keeps ownership (§1.18-3)",
    async (server) => {
      const group = `${server.namespace}.example.com`;
      const strings = { type: "object", additionalProperties: { type: "string" } };
      const path = server.at(`${group}/v1/olds`, "o");
      const become = async (kind: "atomic" | "granular") => {
        const map = { ...strings, "x-kubernetes-map-type": kind };
        await define(server, definition(group, [version("v1", { map })]));
        const probe = server.at(`${group}/v1/olds`, "probe");
        for (let tries = 0; tries < 100; tries += 1) {
          const reply = await server.apply(
            probe,
            old(group, { name: "probe", map: { x: "1" } }),
            "fieldManager=probe&dryRun=All",
          );
          const children = owners(reply)["probe Apply"]?.["f:spec"]?.["f:map"] ?? {};
          if ((Object.keys(children).length === 0) === (kind === "atomic")) return;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error(`${server.kind}: the map did not become ${kind}`);
      };
      const apply = (manager: string, map: Body) =>
        server.apply(path, old(group, { map }), as(manager));
      await become("granular");
      await apply("one", { a: "1" });
      const granular = await apply("two", { b: "1" });
      await become("atomic");
      const atomic = await apply("one", { a: "1", b: "1" });
      const rival = await apply("two", { b: "2" });
      await become("granular");
      const back = await apply("one", { a: "1" });
      const result = {
        granular: owners(granular),
        atomic: owners(atomic),
        rival: { code: rival.code, causes: rival.body.details?.causes },
        back: [specOf(back), owners(back)],
      };
      await server.delete(`${crds}/olds.${group}`);
      return result;
    },
    ({ granular, atomic, rival, back: [spec, owned] }) => {
      const fields = (...keys: readonly string[]) => ({
        "f:spec": { "f:map": Object.fromEntries(keys.map((key) => [key, {}])) },
      });
      expect(granular).toMatchObject({ "one Apply": fields("f:a"), "two Apply": fields("f:b") });
      // As a whole it is both's, and neither may change it alone.
      expect(atomic).toMatchObject({ "one Apply": fields(), "two Apply": fields() });
      expect(rival.code).toBe(409);
      expect(rival.causes).toHaveLength(1);
      // Field by field again, two keeps the whole until it applies: what one drops stays.
      expect(spec.map).toEqual({ a: "1", b: "1" });
      expect(owned["two Apply"]).toEqual(fields());
    },
  );

  each(
    "111 Same value is shared (§1.18-7)",
    async (server) => {
      const path = server.at("configmaps", "x");
      const apply = (manager: string, data: Record<string, string>) =>
        server.apply(path, configMap("x", data), as(manager));
      await apply("one", { a: "1", b: "1" });
      const shared = await apply("two", { a: "1" });
      const merged = await server.merge(path, { data: { a: "1" } }, as("three"));
      const differs = await apply("two", { a: "2" });
      const left = await apply("one", { b: "1" });
      const gone = await apply("two", {});
      return {
        shared: [shared.code, owners(shared)],
        merged: owners(merged),
        differs: outcome(differs),
        left: left.body.data,
        gone: gone.body.data,
      };
    },
    ({ shared, merged, differs, left, gone }) => {
      const [code, owned] = shared;
      expect(code).toBe(200);
      expect(owned).toEqual({
        "one Apply": { "f:data": { "f:a": {}, "f:b": {} } },
        "two Apply": { "f:data": { "f:a": {} } },
      });
      expect(merged).toEqual(owned); // who writes what is there already owns nothing
      expect(differs).toMatchObject({ code: 409, causes: [{ field: ".data.a" }] });
      expect(left).toEqual({ a: "1", b: "1" });
      expect(gone).toEqual({ b: "1" });
    },
  );
});
