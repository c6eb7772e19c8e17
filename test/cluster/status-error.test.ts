import { describe, expect, it } from "vitest";
import { statusError } from "../../agent/cluster/status-error.ts";
import { reasonOf } from "../../agent/plan/classify.ts";

const denied =
  "secrets \"token\" is forbidden: ValidatingAdmissionPolicy 'no-tokens' with binding 'everywhere' denied request: hunter2 is weak";

function failureOf(message: string, secret: boolean) {
  const body = { kind: "Status", status: "Failure", reason: "Invalid", message, code: 422 };
  return statusError({ status: 422, headers: {}, body }, { writes: true, secret }).failure;
}

describe("what is kept of a refused write", () => {
  it("names the policy that refuses a Secret, and none of its words (NEG-30)", () => {
    const failure = failureOf(denied, true);
    expect(failure.message).toContain("'no-tokens' with binding 'everywhere' denied request");
    expect(failure.message).not.toContain("hunter2");
    expect(reasonOf(failure)).toBe("AdmissionDenied");
  });

  it("keeps of a Secret's causes that a field cannot change, and no value (A-60)", () => {
    const message = 'Invalid value: "hunter2": field is immutable when `immutable` is set';
    const details = { causes: [{ reason: "FieldValueForbidden", field: "data", message }] };
    const body = { kind: "Status", status: "Failure", reason: "Invalid", message, details };
    const asked = { writes: true, secret: true };
    const { failure } = statusError({ status: 422, headers: {}, body }, asked);
    expect(failure.causes).toEqual([
      { reason: "FieldValueForbidden", field: "data", message: "field is immutable" },
    ]);
    expect(JSON.stringify(failure)).not.toContain("hunter2");
    expect(reasonOf(failure)).toBe("ImmutableField");
  });

  it("keeps the policy's own words for anything else", () => {
    expect(failureOf(denied, false).message).toBe(denied);
  });
});
