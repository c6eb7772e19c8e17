import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { configMap, deployment, obj, outcomes, sharedBench, until, within } from "../pass/bench.ts";
import { failures } from "../pass/order-cases.ts";
import { alive, makeNamespace, withAnnotations } from "./scene.ts";

const bench = sharedBench();

const service = (name: string, ports: readonly object[]) =>
  obj("Service", name, { spec: { selector: { app: name }, ports } });

describe("acceptance FX: applying", () => {
  it("40 Second pass: no writes and no requests (P8, A-36)", async () => {
    const app = "fx40";
    const ports = [{ port: 80 }];
    await bench().sync(app, [
      configMap("c"),
      obj("Secret", "s", { stringData: { a: "1" } }),
      deployment("web"),
      service("web", ports),
      obj("Role", "r", { rules: null }),
    ]);
    await bench().watch();
    await until(
      async () =>
        (await bench().pass(app)).pass.health.every(({ health }) => health.status === "Healthy"),
      "healthy",
    );
    await bench().pass(app);
    const from = bench().mark;
    const done = await bench().pass(app);
    expect(new Set(Object.values(outcomes(done)))).toEqual(new Set(["unchanged"]));
    expect(bench().writesSince(from)).toEqual([]);
    const aboutObjects = bench()
      .requestsSince(from)
      .filter((one) => !one.includes("holdfast-inventory-"));
    expect(aboutObjects).toEqual([]);
  });

  it("41 Port protocol defaulted (N-1)", async () => {
    const app = "fx41";
    const dns = [
      { name: "tcp", port: 53 },
      { name: "udp", port: 53, protocol: "UDP" },
    ];
    const labels = { app: "web" };
    const container = { name: "c", image: "i", ports: [{ containerPort: 80 }] };
    const template = { metadata: { labels }, spec: { containers: [container] } };
    const web = obj("Deployment", "web", { spec: { selector: { matchLabels: labels }, template } });
    const { desired } = bench().declare(app, { objects: [service("dns", dns), web] });
    const declared = JSON.stringify(desired.map(({ object }) => object));
    expect(declared.match(/"protocol":"TCP"/g)).toHaveLength(2); // it is a part of the items' keys
    const done = await bench().pass(app);
    expect(outcomes(done)).toEqual({ "Service/dns": "created", "Deployment/web": "created" });
    const live = await bench().get(within(app, service("dns", [])));
    const ports = ["TCP", "UDP"].map((protocol) => expect.objectContaining({ protocol }));
    expect(live?.["spec"]).toMatchObject({ ports });
    const from = bench().mark;
    await bench().pass(app, { bypassProofs: true });
    expect(bench().writesSince(from)).toEqual([]);
  });

  it("42 create-only cluster object with namespace (§4.4, §0.3)", async () => {
    const app = "fx42";
    const role = (verb: string): KubeObject => {
      const rules = [{ apiGroups: [""], resources: ["pods"], verbs: [verb] }];
      const made = obj("ClusterRole", "fx42", { rules }, { namespace: app });
      return withAnnotations(made, { "holdfast.dev/create-only": "enabled" });
    };
    expect(outcomes(await bench().sync(app, [role("get")]))).toEqual({
      "ClusterRole/fx42": "created",
    });
    const from = bench().mark;
    await bench().sync(app, [role("delete")]);
    await bench().pass(app, { bypassProofs: true });
    expect(
      bench()
        .writesSince(from)
        .filter((one) => one.includes("clusterroles")),
    ).toEqual([]);
    const { namespace: _none, ...metadata } = role("get").metadata;
    const live = await bench().get({ ...role("get"), metadata });
    expect(live?.["rules"]).toEqual(role("get")["rules"]);
    expect(live?.metadata.namespace).toBeUndefined();
  });

  it("44 Missing namespace: readable error (A-92)", async () => {
    const done = await bench().sync("fx44", [within("fx44-nowhere", configMap("c"))]);
    const [failure = "", ...more] = failures(done);
    expect(more).toEqual([]);
    expect(failure).toMatch(/^NamespaceUnavailable: .*fx44-nowhere/);
    expect(done.pass.results[0]?.problem).toMatchObject({
      file: "apps/fx44/objects.yaml",
      line: 1,
    });
  });

  it("45 Bad CRD caBundle dropped, good kept (N-9, A-103)", async () => {
    const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    const good = Buffer.from(pem).toString("base64");
    const definition = (name: string, caBundle: string): KubeObject => {
      const names = { plural: name, singular: name, kind: name, listKind: `${name}List` };
      const schema = { openAPIV3Schema: { type: "object" } };
      const service_ = { namespace: "fx45", name: "convert" };
      const webhook = {
        conversionReviewVersions: ["v1"],
        clientConfig: { caBundle, service: service_ },
      };
      return obj("CustomResourceDefinition", `${name}.fx45.example.com`, {
        spec: {
          group: "fx45.example.com",
          scope: "Namespaced",
          names,
          conversion: { strategy: "Webhook", webhook },
          versions: [{ name: "v1", served: true, storage: true, schema }],
        },
      });
    };
    const all = [
      definition("empties", ""),
      definition("newlines", "Cg=="),
      definition("words", Buffer.from("no certificate").toString("base64")),
      definition("goods", good),
    ];
    const done = await bench().sync("fx45", all);
    expect(Object.values(outcomes(done))).toEqual(["created", "created", "created", "created"]);
    const bundles = await Promise.all(
      all.map(async (one) => {
        const live = (await bench().get(one)) as unknown as Definition | undefined;
        return live?.spec.conversion.webhook.clientConfig.caBundle;
      }),
    );
    expect(bundles).toEqual([undefined, undefined, undefined, good]);
  });

  it("46 Role before RoleBinding (A-100)", async () => {
    const app = "fx46";
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "z" };
    const from = bench().mark;
    await bench().sync(app, [
      obj("RoleBinding", "a", { roleRef }),
      obj("Role", "z", { rules: [] }),
    ]);
    const order = bench()
      .writesSince(from)
      .filter((one) => one.startsWith("PATCH"))
      .map((one) => one.split("/").at(-2));
    expect(order).toEqual(["roles", "rolebindings"]);
  });

  it("47 Partial failure: the applied ones have UIDs (P-10)", async () => {
    const app = "fx47";
    await makeNamespace(bench(), app);
    const bad = obj("Service", "bad", { spec: { ports: "none" } });
    await bench().sync(app, [configMap("a"), bad, deployment("web")]);
    const entries = [...((await bench().inventory(app))?.entries.values() ?? [])];
    const told = entries.map(({ ref, state, uid }) => [ref.name, state, uid !== undefined]);
    expect(told.sort()).toEqual([
      ["a", "applied", true],
      ["bad", "intent", false],
      ["web", "applied", true],
    ]);
    // Dropped again, the one that never was is forgotten, and the others are untouched.
    bench().laterMs += 91_000;
    await bench().sync(app, [configMap("a"), deployment("web")]);
    bench().laterMs -= 91_000;
    expect(await bench().tracked(app)).toEqual(["ConfigMap/a", "Deployment/web"]);
    expect(await alive(bench(), app, [configMap("a"), deployment("web")])).toEqual(["a", "web"]);
  });
});

interface Definition {
  readonly spec: {
    readonly conversion: {
      readonly webhook: { readonly clientConfig: { readonly caBundle?: string } };
    };
  };
}
