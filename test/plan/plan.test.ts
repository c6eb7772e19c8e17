import { describe, expect, it } from "vitest";
import type { ApiFailure } from "../../agent/model/api-failure.ts";
import { isJsonObject, type JsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { refOf } from "../../agent/model/object.ts";
import type { Unit } from "../../agent/model/unit.ts";
import { judge, type Live, type PlanContext, prepare } from "../../agent/plan/plan.ts";
import {
  desired,
  entryOf,
  installation,
  live,
  manager,
  marked,
  nowMs,
  object,
  ours,
  planContext,
  unit,
} from "./builders.ts";

const web = marked(object("ConfigMap", "web", { data: { a: "1" } }));
const wanted = desired(web);
const hour = 3_600_000;

/** What Git had before, as it lives. */
function stored(data: unknown, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  return live(
    { ...web, data },
    { managedFields: [ours({ "f:data": { "f:a": {} } })], ...metadata },
  );
}

function mapOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** The dry run of a server that merges maps. */
function plan(found: Live, more: Partial<PlanContext> = {}, of = wanted) {
  const context = planContext(more);
  const prepared = prepare(of, found, context);
  if (prepared.settled !== undefined) return prepared.settled;
  const { live, payload } = prepared;
  const metadata = { ...live.metadata, ...payload.metadata };
  const data = { ...mapOf(live["data"]), ...mapOf(payload["data"]) };
  return judge(prepared, { ok: true, object: { ...live, ...payload, metadata, data } }, context);
}

function there(object: KubeObject): Live {
  return { found: "object", object };
}

const failure: ApiFailure = {
  status: 403,
  reason: "Forbidden",
  message: "no",
  causes: [],
  indeterminate: false,
};

/** Applied before, with the digest that Git still has. */
const known = entryOf(web, { digest: wanted.digest });

describe("what is missing", () => {
  it("§1.2-3: is created, as a change the first time and as drift once it was applied", () => {
    expect(plan({ found: "nothing" })).toMatchObject({ action: "create", cause: "change" });
    expect(plan({ found: "nothing" }, { entry: known })).toMatchObject({ cause: "drift" });
  });

  it("H-8: is done when it was seen finished with this digest", () => {
    const entry = { ...known, finished: wanted.digest };
    expect(plan({ found: "nothing" }, { entry })).toMatchObject({ action: "skip", forget: false });
    const old = { ...known, finished: "another" };
    expect(plan({ found: "nothing" }, { entry: old })).toMatchObject({ action: "create" });
  });

  it("D-27: is only reported by an app that observes", () => {
    expect(plan({ found: "nothing" }, { unit: unit({ mode: "observe" }) })).toMatchObject({
      action: "report",
      reason: "DriftReported",
    });
  });

  it("P-62: is made by the lowest of two apps that declare it", () => {
    expect(plan({ found: "nothing" }, { declaredBy: "billing" })).toMatchObject({
      action: "fail",
      problem: { reason: "ObjectConflict", file: "apps/shop/web.yaml", line: 3 },
    });
    expect(plan({ found: "nothing" }, { declaredBy: "zoo" })).toMatchObject({ action: "create" });
  });
});

describe("what is there", () => {
  it("A-44, A-35: is unchanged when the dry run changes nothing", () => {
    expect(plan(there(stored({ a: "1" })))).toMatchObject({ action: "unchanged" });
  });

  it("§0.2: differs by a change when Git moved, by drift when it did not", () => {
    const change = plan(there(stored({ a: "0" })), { entry: entryOf(web) });
    expect(change).toMatchObject({ action: "update", cause: "change", adopts: false });
    const drift = plan(there(stored({ a: "0" })), { entry: known });
    expect(drift).toMatchObject({
      action: "update",
      cause: "drift",
      over: { uid: "uid-web", resourceVersion: "7" },
      fields: [{ path: "data.a", live: "0", desired: "1" }],
    });
  });

  it("is skipped while it is being deleted, and stands in the way", () => {
    const going = stored({ a: "1" }, { deletionTimestamp: "2026-11-21T08:00:00Z" });
    expect(plan(there(going))).toMatchObject({ action: "skip", waits: "Applying", forget: false });
  });

  it("A-6: fails alone when it cannot be read", () => {
    expect(plan({ found: "error", failure })).toMatchObject({
      action: "fail",
      problem: { reason: "Forbidden", file: "apps/shop/web.yaml" },
    });
  });

  it("A-22: is written once more while a legacy entry shares a path", () => {
    const shared = [
      ours({ "f:data": { "f:a": {} } }),
      manager("kubectl", { "f:data": { "f:a": {} } }),
    ];
    expect(plan(there(stored({ a: "1" }, { managedFields: shared })))).toMatchObject({
      action: "update",
      fields: [],
    });
  });

  it("A-14: is planned again after a race, and fails alone when it is refused", () => {
    const context = planContext();
    const prepared = prepare(wanted, there(stored({ a: "0" })), context);
    if (prepared.settled !== undefined) throw new Error("settled");
    const judged = (answer: Partial<ApiFailure>) =>
      judge(prepared, { ok: false, failure: { ...failure, ...answer } }, context);
    expect(judged({ status: 409 })).toBe("raced");
    expect(judged({})).toMatchObject({ action: "fail", problem: { reason: "Forbidden" } });
    const immutable = { reason: "x", field: "spec.selector", message: "field is immutable" };
    const uid = { reason: "x", field: "metadata.uid", message: "Precondition failed" };
    expect(judged({ status: 422, causes: [immutable] })).toMatchObject({
      problem: { reason: "ImmutableField" },
    });
    expect(judged({ status: 422, causes: [uid] })).toBe("raced");
  });

  it("§2.5: shows no value of a Secret", () => {
    const secret = marked(object("Secret", "db", { data: { k: "bmV3" } }));
    const there = live({ ...secret, data: { k: "b2xk" } });
    const change = plan({ found: "object", object: there }, {}, desired(secret));
    expect(change).toMatchObject({ fields: [{ live: "*** #1", desired: "*** #2" }] });
  });
});

describe("whose it is (P-60, P-62)", () => {
  const bare = object("ConfigMap", "web", { data: { a: "0" } });

  it("no mark: adopted", () => {
    expect(plan(there(live(bare)))).toMatchObject({
      action: "update",
      adopts: true,
      cause: "change",
    });
  });

  it("A-11: a copied mark says nothing: adopted", () => {
    const copy = marked(object("ConfigMap", "other"));
    const { annotations } = copy.metadata;
    const found = live(bare, { annotations: { ...annotations } });
    expect(plan(there(found))).toMatchObject({ action: "update", adopts: true });
  });

  it("another app that no longer declares it: taken", () => {
    expect(plan(there(live(marked(bare, "old"))))).toMatchObject({
      action: "update",
      adopts: true,
    });
  });

  it("another app that declares it too: the marked one keeps it", () => {
    const change = plan(there(live(marked(bare, "zoo"))), { declaredBy: "zoo" });
    expect(change).toMatchObject({ action: "fail", problem: { reason: "ObjectConflict" } });
  });

  it("unmarked, and another app declares it too: the lowest name takes it", () => {
    expect(plan(there(live(bare)), { declaredBy: "billing" })).toMatchObject({ action: "fail" });
    expect(plan(there(live(bare)), { declaredBy: "zoo" })).toMatchObject({ action: "update" });
  });

  it.each([
    ["another installation", marked(bare, "shop", "elsewhere")],
    [
      "Argo CD",
      object("ConfigMap", "web", {
        metadata: { name: "web", annotations: { "argocd.argoproj.io/tracking-id": "x" } },
      }),
    ],
    [
      "Flux",
      object("ConfigMap", "web", {
        metadata: { name: "web", labels: { "kustomize.toolkit.fluxcd.io/name": "x" } },
      }),
    ],
    [
      "Helm",
      object("ConfigMap", "web", {
        metadata: { name: "web", annotations: { "meta.helm.sh/release-name": "x" } },
      }),
    ],
    [
      "an ApplySet",
      object("ConfigMap", "web", {
        metadata: { name: "web", labels: { "applyset.kubernetes.io/part-of": "x" } },
      }),
    ],
  ])("O03: %s: held, unless a person says take it", (_name, found) => {
    expect(plan(there(live(found)))).toMatchObject({ action: "hold", reason: "OwnedElsewhere" });
    expect(plan(there(live(found)), { takeOver: true })).toMatchObject({ action: "update" });
  });

  it("a tool's mark that Git itself declares is no foreign mark", () => {
    const labels = { "argocd.argoproj.io/instance": "shop" };
    const own = marked(object("ConfigMap", "web", { metadata: { name: "web", labels } }));
    const found = object("ConfigMap", "web", { metadata: { name: "web", labels } });
    expect(plan(there(live(found)), {}, desired(own))).toMatchObject({ action: "update" });
  });
});

describe("field conflicts of adoption (A-13)", () => {
  const bare = object("ConfigMap", "web", { data: { a: "0", b: "2" } });
  const by = (name: string, field = "f:a", more = {}) =>
    there(live(bare, { managedFields: [manager(name, { "f:data": { [field]: {} } }, more)] }));

  it("a path that would change and is owned by another manager is not written", () => {
    expect(plan(by("terraform"))).toMatchObject({
      action: "fail",
      problem: {
        reason: "FieldConflict",
        message: expect.stringContaining("data.a"),
        field: "data.a",
        file: "apps/shop/web.yaml",
        line: 3,
      },
    });
    expect(plan(by("terraform"))).toMatchObject({
      problem: { message: expect.stringContaining("terraform") },
    });
  });

  it("A-21: what kubectl left behind is no conflict", () => {
    for (const name of ["kubectl", "kubectl-client-side-apply", "before-first-apply"]) {
      expect(plan(by(name))).toMatchObject({ action: "update", adopts: true });
    }
  });

  it("a legacy manager does not hide another one that owns the path, too", () => {
    const fields = { "f:data": { "f:a": {} } };
    const managedFields = [
      manager("operator", fields, { time: "2026-11-01T00:00:00Z" }),
      manager("kubectl", fields),
    ];
    expect(plan(there(live(bare, { managedFields })))).toMatchObject({
      action: "fail",
      problem: { message: expect.stringContaining("operator") },
    });
  });

  it("a subresource is another manager's, whatever its name", () => {
    expect(plan(by("kubectl", "f:a", { subresource: "scale" }))).toMatchObject({ action: "fail" });
  });

  it("paths that stay as they are do not matter", () => {
    expect(plan(by("terraform", "f:b"))).toMatchObject({ action: "update" });
  });

  it("a person's accept, an ignore rule, or another value in Git settle it", () => {
    expect(plan(by("terraform"), { takeOver: true })).toMatchObject({ action: "update" });
    const ignore = [{ kind: "ConfigMap", fields: ["/data/a"], managers: [] }];
    const drift: Unit["drift"] = { mode: "heal", graceMs: 0, ignore };
    expect(plan(by("terraform"), { unit: unit({ drift }) })).toMatchObject({ action: "update" });
    const same = desired(marked(object("ConfigMap", "web", { data: { a: "0" } })));
    expect(plan(by("terraform"), {}, same)).toMatchObject({ action: "update" });
  });

  it("an app that observes only reports", () => {
    expect(plan(by("terraform"), { unit: unit({ mode: "observe" }) })).toMatchObject({
      action: "report",
    });
  });

  it("A-142: what is ours is judged by values: an edit is healed, not disputed", () => {
    const edited = stored(
      { a: "0" },
      { managedFields: [manager("terraform", { "f:data": { "f:a": {} } })] },
    );
    expect(plan(there(edited), { entry: known })).toMatchObject({
      action: "update",
      cause: "drift",
    });
  });
});

describe("annotations (§4.4)", () => {
  const annotated = (key: string, value: string) =>
    desired(
      marked(
        object("ConfigMap", "web", { metadata: { name: "web", annotations: { [key]: value } } }),
      ),
    );

  it("reconcile: disabled is neither created nor updated, in Git or live", () => {
    const off = annotated("holdfast.dev/reconcile", "disabled");
    expect(plan({ found: "nothing" }, {}, off)).toMatchObject({ action: "skip", forget: false });
    expect(plan(there(live(off.object)))).toMatchObject({ action: "skip" });
  });

  it("D-15: create-only is created, and never updated", () => {
    const once = annotated("holdfast.dev/create-only", "enabled");
    expect(plan({ found: "nothing" }, {}, once)).toMatchObject({ action: "create" });
    expect(plan(there(stored({ a: "0" })), {}, once)).toMatchObject({ action: "unchanged" });
  });

  it("P-20: a permission that stands only on the live object counts for nothing", () => {
    const found = live({
      ...annotated("holdfast.dev/create-only", "enabled").object,
      data: { a: "0" },
    });
    expect(plan(there(found))).toMatchObject({ action: "update" });
  });

  const held = (until: string, setAt = nowMs) =>
    stored(
      { a: "0" },
      {
        annotations: { ...web.metadata.annotations, "holdfast.dev/hold-until": until },
        managedFields: [
          manager(
            "kubectl-annotate",
            { "f:metadata": { "f:annotations": { "f:holdfast.dev/hold-until": {} } } },
            { time: new Date(setAt).toISOString() },
          ),
        ],
      },
    );
  const at = (ms: number) => new Date(nowMs + ms).toISOString();

  it("O33: hold-until stops healing and changing until then", () => {
    expect(plan(there(held(at(hour))), { entry: known })).toMatchObject({
      action: "report",
      reason: "BreakGlass",
      how: "break-glass",
    });
    expect(plan(there(held(at(hour))))).toMatchObject({ action: "report" });
    expect(plan(there(held(at(-1))))).toMatchObject({ action: "update" });
  });

  it("O33: it is capped, and garbage counts for nothing", () => {
    expect(plan(there(held(at(9000 * hour), nowMs - 5 * hour)))).toMatchObject({
      action: "update",
    });
    expect(plan(there(held(at(9000 * hour), nowMs - 3 * hour)))).toMatchObject({
      action: "report",
    });
    expect(plan(there(held("tomorrow")))).toMatchObject({ action: "update" });
  });

  it("O33: without a record of who set it, the cap counts from first sight", () => {
    const found = { ...held(at(9000 * hour)) };
    const bare = live(found, { managedFields: [] });
    const seen = (agoMs: number) => plan(there(bare), { differsSinceMs: nowMs - agoMs });
    expect(seen(5 * hour)).toMatchObject({ action: "update" });
    expect(seen(3 * hour)).toMatchObject({ action: "report" });
  });
});

describe("drift modes (D-27)", () => {
  const drifted = there(stored({ a: "0" }));
  const by = (drift: Partial<Unit["drift"]>, more: Partial<PlanContext> = {}) =>
    plan(drifted, {
      entry: known,
      unit: unit({ drift: { mode: "heal", graceMs: 0, ignore: [], ...drift } }),
      ...more,
    });

  it("report: reports drift and applies changes", () => {
    expect(by({ mode: "report" })).toMatchObject({ action: "report", how: "reported" });
    expect(by({ mode: "report" }, { entry: entryOf(web) })).toMatchObject({ action: "update" });
  });

  it("grace: counts from first sight", () => {
    expect(by({ graceMs: 60_000 })).toMatchObject({ action: "report", how: "grace" });
    const since = (ago: number) => by({ graceMs: 60_000 }, { differsSinceMs: nowMs - ago });
    expect(since(59_999)).toMatchObject({ action: "report" });
    expect(since(60_000)).toMatchObject({ action: "update", cause: "drift" });
    expect(by({ graceMs: 60_000 }, { entry: entryOf(web) })).toMatchObject({ action: "update" });
  });

  it("observe: never writes", () => {
    expect(plan(drifted, { unit: unit({ mode: "observe" }) })).toMatchObject({ action: "report" });
  });
});

it("the builders mark as the render does", () => {
  expect(web.metadata.annotations).toEqual({
    "holdfast.dev/owner": `${installation}/shop//ConfigMap/${refOf(web).namespace}/web`,
  });
});
