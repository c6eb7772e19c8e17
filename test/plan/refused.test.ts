import { describe, expect, it } from "vitest";
import { ApiError } from "../../agent/cluster/errors.ts";
import type { ApiFailure } from "../../agent/model/api-failure.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { predictChange } from "../../agent/pass/predict.ts";
import { judge, prepare } from "../../agent/plan/plan.ts";
import {
  desired,
  entry,
  live,
  manager,
  marked,
  object,
  ours,
  planContext,
  unit,
} from "./builders.ts";

const refused = (message: string, status = 500): ApiFailure => ({
  status,
  reason: "",
  message,
  causes: [],
  indeterminate: false,
});
const never = new AbortController().signal;
const web = marked(object("Deployment", "web", { spec: { replicas: 2, paused: false } }));

function prepared(found: KubeObject, context = planContext()) {
  const asked = prepare(desired(web), { found: "object", object: found }, context);
  if (asked.settled !== undefined) throw new Error(JSON.stringify(asked.settled));
  return asked;
}

describe("A-25: managedFields that name a version which lost a field", () => {
  const stale = refused(".spec.old: field not declared in schema");
  const managedFields = [
    { ...ours({ "f:spec": { "f:replicas": {} } }), apiVersion: "apps/v1" },
    { ...manager("kubectl", { "f:spec": { "f:old": {} } }), apiVersion: "apps/v1beta1" },
  ];

  it("are put right, once, and nothing else is sent", () => {
    const change = judge(
      prepared(live(web, { managedFields })),
      { ok: false, failure: stale },
      planContext(),
    );
    expect(change).toMatchObject({ action: "update", fields: [] });
    expect(change).toHaveProperty(
      "repairs",
      managedFields.map((one) => ({ ...one, apiVersion: "apps/v1" })),
    );
    const right = managedFields.map((one) => ({ ...one, apiVersion: "apps/v1" }));
    const again = judge(
      prepared(live(web, { managedFields: right })),
      { ok: false, failure: stale },
      planContext(),
    );
    expect(again).toMatchObject({ action: "fail", problem: { reason: "Rejected" } });
  });

  it("are not touched for a field of Git that the server does not know, nor in observe mode", () => {
    const typed = refused(
      "failed to create typed patch object: .spec.x: field not declared in schema",
    );
    const found = live(web, { managedFields });
    expect(judge(prepared(found), { ok: false, failure: typed }, planContext())).toMatchObject({
      action: "fail",
    });
    const observing = planContext({ unit: unit({ mode: "observe" }) });
    expect(
      judge(prepared(found, observing), { ok: false, failure: stale }, observing),
    ).toMatchObject({ action: "fail" });
  });
});

describe("A-121: a webhook that does not support dry run", () => {
  const failure = refused('admission webhook "x" does not support dry run', 400);
  const known = planContext({ entry: entry(desired(web).ref, { digest: desired(web).digest }) });
  const more = (spec: object) => live({ ...web, spec: { ...(web["spec"] as object), ...spec } });

  it("what is declared is compared with what lives: equal and known stays, however much others added", () => {
    const found = more({ added: { by: "a webhook" } });
    expect(judge(prepared(found, known), { ok: false, failure }, known)).toMatchObject({
      action: "unchanged",
    });
  });

  it("another value is applied, and named", () => {
    const change = judge(prepared(more({ replicas: 5 }), known), { ok: false, failure }, known);
    expect(change).toMatchObject({
      action: "update",
      isUnpredicted: true,
      fields: [{ path: "spec.replicas", live: 5, desired: 2 }],
    });
  });

  it("what was never applied is applied although nothing differs", () => {
    expect(judge(prepared(more({})), { ok: false, failure }, planContext())).toMatchObject({
      action: "update",
      isUnpredicted: true,
      fields: [],
    });
  });
});

describe("an agent that may only read", () => {
  const failure = refused('deployments.apps "web" is forbidden', 403);
  const observing = planContext({ unit: unit({ mode: "observe" }) });
  const replicas = (count: number) => live({ ...web, spec: { replicas: count, paused: false } });

  it("compares what is declared with what lives, as a dry run needs the right to write", () => {
    const same = judge(prepared(replicas(2), observing), { ok: false, failure }, observing);
    expect(same).toMatchObject({ action: "unchanged" });
    const other = judge(prepared(replicas(5), observing), { ok: false, failure }, observing);
    expect(other).toMatchObject({ action: "report", fields: [{ path: "spec.replicas" }] });
  });

  it("is told what is missing where it was meant to write", () => {
    expect(judge(prepared(replicas(2)), { ok: false, failure }, planContext())).toMatchObject({
      action: "fail",
      problem: { reason: "Forbidden" },
    });
  });
});

describe("A-55: a path that an ignore rule left to somebody else", () => {
  const hpa = manager("hpa", { "f:spec": { "f:replicas": {} } });
  const ignore = [{ kind: "Deployment", fields: ["/spec/replicas"], managers: [] }];
  const context = planContext({ unit: unit({ drift: { mode: "heal", graceMs: 0, ignore } }) });
  const found = live({ ...web, spec: { replicas: 5, paused: true } }, { managedFields: [hpa] });

  async function sent(refuses: (payload: KubeObject) => boolean) {
    const payloads: unknown[] = [];
    const dryRun = async (payload: KubeObject) => {
      payloads.push(payload["spec"]);
      if (refuses(payload)) throw new ApiError(refused("spec.replicas: Required value", 422));
      return {
        object: live({ ...web, spec: { replicas: 5, paused: false } }),
        created: false,
        warnings: [],
      };
    };
    const change = await predictChange(
      { dryRun },
      { asked: prepared(found, context), context },
      never,
    );
    return { payloads, change };
  }

  it("is sent as it lives when the server demands it, and applied so", async () => {
    const { payloads, change } = await sent(
      ({ spec }) => !JSON.stringify(spec).includes("replicas"),
    );
    expect(payloads).toEqual([{ paused: false }, { replicas: 5, paused: false }]);
    expect(change).toMatchObject({
      action: "update",
      payload: { spec: { replicas: 5, paused: false } },
    });
  });

  it("stays with the others otherwise; another refusal is the object's own", async () => {
    expect((await sent(() => false)).payloads).toEqual([{ paused: false }]);
    const { payloads, change } = await sent(() => true);
    expect(payloads).toHaveLength(2);
    expect(change).toMatchObject({ action: "fail" });
  });
});
