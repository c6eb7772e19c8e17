import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../agent/model/object.ts";
import { refId, refOf } from "../../../agent/model/object.ts";
import { planOne } from "../../../cli/commands/plan-one.ts";
import { testHasher } from "../../doubles/ports.ts";
import { configMap, never, obj, sharedBench, widgets, within } from "../../pass/bench.ts";
import { nowMs, unit } from "../../plan/builders.ts";

const bench = sharedBench();

async function preview(app: string, object: KubeObject, declared: readonly KubeObject[] = []) {
  const desiredOf = (one: KubeObject) => {
    const ref = refOf(one);
    const digest = testHasher.sha256(JSON.stringify(one));
    return { id: refId(ref), ref, object: one, digest, file: "a.yaml", line: 1 };
  };
  const { client, installation } = bench().world.cluster;
  const wish = {
    unit: unit({ app, namespace: app }),
    desired: desiredOf(object),
    declared: [object, ...declared].map(desiredOf),
    entry: undefined,
    installation: installation.id,
    nowMs,
  };
  const from = bench().mark;
  const planned = await planOne(client, wish, never);
  expect(bench().writesSince(from)).toEqual([]);
  return planned;
}

describe("a preview of what would be created", () => {
  it("A-5: asks the server, and tells its refusal before anybody merges it", async () => {
    await bench().hand(obj("Namespace", "there"), { method: "POST" });
    expect(await preview("there", within("there", configMap("a")))).toMatchObject({
      change: { action: "create" },
    });
    const bad = within("there", obj("Deployment", "bad", { spec: {} }));
    expect(await preview("there", bad)).toMatchObject({
      change: { action: "fail", problem: { reason: "Rejected", file: "a.yaml" } },
    });
  });

  it("A-7: says that it could not ask where namespace or kind come with the same change", async () => {
    const fresh = await preview("fresh", within("fresh", configMap("a")));
    expect(fresh).toMatchObject({
      change: { action: "create" },
      note: "would be created, not validated: its namespace comes with the same change",
    });
    const other = within("other", configMap("a"));
    expect(await preview("fresh", other, [obj("Namespace", "other")])).toHaveProperty("note");
    expect(await preview("fresh", other)).toMatchObject({
      change: { action: "fail", problem: { reason: "NamespaceUnavailable" } },
    });
    const widget = within("there", obj("Widget", "w", { spec: { size: 1 } }));
    expect(await preview("there", widget, [widgets])).toMatchObject({
      change: { action: "create" },
      note: "would be created, not validated: its kind comes with the same change",
    });
    expect(await preview("there", widget)).toMatchObject({ change: { action: "fail" } });
  });
});

describe("a preview of what cannot be changed in place", () => {
  it("A-61: says whether it would be deleted and made anew, and writes nothing", async () => {
    await bench().hand(obj("Namespace", "fixed"), { method: "POST" });
    const frozen = (value: string, more: object = {}) =>
      obj("ConfigMap", "f", { data: { a: value }, immutable: true }, more);
    const annotations = { "holdfast.dev/recreate": "enabled" };
    bench().declare("fixed", { objects: [frozen("1", { annotations }), configMap("x")] });
    await bench().pass("fixed");
    const marks = (await bench().get(within("fixed", frozen("1"))))?.metadata;
    const { labels = {}, annotations: marked = {} } = marks ?? {};
    const wanted = { namespace: "fixed", labels, annotations: marked };
    expect(await preview("fixed", frozen("2", wanted))).toMatchObject({
      change: { action: "recreate", propagation: "Background" },
    });
    const { "holdfast.dev/recreate": _allowed, ...refused } = marked;
    const forbidden = frozen("2", { ...wanted, annotations: refused });
    expect(await preview("fixed", forbidden)).toMatchObject({
      change: { action: "fail", problem: { reason: "ImmutableField" } },
    });
  });
});
