import { expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import type { IgnoreRule } from "../../agent/model/unit.ts";
import { shapePayload as shape } from "../../agent/plan/ignore.ts";
import { prepare } from "../../agent/plan/plan.ts";
import { desired, live, manager, marked, object, ours, planContext } from "./builders.ts";

function rule(more: Partial<IgnoreRule> = {}): IgnoreRule {
  return { kind: "Deployment", fields: [], managers: [], ...more };
}

const shapePayload = (...given: Parameters<typeof shape>): KubeObject => shape(...given).payload;

function web(spec: unknown): KubeObject {
  return object("Deployment", "web", { spec });
}

const replicas = rule({ fields: ["/spec/replicas"] });
const foreign = manager("hpa", { "f:spec": { "f:replicas": {} } });
const own = ours({ "f:spec": { "f:replicas": {} } });

it("A-52: what another manager owns is left out of the payload", () => {
  const there = live(web({ replicas: 5 }), { managedFields: [own, foreign] });
  expect(
    shapePayload(desired(web({ replicas: 2, paused: false })), there, [replicas])["spec"],
  ).toEqual({ paused: false });
});

it("A-52: what nobody else owns is sent as it lives, for leaving it out would delete it", () => {
  const there = live(web({ replicas: 5 }), { managedFields: [own] });
  expect(shapePayload(desired(web({ replicas: 2 })), there, [replicas])["spec"]).toEqual({
    replicas: 5,
  });
});

it("A-55: what was left out stands by, as it lives, for a server that demands it", () => {
  const there = live(web({ replicas: 5 }), { managedFields: [own, foreign] });
  const wanted = desired(web({ replicas: 2, paused: false }));
  expect(shape(wanted, there, [replicas]).whole?.["spec"]).toEqual({ replicas: 5, paused: false });
  const nobody = live(web({ replicas: 5 }), { managedFields: [own] });
  expect(shape(wanted, nobody, [replicas])).not.toHaveProperty("whole");
});

it("A-56: a rule about status changes nothing: status is never sent", () => {
  const there = live(object("Deployment", "web", { spec: {}, status: { replicas: 5 } }), {
    managedFields: [
      manager("kcm", { "f:status": { "f:replicas": {} } }, { subresource: "status" }),
    ],
  });
  const wanted = desired(web({}));
  const about = rule({ fields: ["/status/replicas", "/status/*"], managers: ["kcm:status"] });
  expect(shape(wanted, there, [about])).toEqual({ payload: wanted.object });
});

it("A-53: where both are equal it stays in", () => {
  const there = live(web({ replicas: 2 }), { managedFields: [own, foreign] });
  const wanted = desired(web({ replicas: 2 }));
  expect(shapePayload(wanted, there, [replicas])).toBe(wanted.object);
});

it.each([
  [{ kind: "Deployment.apps" }, true],
  [{ kind: "Deployment.extensions" }, false],
  [{ kind: "StatefulSet" }, false],
  [{ name: "w*" }, true],
  [{ name: "api" }, false],
  [{ namespace: "sho?" }, false],
  [{ namespace: "*" }, true],
])("A-50: %j concerns it: %s", (more, is) => {
  const there = live(web({ replicas: 5 }), { managedFields: [own] });
  const payload = shapePayload(desired(web({ replicas: 2 })), there, [{ ...replicas, ...more }]);
  expect(payload["spec"]).toEqual({ replicas: is ? 5 : 2 });
});

it("A-50: a `*` stands for any key", () => {
  const wanted = object("ConfigMap", "web", { data: { a: "1", b: "2", "c/d": "3" } });
  const there = live(object("ConfigMap", "web", { data: { a: "x", b: "2", "c/d": "y" } }), {
    managedFields: [ours({ "f:data": { "f:a": {}, "f:b": {}, "f:c/d": {} } })],
  });
  const ignore = rule({ kind: "ConfigMap", fields: ["/data/*"] });
  expect(shapePayload(desired(wanted), there, [ignore])["data"]).toEqual({
    a: "x",
    b: "2",
    "c/d": "y",
  });
});

it("A-57: every declared path of a named entry is ignored", () => {
  const scaled = manager("kcm", { "f:spec": { "f:replicas": {} } }, { subresource: "scale" });
  const there = live(web({ replicas: 5, paused: true }), { managedFields: [own, scaled] });
  const shaped = (name: string) =>
    shapePayload(desired(web({ replicas: 2, paused: false })), there, [rule({ managers: [name] })])[
      "spec"
    ];
  expect(shaped("kcm:scale")).toEqual({ paused: false });
  expect(shaped("kcm")).toEqual({ replicas: 2, paused: false });
});

const item = (name: string, image: string, more: object = {}) => ({ name, image, ...more });
const containers = (...all: readonly object[]) => web({ containers: all });
const images = rule({ fields: ["/spec/containers/*/image"] });
const itemKey = (name: string) => `k:{"name":"${name}"}`;

it("A-54: a list item is found by its keys, wherever it stands in live", () => {
  const there = live(containers(item("proxy", "istio"), item("web", "web:2")), {
    managedFields: [
      ours({ "f:spec": { "f:containers": { [itemKey("web")]: { "f:image": {}, "f:name": {} } } } }),
      manager("istio", { "f:spec": { "f:containers": { [itemKey("proxy")]: { "f:image": {} } } } }),
    ],
  });
  const payload = shapePayload(desired(containers(item("web", "web:1"))), there, [images]);
  expect(payload["spec"]).toEqual({ containers: [item("web", "web:2")] });
});

it("A-54: and its owner is the owner of that item", () => {
  const there = live(containers(item("proxy", "istio"), item("web", "web:2")), {
    managedFields: [
      ours({ "f:spec": { "f:containers": { [itemKey("web")]: { "f:name": {} } } } }),
      manager("keel", { "f:spec": { "f:containers": { [itemKey("web")]: { "f:image": {} } } } }),
    ],
  });
  const shaped = (ignore: IgnoreRule) =>
    shapePayload(desired(containers(item("web", "web:1"))), there, [ignore])["spec"];
  expect(shaped(images)).toEqual({ containers: [{ name: "web" }] });
  expect(shaped(rule({ managers: ["keel"] }))).toEqual({ containers: [{ name: "web" }] });
});

it("A-54: an item that live lacks is sent as declared", () => {
  const there = live(containers(item("proxy", "istio")), {
    managedFields: [
      manager("istio", { "f:spec": { "f:containers": { [itemKey("proxy")]: { "f:image": {} } } } }),
    ],
  });
  const payload = shapePayload(desired(containers(item("web", "web:1"))), there, [images]);
  expect(payload["spec"]).toEqual({ containers: [item("web", "web:1")] });
});

it("A-54: inside an atomic list the live item is copied, whoever owns the list", () => {
  const there = live(web({ args: ["a", "x"] }), {
    managedFields: [ours({ "f:spec": {} }), manager("tuner", { "f:spec": { "f:args": {} } })],
  });
  const ignore = rule({ fields: ["/spec/args/1"] });
  expect(shapePayload(desired(web({ args: ["a", "b"] })), there, [ignore])["spec"]).toEqual({
    args: ["a", "x"],
  });
});

it("A-52: an item of a map list that another manager owns is left out whole", () => {
  const there = live(containers(item("web", "web:2")), {
    managedFields: [
      manager("keel", {
        "f:spec": { "f:containers": { [itemKey("web")]: { ".": {}, "f:image": {} } } },
      }),
    ],
  });
  const ignore = rule({ fields: ["/spec/containers/0"] });
  const wanted = desired(web({ paused: true, containers: [item("web", "web:1")] }));
  expect(shapePayload(wanted, there, [ignore])["spec"]).toEqual({ paused: true, containers: [] });
});

const hpa = (spec: object, more: object = {}) =>
  object("HorizontalPodAutoscaler", "web", {
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, ...spec },
    ...more,
  });
const keda = (spec: object) =>
  object("ScaledObject", "web", { spec: { scaleTargetRef: { name: "web" }, ...spec } });
const elsewhere = { metadata: { name: "web", namespace: "other" } };
const another = { apiVersion: "apps/v1", kind: "Deployment", name: "api" };

it.each([
  ["within an HPA's bounds", hpa({ minReplicas: 2, maxReplicas: 9 }), 5, true],
  ["at its bound", hpa({ minReplicas: 5, maxReplicas: 5 }), 5, true],
  ["above it", hpa({ maxReplicas: 4 }), 5, false],
  ["below it", hpa({ minReplicas: 6, maxReplicas: 9 }), 5, false],
  ["at none, where one is the least", hpa({ maxReplicas: 9 }), 0, false],
  ["at none, under KEDA", keda({ maxReplicaCount: 9 }), 0, true],
  ["under KEDA's own bound", keda({}), 100, true],
  ["above KEDA's own bound", keda({}), 101, false],
  ["under an HPA of another namespace", hpa({ maxReplicas: 9 }, elsewhere), 5, false],
  ["under an HPA of another workload", hpa({ maxReplicas: 9, scaleTargetRef: another }), 5, false],
] as const)("A-50: replicas %s are left as they live", (...[, scaler, replicas, is]) => {
  const wanted = desired(marked(web({ replicas: 2 })));
  const there = live(marked(web({ replicas })), { managedFields: [own, foreign] });
  const declared = [wanted, desired(scaler)];
  const prepared = prepare(wanted, { found: "object", object: there }, planContext({ declared }));
  if (prepared.settled !== undefined) throw new Error("settled");
  expect(prepared.payload["spec"]).toEqual(is ? {} : { replicas: 2 });
});
