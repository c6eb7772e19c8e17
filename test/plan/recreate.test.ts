import { describe, expect, it } from "vitest";
import type { ApiFailure } from "../../agent/model/api-failure.ts";
import type { Change } from "../../agent/model/change.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { judge, prepare } from "../../agent/plan/plan.ts";
import { desired, entry, live, marked, object, planContext, unit } from "./builders.ts";

const stuck: ApiFailure = {
  status: 422,
  reason: "Invalid",
  message: "field is immutable",
  causes: [{ reason: "FieldValueInvalid", message: "field is immutable", field: "spec.x" }],
  indeterminate: false,
};
const allowed = { annotations: { "holdfast.dev/recreate": "enabled" } };
const confirm = { "argocd.argoproj.io/sync-options": "Delete=confirm" };

interface Case {
  readonly wanted: KubeObject;
  readonly found?: KubeObject;
  readonly failure?: ApiFailure;
  readonly context?: Parameters<typeof planContext>[0];
}

function planned({ wanted, found = live(marked(wanted)), failure = stuck, context }: Case) {
  const at = planContext(context);
  const prepared = prepare(desired(marked(wanted)), { found: "object", object: found }, at);
  if (prepared.settled !== undefined) return prepared.settled;
  return judge(prepared, { ok: false, failure }, at);
}

function refusal(change: Change | "raced"): string {
  if (change === "raced" || change.action !== "fail") throw new Error(JSON.stringify(change));
  return change.problem.message;
}

describe("a field that cannot change", () => {
  const job = object("Job", "migrate", {
    metadata: { name: "migrate", namespace: "shop", ...allowed },
  });

  it("A-61: is made anew where Git allows it", () => {
    expect(planned({ wanted: job })).toMatchObject({
      action: "recreate",
      propagation: "Background",
      over: { uid: "uid-migrate", resourceVersion: "7" },
    });
  });

  it("A-61, P-20: not where only the live object allows it; what can be done is said", () => {
    const wanted = object("Job", "migrate");
    const change = planned({ wanted, found: live(marked(job)) });
    expect(change).toMatchObject({
      action: "fail",
      problem: { reason: "ImmutableField", next: expect.stringContaining("holdfast.dev/recreate") },
    });
  });

  it("A-60: other refusals are refusals, and a cause in metadata is another incarnation (A-14)", () => {
    const bad = {
      ...stuck,
      causes: [{ reason: "", message: "must be positive", field: "spec.x" }],
    };
    expect(planned({ wanted: job, failure: bad })).toMatchObject({
      problem: { reason: "Rejected" },
    });
    const uid = { reason: "", message: "field is immutable", field: "metadata.uid" };
    const both = { ...stuck, causes: [...stuck.causes, uid] };
    expect(planned({ wanted: job, failure: both })).toBe("raced");
  });

  const ownerReferences = [{ apiVersion: "v1", kind: "CronJob", name: "c", uid: "u" }];
  it.each<[string, Partial<Case>, RegExp]>([
    ["bears no mark", { found: live(job) }, /does not bear this app's mark/],
    [
      "bears another app's mark",
      { found: live(marked(job, "other")), context: { takeOver: true } },
      /does not bear this app's mark/,
    ],
    ["has an owner", { found: live(marked(job), { ownerReferences }) }, /owned by CronJob c/],
    [
      "is protected as it lives",
      {
        found: live(marked(job), {
          annotations: { ...marked(job).metadata.annotations, "holdfast.dev/prune": "disabled" },
        }),
      },
      /protected by holdfast.dev\/prune: disabled/,
    ],
    [
      "asks for a confirmation",
      {
        found: live(marked(job), {
          annotations: { ...marked(job).metadata.annotations, ...confirm },
        }),
      },
      /protected by .*Delete=confirm/,
    ],
    [
      "was protected when Git declared it last",
      {
        context: {
          entry: entry(
            { group: "batch", kind: "Job", namespace: "shop", name: "migrate" },
            { protect: "helm.sh/resource-policy: keep" },
          ),
        },
      },
      /protected by helm/,
    ],
    [
      "is of a kind that the app protects",
      { context: { unit: unit({ protect: ["Job"] }) } },
      /protected kind/,
    ],
  ])("A-63: not what %s", (_what, more, why) => {
    expect(refusal(planned({ wanted: job, ...more }))).toMatch(why);
  });

  it.each(["Namespace", "PersistentVolumeClaim", "CustomResourceDefinition"])(
    "A-63, case 8: never a %s",
    (kind) => {
      const wanted = object(kind, "x", { metadata: { name: "x", ...allowed } });
      expect(refusal(planned({ wanted }))).toContain("protected kind");
    },
  );

  it("A-67: a StatefulSet leaves pods and claims behind, and keeps its selector", () => {
    const set = (app: string, size: string) =>
      object("StatefulSet", "db", {
        metadata: { name: "db", namespace: "shop", ...allowed },
        spec: { selector: { matchLabels: { app } }, volumeClaimTemplates: [{ size }] },
      });
    const found = live(marked(set("db", "1Gi")));
    expect(planned({ wanted: set("db", "2Gi"), found })).toMatchObject({
      action: "recreate",
      propagation: "Orphan",
    });
    expect(refusal(planned({ wanted: set("other", "1Gi"), found }))).toContain("find its pods");
  });

  it("is left alone while a person holds it, and in report mode when Git did not move", () => {
    const until = { "holdfast.dev/hold-until": "2026-11-21T10:00:00Z" };
    const annotations = { ...marked(job).metadata.annotations, ...until };
    expect(planned({ wanted: job, found: live(marked(job), { annotations }) })).toMatchObject({
      action: "report",
      how: "break-glass",
    });
    const digest = desired(marked(job)).digest;
    const known = entry(
      { group: "batch", kind: "Job", namespace: "shop", name: "migrate" },
      { digest },
    );
    const reporting = unit({ drift: { mode: "report", graceMs: 0, ignore: [] } });
    expect(planned({ wanted: job, context: { entry: known, unit: reporting } })).toMatchObject({
      action: "report",
    });
  });
});

describe("A-68: a definition whose resources would be lost is refused before the server is asked", () => {
  const crd = (scope: string, versions: readonly string[]) =>
    object("CustomResourceDefinition", "widgets.example.com", {
      spec: { scope, versions: versions.map((name) => ({ name })) },
    });
  const found = {
    ...live(marked(crd("Namespaced", ["v1beta1", "v1"]))),
    status: { storedVersions: ["v1beta1", "v1"] },
  };

  it.each<[string, KubeObject, RegExp]>([
    [
      "another scope",
      crd("Cluster", ["v1beta1", "v1"]),
      /scope is Namespaced and cannot become Cluster/,
    ],
    ["a stored version dropped", crd("Namespaced", ["v1"]), /still stored as v1beta1/],
  ])("%s", (_what, wanted, why) => {
    const change = planned({ wanted, found });
    expect(refusal(change)).toMatch(why);
  });

  it("what was never stored may go", () => {
    const all = { ...found, status: { storedVersions: ["v1"] } };
    const at = planContext();
    const prepared = prepare(
      desired(marked(crd("Namespaced", ["v1"]))),
      { found: "object", object: all },
      at,
    );
    expect(prepared.settled).toBeUndefined();
  });
});
