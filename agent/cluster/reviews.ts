import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { Right, Rule } from "../model/rule.ts";
import type { Reviewer } from "./client.ts";
import type { Caller, Exchange } from "./exchange.ts";
import { badAnswer } from "./no-answer.ts";
import type { ApiRequest } from "./requests.ts";

/** No namespace can bear this name, so what holds there holds by cluster-wide rules alone. */
const nowhere = "no.such";

/** What the API server says of our own rights; nothing is stored by asking. */
export function reviewing(exchange: Exchange, caller: Caller): Reviewer {
  async function ask(
    kind: Review,
    spec: object | undefined,
    signal: AbortSignal,
  ): Promise<JsonObject> {
    const request = reviewRequest(kind, spec);
    const { body } = await exchange.ask(request, caller, signal);
    const status = isJsonObject(body) ? body.status : undefined;
    if (isJsonObject(status)) return status;
    const what = `${request.method} ${request.path}`;
    throw badAnswer("the answer has no status", { sent: true, writes: false, what });
  }
  return {
    rules: async (namespace, signal) => {
      const spec = { namespace: namespace === "" ? nowhere : namespace };
      const { resourceRules, incomplete } = await ask("SelfSubjectRulesReview", spec, signal);
      const rules = Array.isArray(resourceRules) ? resourceRules.filter(isJsonObject) : [];
      return {
        rules: rules.map((rule) => ruleOf(rule, namespace)),
        isComplete: incomplete !== true,
      };
    },
    may: async (right, signal) => {
      const spec = { resourceAttributes: attributesOf(right) };
      return (await ask("SelfSubjectAccessReview", spec, signal)).allowed === true;
    },
    whoami: async (signal) => {
      const { userInfo } = await ask("SelfSubjectReview", undefined, signal);
      const name = isJsonObject(userInfo) ? userInfo.username : undefined;
      return typeof name === "string" && name !== "" ? name : undefined;
    },
  };
}

type Review = "SelfSubjectRulesReview" | "SelfSubjectAccessReview" | "SelfSubjectReview";

function reviewRequest(kind: Review, spec: object | undefined): ApiRequest {
  const group = kind === "SelfSubjectReview" ? "authentication.k8s.io" : "authorization.k8s.io";
  return {
    verb: "create",
    method: "POST",
    path: `/apis/${group}/v1/${kind.toLowerCase()}s`,
    query: {},
    accept: "application/json",
    contentType: "application/json",
    body: JSON.stringify({ apiVersion: `${group}/v1`, kind, ...(spec && { spec }) }),
    writes: false,
    secret: false,
    urgent: false,
  };
}

function attributesOf({ verb, group, resource, namespace, name }: Right): object {
  const [plural, subresource] = resource.split("/");
  return {
    verb,
    group,
    resource: plural,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === "" ? {} : { namespace }),
    ...(name === "" ? {} : { name }),
  };
}

function ruleOf(
  { apiGroups, resources, resourceNames, verbs }: JsonObject,
  namespace: string,
): Rule {
  const names = texts(resourceNames);
  return {
    ...(namespace === "" ? {} : { namespace }),
    apiGroups: texts(apiGroups),
    resources: texts(resources),
    ...(names.length === 0 ? {} : { resourceNames: names }),
    verbs: texts(verbs),
  };
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
