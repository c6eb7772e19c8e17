import { describe, expect } from "vitest";
import type { Body } from "./connection.ts";
import { bothServers, outcome } from "./servers.ts";

const apiVersion = "authorization.k8s.io/v1";
const rules = `/apis/${apiVersion}/selfsubjectrulesreviews`;
const access = `/apis/${apiVersion}/selfsubjectaccessreviews`;

function review(kind: string, spec: object): object {
  return { apiVersion, kind, spec };
}

describe("reviews of one's own rights", () => {
  const { each } = bothServers();

  each(
    "an administrator may everything, in a namespace and where none can be",
    async (server) => {
      const ask = async (namespace: string) => {
        const { code, body } = await server.post(
          rules,
          review("SelfSubjectRulesReview", { namespace }),
        );
        const { resourceRules, incomplete } = body.status;
        const everything = resourceRules.filter((rule: Body) => rule.resources.includes("*"));
        return { code, kind: body.kind, metadata: body.metadata, everything, incomplete };
      };
      return { here: await ask(server.namespace), nowhere: await ask("no.such") };
    },
    (seen) => {
      expect(seen.here).toMatchObject({ code: 201, incomplete: false });
      expect(seen.here.everything).toEqual([{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]);
      expect(seen.nowhere).toEqual(seen.here);
    },
  );

  each(
    "one right is allowed, and nothing is stored",
    async (server) => {
      const resourceAttributes = { namespace: server.namespace, verb: "get", resource: "pods" };
      const one = await server.post(
        access,
        review("SelfSubjectAccessReview", { resourceAttributes }),
      );
      return {
        one: { code: one.code, spec: one.body.spec, status: one.body.status },
        list: outcome(await server.get(access)),
      };
    },
    (seen) => {
      expect(seen.one).toMatchObject({ code: 201, status: { allowed: true } });
      expect(seen.list.code).toBe(405);
    },
  );

  each(
    "whoever asks who he is is told his name, and nothing is stored",
    async (server) => {
      const myself = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
      const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
      const one = await server.post(myself, body);
      const { username } = one.body.status.userInfo;
      return {
        code: one.code,
        kind: one.body.kind,
        isNamed: typeof username === "string" && username !== "",
        list: outcome(await server.get(myself)).code,
      };
    },
    (seen) => {
      expect(seen).toEqual({ code: 201, kind: "SelfSubjectReview", isNamed: true, list: 405 });
    },
  );

  each(
    "a question about nothing is refused",
    async (server) => ({
      rules: outcome(await server.post(rules, review("SelfSubjectRulesReview", {}))),
      access: outcome(await server.post(access, review("SelfSubjectAccessReview", {}))),
    }),
    (seen) => {
      expect(seen.rules.code).toBe(400);
      expect(seen.access.code).toBe(422);
    },
  );
});
