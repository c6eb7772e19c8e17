import { describe, expect } from "vitest";
import { isImmutable } from "../../agent/plan/classify.ts";
import { configMap, deployment } from "./bodies.ts";
import type { Body, Reply } from "./connection.ts";
import { bothServers, type Server } from "./servers.ts";

const dry = "fieldManager=holdfast&force=true&dryRun=All";
const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** What the agent makes of an answer. */
function told({ code, body }: Reply): Body {
  const causes = (body.details?.causes ?? []).map(({ field, message, reason }: Body) => ({
    field,
    message,
    reason,
  }));
  const failure = { status: code, reason: "", message: "", causes, indeterminate: false };
  return {
    code,
    fields: [...new Set(causes.map(({ field }: Body) => field))].sort(),
    isImmutable: isImmutable(failure),
  };
}

interface Fixed {
  readonly path: string;
  readonly before: Body;
  readonly after: Body;
}

/** Creates, then asks what the changed one would leave behind. */
async function change(server: Server, { path, before, after }: Fixed): Promise<Body> {
  const made = await server.apply(path, before, "fieldManager=holdfast&force=true");
  if (made.code !== 201) throw new Error(`${path}: ${JSON.stringify(made.body)}`);
  return told(await server.apply(path, after, dry));
}

const job = (image: string) => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "j" },
  spec: {
    template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image }] } },
  },
});

const statefulSet = (name: string, more: Body) => {
  const { spec, metadata } = deployment(name);
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata,
    spec: { ...spec, replicas: 0, serviceName: name, ...more },
  };
};

const binding = (role: string) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name: "b" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role },
});

const crd = (group: string, scope: string, versions: readonly string[]) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `fixeds.${group}` },
  spec: {
    group,
    scope,
    names: { plural: "fixeds", singular: "fixed", kind: "Fixed", listKind: "FixedList" },
    versions: versions.map((name, index) => ({
      name,
      served: true,
      storage: index === 0,
      schema: { openAPIV3Schema: { type: "object" } },
    })),
  },
});

const selector = { matchLabels: { app: "other" } };
const others = { selector, template: { ...deployment("other").spec.template } };

describe("fields that cannot change", () => {
  const { each } = bothServers();

  each(
    "◇ A-60, A-64, A-66, A-67, A-68: the refusal is a 422 whose cause outside metadata says so",
    async (server) => {
      const group = `${server.namespace}.example.com`;
      const definition = `${crds}/fixeds.${group}`;
      await server.apply(definition, crd(group, "Namespaced", ["v1"]), "fieldManager=holdfast");
      await server.until(definition, ({ body }) =>
        (body.status?.conditions ?? []).some(
          ({ type, status }: Body) => type === "Established" && status === "True",
        ),
      );
      const frozen = { ...configMap("f", { a: "1" }), immutable: true };
      const seen = {
        deployment: await change(server, {
          path: server.at("apps/v1/deployments", "d"),
          before: deployment("d"),
          after: deployment("d", others),
        }),
        job: await change(server, {
          path: server.at("batch/v1/jobs", "j"),
          before: job("app:1"),
          after: job("app:2"),
        }),
        statefulSet: await change(server, {
          path: server.at("apps/v1/statefulsets", "s"),
          before: statefulSet("s", {}),
          after: statefulSet("s", { podManagementPolicy: "Parallel" }),
        }),
        statefulSelector: await change(server, {
          path: server.at("apps/v1/statefulsets", "t"),
          before: statefulSet("t", {}),
          after: statefulSet("t", others),
        }),
        roleRef: await change(server, {
          path: server.at("rbac.authorization.k8s.io/v1/rolebindings", "b"),
          before: binding("one"),
          after: binding("two"),
        }),
        data: await change(server, {
          path: server.at("configmaps", "f"),
          before: frozen,
          after: { ...frozen, data: { a: "2" } },
        }),
        scope: told(await server.apply(definition, crd(group, "Cluster", ["v1"]), dry)),
      };
      const stored = await server.apply(definition, crd(group, "Namespaced", ["v2"]), dry);
      await server.delete(definition);
      return { ...seen, stored: told(stored) };
    },
    (seen) => {
      const immutable = Object.entries(seen).filter(([, one]: Body) => one.isImmutable);
      expect(immutable.map(([key]) => key).sort()).toEqual([
        "data",
        "deployment",
        "job",
        "roleRef",
        "scope",
        "statefulSelector",
        "statefulSet",
      ]);
      expect(seen.roleRef).toMatchObject({ code: 422, fields: ["roleRef"] });
      expect(seen.stored).toMatchObject({ code: 422 });
    },
  );
});
