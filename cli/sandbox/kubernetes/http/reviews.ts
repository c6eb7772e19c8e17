import type { Target } from "../cluster.ts";
import { isMap, type Json, mapAt, textAt } from "../json.ts";
import { qualified } from "../kinds/resource.ts";
import type { Answer } from "./exchange.ts";
import { badRequest, invalid, methodNotAllowed } from "./fault.ts";

const reviews = new Set([
  "selfsubjectrulesreviews.authorization.k8s.io",
  "selfsubjectaccessreviews.authorization.k8s.io",
  "selfsubjectreviews.authentication.k8s.io",
]);

/** Whether a kind only asks what one may do; nothing of it is ever stored. */
export function isReview({ served }: Pick<Target, "served">): boolean {
  return reviews.has(qualified(served.resource));
}

/** There is no RBAC here: whoever has the token is what a member of system:masters is on a real server. */
export function reviewAnswer({ served }: Target, method: string, body: unknown): Answer {
  if (method !== "POST") throw methodNotAllowed();
  const { kind } = served.resource;
  if (kind === "SelfSubjectReview") return { code: 201, body: myself };
  const spec = mapAt(body, "spec");
  const isRules = kind === "SelfSubjectRulesReview";
  if (isRules && textAt(spec, "namespace") === "") throw badRequest("no namespace on request");
  if (!isRules && !isMap(spec.resourceAttributes) && !isMap(spec.nonResourceAttributes)) {
    throw invalid({ group: "authorization.k8s.io", plural: "", kind: "", name: "" }, [
      nothingAsked,
    ]);
  }
  const apiVersion = "authorization.k8s.io/v1";
  return {
    code: 201,
    body: isRules
      ? { kind, apiVersion, metadata: {}, spec: {}, status: everything() }
      : { kind, apiVersion, metadata: {}, spec, status: { allowed: true } },
  };
}

const myself = {
  kind: "SelfSubjectReview",
  apiVersion: "authentication.k8s.io/v1",
  metadata: {},
  status: { userInfo: { username: "admin", groups: ["system:masters", "system:authenticated"] } },
};

const nothingAsked = {
  reason: "FieldValueInvalid",
  message:
    "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
  field: "spec.resourceAttributes",
};

function everything(): Json {
  return {
    resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
    nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
    incomplete: false,
  };
}
