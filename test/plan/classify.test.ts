import { expect, it } from "vitest";
import type { ApiFailure } from "../../agent/model/api-failure.ts";
import type { Reason } from "../../agent/model/reason.ts";
import { isImmutable, isRace, problemOf, reasonOf } from "../../agent/plan/classify.ts";
import { desired, object } from "./builders.ts";

function failure(status: number, more: Partial<ApiFailure> = {}): ApiFailure {
  return { status, reason: "", message: "", causes: [], indeterminate: false, ...more };
}

function cause(reason: string, field = "spec.x", message = "") {
  return { reason, field, message };
}

const table: readonly (readonly [string, ApiFailure, Reason])[] = [
  ["400", failure(400), "Rejected"],
  ["405", failure(405), "Rejected"],
  ["413", failure(413), "Rejected"],
  ["415", failure(415), "Rejected"],
  ["422", failure(422, { causes: [cause("FieldValueInvalid")] }), "Rejected"],
  ["too large for etcd", failure(500, { message: "etcdserver: request is too large" }), "Rejected"],
  ["401", failure(401, { reason: "Unauthorized" }), "ClusterUnreachable"],
  [
    "403 of a terminating namespace",
    failure(403, { causes: [cause("NamespaceTerminating")] }),
    "NamespaceUnavailable",
  ],
  ["403 of a quota", failure(403, { message: "exceeded quota: small" }), "QuotaExceeded"],
  ["403 else", failure(403), "Forbidden"],
  [
    "a webhook's no, as 403",
    failure(403, { message: 'admission webhook "a.b" denied the request: no' }),
    "AdmissionDenied",
  ],
  [
    "a webhook's no, as 400",
    failure(400, { message: 'admission webhook "a.b" denied the request: no' }),
    "AdmissionDenied",
  ],
  [
    "a policy's no",
    failure(422, { message: "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no" }),
    "AdmissionDenied",
  ],
  ["404 of a namespace", failure(404, { detailsKind: "namespaces" }), "NamespaceUnavailable"],
  ["404 of the resource", failure(404, { reason: "NotFound" }), "KindMissing"],
  ["a kind that discovery does not know", failure(0, { reason: "KindUnknown" }), "KindMissing"],
  [
    "404 of the object",
    failure(404, { reason: "NotFound", detailsKind: "configmaps" }),
    "WriteRaced",
  ],
  ["409", failure(409, { reason: "Conflict" }), "WriteRaced"],
  [
    "A-28: a rival creation",
    failure(409, { causes: [cause("FieldManagerConflict")] }),
    "WriteRaced",
  ],
  [
    "A-14: another incarnation",
    failure(422, { causes: [cause("x", "metadata.uid")] }),
    "WriteRaced",
  ],
  [
    "A-60: an immutable field",
    failure(422, { causes: [cause("FieldValueInvalid", "spec.selector", "field is immutable")] }),
    "ImmutableField",
  ],
  ["429", failure(429), "ApiError"],
  ["500 typed", failure(500, { message: "failed to create typed patch object" }), "Rejected"],
  [
    "A-74: a key of a list that is missing",
    failure(500, {
      message:
        'failed to create typed patch object: .spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn\'t have default value)',
    }),
    "Rejected",
  ],
  [
    "A-120: a webhook that cannot be called",
    failure(500, { message: 'Internal error occurred: failed calling webhook "x": refused' }),
    "ApiError",
  ],
  ["500 duplicates", failure(500, { message: 'duplicate entries for key [name="a"]' }), "Rejected"],
  [
    "500 dead version",
    failure(500, { message: ".spec.x: field not declared in schema" }),
    "Rejected",
  ],
  ["500 else", failure(500, { message: "failed calling webhook" }), "ApiError"],
  ["503", failure(503), "ApiError"],
  ["no answer to a read", failure(0, { reason: "Refused" }), "ClusterUnreachable"],
  ["A-15: no answer to a write", failure(0, { reason: "Reset", indeterminate: true }), "ApiError"],
];

it.each(table)("A-75: %s", (_name, answer, reason) => {
  expect(reasonOf(answer)).toBe(reason);
});

it.each([
  ["spec.template", "field is immutable", true],
  ["spec.clusterIP", "may not change once set", true],
  ["roleRef", "cannot change roleRef", true],
  ["spec", "updates to statefulset spec for fields other than 'replicas' are forbidden", true],
  ["metadata.name", "field is immutable", false],
  ["spec.replicas", "must be greater than 0", false],
])("A-60: %s: %s", (field, message, is) => {
  expect(isImmutable(failure(422, { causes: [cause("x", field, message)] }))).toBe(is);
  expect(isImmutable(failure(400, { causes: [cause("x", field, message)] }))).toBe(false);
});

it("A-61: what is wrong besides would be wrong anew, too: no reason to delete", () => {
  const fixed = cause("FieldValueInvalid", "spec.selector", "field is immutable");
  const missing = cause("FieldValueRequired", "spec.template.spec.containers", "");
  const meta = cause("FieldValueInvalid", "metadata.labels", "a lowercase RFC 1123 label");
  expect(isImmutable(failure(422, { causes: [fixed, missing] }))).toBe(false);
  expect(isImmutable(failure(422, { causes: [fixed, meta] }))).toBe(false);
  expect(isImmutable(failure(422))).toBe(false);
});

it("A-14: only 409 and another uid are races", () => {
  expect(isRace(failure(409))).toBe(true);
  expect(isRace(failure(422, { causes: [cause("x", "metadata.uid")] }))).toBe(true);
  expect(isRace(failure(422, { causes: [cause("x", "spec.uid")] }))).toBe(false);
  expect(isRace(failure(403))).toBe(false);
});

it("A-70: a refusal says file, line, field, the server's words and what to do", () => {
  const answer = failure(422, {
    message: "Invalid value",
    causes: [cause("FieldValueInvalid", "spec.replicas")],
  });
  expect(problemOf(answer, desired(object("Deployment", "web")))).toMatchObject({
    reason: "Rejected",
    message: "Deployment shop/web: Invalid value",
    file: "apps/shop/web.yaml",
    line: 3,
    field: "spec.replicas",
    next: expect.stringContaining("fix the object"),
  });
});
