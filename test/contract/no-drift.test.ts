import { describe, expect } from "vitest";
import { jsonEqual } from "../../agent/model/json.ts";
import { objectsEqual } from "../../agent/plan/compare.ts";
import { configMap, deployment } from "./bodies.ts";
import type { Body } from "./connection.ts";
import { bothServers, type Server } from "./servers.ts";

const ours = "fieldManager=holdfast&force=true&fieldValidation=Strict";
const controller = "fieldManager=kube-controller-manager";

interface Case {
  readonly path: string;
  readonly body: Body;
  /** What a controller adds afterwards. */
  readonly added?: Body;
}

/** What is applied, then looked at as the agent looks: would it call it drift, and would a comparison with Git? */
async function look(server: Server, { path, body, added }: Case): Promise<Body> {
  const made = await server.apply(path, body, ours);
  if (made.code !== 201) return { refused: made.body };
  if (added !== undefined) {
    const patched = await server.merge(path, added, controller);
    if (patched.code !== 200) return { refused: patched.body };
  }
  const live = await server.get(path);
  const dry = await server.apply(path, body, `${ours}&dryRun=All`);
  const { metadata, ...rest } = body;
  const asWritten = Object.keys(rest).every((field) => jsonEqual(live.body[field], body[field]));
  const onlyOurs = Object.keys(live.body.metadata.annotations ?? {}).length === 0;
  return {
    drift: !objectsEqual(live.body, dry.body),
    asWritten: asWritten && onlyOurs && jsonEqual(live.body.metadata.labels, metadata.labels),
  };
}

/** A pod's only container, with more in it. */
function withContainer(name: string, container: Body, pod: Body = {}): Body {
  const labels = { app: name };
  const spec = { containers: [{ name: "c", image: "app:1", ...container }], ...pod };
  return deployment(name, { template: { metadata: { labels }, spec } });
}

describe("what the dry run settles (semantics §2.1): no drift, although live is not what Git says", () => {
  const { each } = bothServers();
  const quiet = { drift: false, asWritten: false };

  each(
    "N-5, N-24: quantities in another form; nothings of every kind",
    async (server) => {
      const at = (name: string) => server.at("apps/v1/deployments", name);
      const resources = { requests: { cpu: "1000m", memory: "1024Ki" }, limits: { cpu: "2.0" } };
      const nothing = { env: [], command: [], resources: {}, securityContext: {} };
      const pod = { volumes: [{ name: "v", emptyDir: {} }], hostname: "", tolerations: [] };
      return {
        quantities: await look(server, {
          path: at("a"),
          body: withContainer("a", { resources }),
        }),
        nothings: await look(server, {
          path: at("b"),
          body: withContainer("b", nothing, pod),
        }),
      };
    },
    (seen) => expect(seen).toEqual({ quantities: quiet, nothings: quiet }),
  );

  each(
    "N-8, N-13: rules that are null or empty; lists that others add to, in the order of their type",
    async (server) => {
      const role = (name: string, rules: unknown) => ({
        path: server.at("rbac.authorization.k8s.io/v1/roles", name),
        body: {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "Role",
          metadata: { name },
          rules,
        },
      });
      const two = withContainer("two", { args: ["b", "a"] });
      const path = server.at("apps/v1/deployments", "two");
      await server.apply(path, two, ours);
      const sidecar = { name: "a-sidecar", image: "proxy:1" };
      const { spec } = (await server.get(path)).body;
      const containers = [sidecar, ...spec.template.spec.containers];
      await server.merge(path, { spec: { template: { spec: { containers } } } }, controller);
      const live = await server.get(path);
      const dry = await server.apply(path, two, `${ours}&dryRun=All`);
      const nulls = await look(server, role("null", null));
      const empty = await look(server, role("empty", []));
      return {
        rules: [nulls["drift"], empty["drift"]],
        lists: !objectsEqual(live.body, dry.body),
        sidecars: live.body.spec.template.spec.containers.length,
      };
    },
    (seen) => expect(seen).toEqual({ rules: [false, false], lists: false, sidecars: 2 }),
  );

  each(
    "N-15, N-22: addresses and node ports; what a claim template is filled up with",
    async (server) => {
      const { spec } = deployment("s");
      const claim = {
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      };
      return {
        service: await look(server, {
          path: server.at("services", "s"),
          body: {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name: "s" },
            spec: {
              type: "NodePort",
              selector: { app: "s" },
              ports: [{ port: 80, protocol: "TCP" }],
            },
          },
        }),
        set: await look(server, {
          path: server.at("apps/v1/statefulsets", "s"),
          body: {
            apiVersion: "apps/v1",
            kind: "StatefulSet",
            metadata: { name: "s" },
            spec: { ...spec, replicas: 0, serviceName: "s", volumeClaimTemplates: [claim] },
          },
        }),
      };
    },
    (seen) => expect(seen).toEqual({ service: quiet, set: quiet }),
  );

  each(
    "N-16, N-18, N-20: what controllers write beside ours: a claim's volume, tokens, a revision",
    async (server) => ({
      claim: await look(server, {
        path: server.at("persistentvolumeclaims", "c"),
        body: {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          metadata: { name: "c" },
          spec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: "by-hand",
            resources: { requests: { storage: "1Gi" } },
          },
        },
        added: {
          metadata: { annotations: { "pv.kubernetes.io/bind-completed": "yes" } },
          spec: { volumeName: `${server.namespace}-v` },
        },
      }),
      account: await look(server, {
        path: server.at("serviceaccounts", "a"),
        body: { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "a" } },
        added: {
          metadata: { labels: { filled: "yes" } },
          secrets: [{ name: "a-token" }],
          imagePullSecrets: [{ name: "pull" }],
        },
      }),
      revision: await look(server, {
        path: server.at("apps/v1/deployments", "d"),
        body: deployment("d", { paused: true, replicas: 0 }),
        added: { metadata: { annotations: { "deployment.kubernetes.io/revision": "1" } } },
      }),
    }),
    (seen) => expect(seen).toEqual({ claim: quiet, account: quiet, revision: quiet }),
  );

  each(
    "N-17, N-19: a Namespace's finalizers and labels; the uid of a Job in its template",
    async (server) => {
      const name = `${server.namespace}-own`;
      const path = `/api/v1/namespaces/${name}`;
      const labels = { team: "a" };
      const own = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
      const namespace = await look(server, {
        path,
        body: own,
        added: { metadata: { labels: { "pod-security.kubernetes.io/warn": "baseline" } } },
      });
      await server.delete(path);
      const { containers } = deployment("j").spec.template.spec;
      const template = { spec: { restartPolicy: "Never", containers } };
      const job = await look(server, {
        path: server.at("batch/v1/jobs", "j"),
        body: {
          apiVersion: "batch/v1",
          kind: "Job",
          metadata: { name: "j" },
          spec: { suspend: true, template },
        },
      });
      return { namespace, job };
    },
    (seen) => expect(seen).toEqual({ namespace: quiet, job: quiet }),
  );

  each(
    "a value of ours that somebody changes is drift (the checks above can fail)",
    async (server) => ({
      edited: await look(server, {
        path: server.at("configmaps", "m"),
        body: configMap("m", { a: "1" }),
        added: { data: { a: "2" } },
      }),
    }),
    (seen) => expect(seen.edited["drift"]).toBe(true),
  );
});
