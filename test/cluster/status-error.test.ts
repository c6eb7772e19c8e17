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

  it("keeps the policy's own words for anything else", () => {
    expect(failureOf(denied, false).message).toBe(denied);
  });
});
