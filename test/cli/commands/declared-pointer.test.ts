import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../agent/model/object.ts";
import { diffObjects } from "../../../agent/plan/compare.ts";
import { declaredPointer, leavesOf } from "../../../cli/commands/declared-pointer.ts";

const pod = (containers: readonly object[]): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web" },
  spec: { containers },
});
const sidecar = { name: "mesh", image: "mesh:1" };
const web = (image: string, more: object = {}) => ({ name: "web", image, ...more });

/** Where Git declares what differs between live and what our apply would leave. */
function places(live: KubeObject, predicted: KubeObject, declared: KubeObject) {
  return diffObjects(live, predicted).map((field) => declaredPointer(field, { live, declared }));
}

describe("where Git declares a field that differs", () => {
  it("is the item of the same name, wherever it stands in live", () => {
    const live = pod([sidecar, web("web:2")]);
    const predicted = pod([sidecar, web("web:1")]);
    expect(places(live, predicted, pod([web("web:1")]))).toEqual(["/spec/containers/0/image"]);
  });

  it("of an item that was taken out is the place of its name", () => {
    const live = pod([sidecar]);
    const predicted = pod([sidecar, web("web:1")]);
    const declared = pod([{ name: "first", image: "x" }, web("web:1")]);
    expect(places(live, predicted, declared)).toEqual(["/spec/containers/1"]);
  });

  it("is nowhere for an item that Git does not declare", () => {
    const live = pod([{ ...sidecar, image: "mesh:2" }, web("web:1")]);
    const predicted = pod([sidecar, web("web:1")]);
    expect(places(live, predicted, pod([web("web:1")]))).toEqual([undefined]);
  });

  it("keeps keys with slashes", () => {
    const of = (value: string): KubeObject => ({
      ...pod([]),
      metadata: { name: "web", annotations: { "a/b~c": value } },
    });
    expect(places(of("2"), of("1"), of("1"))).toEqual(["/metadata/annotations/a~1b~0c"]);
  });
});

describe("the values to write", () => {
  it("are those that differ alone, so that defaults stay out of Git", () => {
    const live = [{ port: 80, targetPort: 9090, protocol: "TCP", nodePort: 30001 }];
    const desired = [{ port: 80, targetPort: 8080, protocol: "TCP", nodePort: 30001 }];
    expect(leavesOf("/spec/ports", { live, desired })).toEqual([
      { path: ["spec", "ports", "0", "targetPort"], value: 9090 },
    ]);
  });

  it("are the whole list when its length differs, and nothing when it is gone", () => {
    expect(leavesOf("/a~1b", { live: [1, 2], desired: [1] })).toEqual([
      { path: ["a/b"], value: [1, 2] },
    ]);
    expect(leavesOf("/a", { live: undefined, desired: 1 })).toEqual([
      { path: ["a"], value: undefined },
    ]);
  });
});
