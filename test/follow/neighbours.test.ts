import { expect, it } from "vitest";
import { neighboursOf } from "../../agent/follow/neighbours.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { refOf } from "../../agent/model/object.ts";
import { createSlot, type Slot } from "../../agent/slot.ts";
import { commitOf } from "../pass/bench.ts";
import { desired, entryOf, inventory, object, unit } from "../plan/builders.ts";

const web = object("ConfigMap", "web");
const old = object("ConfigMap", "old", { metadata: { name: "old", namespace: "attic" } });
const widget = object("Widget", "w", { apiVersion: "example.com/v1" });

/** An app that declares some objects, and still tracks some. */
function slot(app: string, declared: readonly KubeObject[], more: Partial<Slot> = {}): Slot {
  const manifests = {
    unit: unit({ app }),
    commit: commitOf("x"),
    renderer: "plain" as const,
    desired: declared.map(desired),
    hooks: [],
    unsendable: [],
    digest: "",
    warnings: [],
    ignored: [],
    unknownKinds: [],
  };
  const tracked = inventory([...declared, old].map((each) => entryOf(each)));
  return { ...createSlot(app), manifests, inventory: tracked, ...more };
}

it("4.5-1: says who else declares an identity, never the app itself", () => {
  const slots = [slot("shop", [web]), slot("blog", [])];
  expect(neighboursOf("blog", slots).declaredBy(refOf(web))).toBe("shop");
  expect(neighboursOf("shop", slots).declaredBy(refOf(web))).toBeUndefined();
});

it("P-62: names the lowest of several, in whatever order they come", () => {
  const slots = [slot("zoo", [web]), slot("blog", [web]), slot("shop", [web])];
  expect(neighboursOf("shop", slots).declaredBy(refOf(web))).toBe("blog");
});

it("4.5-1: an app whose render is unknown declares its whole inventory", () => {
  const problem = { reason: "ConfigInvalid", message: "x" } as const;
  const known = neighboursOf("x", [slot("shop", [web])]);
  expect(known.declaredBy(refOf(old))).toBeUndefined();
  for (const more of [{ problems: [problem] }, { manifests: undefined }]) {
    const unknown = neighboursOf("x", [slot("shop", [web], more)]);
    expect(unknown.declaredBy(refOf(old))).toBe("shop");
    expect(unknown.declaredUids).toContain("uid-old");
  }
});

it("R-4: an app that was rolled back declares what its older render has, too", () => {
  const end = { digest: "d", commit: "c" };
  const rollback = { from: end, to: end, by: "failure", why: "w", at: "" } as const;
  const shop = slot("shop", [web]);
  const back = { ...shop, inventory: { ...inventory([entryOf(old)]), rollback } };
  expect(neighboursOf("x", [shop]).declaredBy(refOf(old))).toBeUndefined();
  expect(neighboursOf("x", [back]).declaredBy(refOf(old))).toBe("shop");
});

it("P-72: an app that goes declares nothing, but what it has left keeps its namespace (4.5-6)", () => {
  const removal = { how: "hold", reason: "AppRemoved", why: "x" } as const;
  const neighbours = neighboursOf("x", [slot("shop", [web], { removal })]);
  expect(neighbours.declaredBy(refOf(web))).toBeUndefined();
  expect(neighbours.namespaceUsedBy("attic")).toBe("app shop");
  expect(neighbours.namespaceUsedBy("shop")).toBe("app shop");
  expect(neighbours.namespaceUsedBy("empty")).toBeUndefined();
});

it("4.5-5, 4.5-6: knows UIDs of what is declared, and whose resources a CRD has", () => {
  const neighbours = neighboursOf("x", [slot("shop", [web, widget])]);
  expect([...neighbours.declaredUids].sort()).toEqual(["uid-w", "uid-web"]);
  expect(neighbours.crdUsedBy("widgets.example.com")).toBe("shop");
  expect(neighbours.crdUsedBy("gadgets.example.com")).toBeUndefined();
});
