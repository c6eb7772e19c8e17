import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assessHealth } from "../../agent/health/assess.ts";
import { compileHealthRules, type HealthRules } from "../../agent/health/cel.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import type { HealthRule } from "../../agent/model/unit.ts";

function compiled(...rules: readonly HealthRule[]): HealthRules {
  const parsed = compileHealthRules(rules);
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join());
  return parsed.value;
}

function foo(status: unknown, spec: unknown = {}): KubeObject {
  return { apiVersion: "example.com/v1", kind: "Foo", metadata: { name: "foo" }, spec, status };
}

function judge(rule: Omit<HealthRule, "kind">, object: KubeObject) {
  return assessHealth(object, compiled({ kind: "Foo.example.com", ...rule }));
}

describe("health rules of an app", () => {
  test.each([
    ["Ready", "Healthy"],
    ["Broken", "Degraded"],
    ["Stopped", "Suspended"],
    ["Other", "Progressing"],
  ])("phase %s is %s", (phase, status) => {
    const rule = {
      healthy: "status.phase == 'Ready'",
      degraded: "status.phase == 'Broken'",
      suspended: "status.phase == 'Stopped'",
    };
    expect(judge(rule, foo({ phase })).status).toBe(status);
  });

  test("the first true of progressing, degraded, suspended, healthy wins", () => {
    const all = { healthy: "true", degraded: "true", suspended: "true", progressing: "true" };
    expect(judge(all, foo({})).status).toBe("Progressing");
    const { progressing: _, ...rest } = all;
    expect(judge(rest, foo({})).status).toBe("Degraded");
  });

  test("numbers count as integers, and all four variables are there", () => {
    const rule = {
      healthy: "status.ready + 1 > spec.replicas && metadata.name == 'foo' && self.kind == 'Foo'",
    };
    expect(judge(rule, foo({ ready: 3 }, { replicas: 3 })).status).toBe("Healthy");
    expect(judge(rule, foo({ ready: 2 }, { replicas: 3 })).status).toBe("Progressing");
  });

  test("a missing field is Progressing and says which, and other expressions still count", () => {
    const missing = judge({ healthy: "status.phase == 'Ready'" }, foo({}));
    expect(missing.status).toBe("Progressing");
    expect(missing.message).toContain("phase");
    expect(
      judge({ degraded: "status.error != ''", healthy: "status.ok" }, foo({ ok: true })),
    ).toEqual({ status: "Healthy", message: "" });
  });

  test("what cannot be evaluated is Unknown, never green", () => {
    expect(judge({ healthy: "status.n / 0 == 1" }, foo({ n: 1 })).status).toBe("Unknown");
    expect(judge({ healthy: "status.phase" }, foo({ phase: "Ready" })).status).toBe("Unknown");
  });

  test("they go before the rule of the kind, and leave other kinds alone", () => {
    const rules = compiled({ kind: "Deployment.apps", healthy: "true" });
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" } };
    expect(assessHealth(deployment, rules).status).toBe("Healthy");
    expect(assessHealth(deployment).status).toBe("Progressing");
    expect(assessHealth({ ...deployment, kind: "StatefulSet" }, rules).status).toBe("Progressing");
  });

  test.each([
    ["status.phase ==", /Unexpected/],
    ["nothing.here == 1", /Unknown variable/],
    ["1 + 1", /not a bool/],
    ["status.phase.matches('(a+)+$')", /matches\(\) is not allowed/],
    ["status.a.all(x, status.a.all(y, status.a.all(z, x == y || y == z)))", /loops/],
    [`status.phase == '${"x".repeat(3000)}'`, /longer/],
    [Array.from({ length: 500 }, () => "true").join(" && "), /./],
    [`${"(".repeat(60)}true${")".repeat(60)}`, /./],
  ])("%s is refused before anything runs", (healthy, message) => {
    const parsed = compileHealthRules([
      { kind: "Foo", healthy: "true" },
      { kind: "Bar", healthy },
    ]);
    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.problems).toHaveLength(1);
    expect(parsed.problems[0]).toMatchObject({
      reason: "ConfigInvalid",
      field: "spec.health.rules[1].healthy",
    });
    expect(parsed.problems[0]?.message).toMatch(message);
  });

  test("all problems come at once", () => {
    const parsed = compileHealthRules([{ kind: "Foo", healthy: "(", degraded: ")" }]);
    expect(parsed.ok ? [] : parsed.problems).toHaveLength(2);
  });

  test("an object that would make nested loops costly is Unknown, quickly", () => {
    const list = Array.from({ length: 3000 }, (_, n) => n);
    const rule = { healthy: "status.list.all(a, status.list.exists(b, a == b))" };
    expect(judge(rule, foo({ list }))).toMatchObject({ status: "Unknown" });
    expect(judge(rule, foo({ list: [1, 2] })).status).toBe("Healthy");
  });

  test("no expression, however strange, throws", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.jsonValue(), (healthy, status) => {
        const parsed = compileHealthRules([{ kind: "Foo.example.com", healthy }]);
        if (parsed.ok) parsed.value.assess(foo(status));
      }),
    );
  });
});
