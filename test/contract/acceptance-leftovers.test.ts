import { setTimeout as pause } from "node:timers/promises";
import { describe, expect } from "vitest";
import { dropLeftovers } from "../../agent/apply/drop.ts";
import type { Applied } from "../../agent/cluster/client.ts";
import { ApiError, isConflict } from "../../agent/cluster/errors.ts";
import type { ApiFailure } from "../../agent/model/api-failure.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { objectsEqual } from "../../agent/plan/compare.ts";
import { dropLeftovers as planDrop } from "../../agent/plan/drop-leftovers.ts";
import { leftoversOf } from "../../agent/plan/leftovers.ts";
import { takeOver } from "../../agent/plan/take-over.ts";
import { desired, unit } from "../plan/builders.ts";
import type { Body, Reply } from "./connection.ts";
import { bothServers, type Server } from "./servers.ts";

const held = "fieldManager=holdfast&force=true&fieldValidation=Strict";
const byKubectl = "fieldManager=kubectl-client-side-apply";
const never = new AbortController().signal;

function applied({ code, body }: Reply): Applied {
  if (code > 201) throw new ApiError(failureOf(body));
  return { object: body, created: code === 201, warnings: [] };
}

/** What apply needs of a client, for one object. */
function handsFor(server: Server, path: string) {
  return {
    get: async () => (await server.get(path)).body as KubeObject,
    dryRun: () => Promise.reject(new Error("nobody asks for it")),
    delete: () => Promise.reject(new Error("nobody asks for it")),
    apply: async ({ metadata, ...rest }: KubeObject, over: Body) =>
      applied(await server.apply(path, { ...rest, metadata: { ...metadata, ...over } }, held)),
    patch: async (_ref: unknown, operations: readonly Body[], { resourceVersion }: Body) => {
      const guard = { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion };
      return applied(
        await server.operations(path, [guard, ...operations], "fieldManager=holdfast"),
      );
    },
  };
}

function failureOf({ code, reason, message }: Body): ApiFailure {
  return { status: code, reason, message, causes: [], indeterminate: false };
}

/** Controllers write, too. */
async function unraced<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isConflict(error) || attempt === 20) throw error;
    }
  }
}

/** Controllers have seen what was written, and written what they had to: nobody comes between two steps. */
async function atRest(server: Server, path: string): Promise<void> {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const { metadata, status = {} } = (await server.get(path)).body;
    await pause(500);
    const now = (await server.get(path)).body.metadata.resourceVersion;
    const isSeen = [undefined, metadata.generation].includes(status.observedGeneration);
    if (isSeen && now === metadata.resourceVersion) return;
  }
  throw new Error(`${path} does not come to rest`);
}

interface Left {
  readonly path: string;
  readonly declared: KubeObject;
}

/** Adopts what kubectl made, as the agent does, and drops what is left of it. */
async function adoptAndDrop(server: Server, { path, declared }: Left) {
  const hands = handsFor(server, path);
  await server.apply(path, declared, held);
  const adopted = await unraced(async () => {
    const { object } = applied(await server.get(path));
    const value = takeOver(object)?.managedFields ?? object.metadata.managedFields;
    const operation = { op: "replace", path: "/metadata/managedFields", value };
    return (await hands.patch(undefined, [operation], object.metadata)).object;
  });
  const told = leftoversOf(adopted).map(({ fields, stays = [] }) => ({
    fields: [...fields].sort(),
    stays: [...stays].sort(),
  }));
  await atRest(server, path);
  await unraced(async () => {
    const { object } = applied(await server.get(path));
    const change = planDrop(desired(declared), object, { unit: unit(), declared: [] });
    if (change?.drops === undefined) throw new Error("nothing goes");
    await dropLeftovers(hands, { ...change, drops: change.drops }, never);
  });
  const after = (await server.get(path)).body;
  const again = applied(await server.apply(path, declared, held)).object;
  const managers = (after.metadata.managedFields ?? [])
    .filter(({ manager }: Body) => manager !== "kube-controller-manager")
    .map(({ manager, operation, subresource = "" }: Body) =>
      [manager, operation, subresource].join(" ").trim(),
    );
  return {
    told: told.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    managers: managers.sort(),
    isSame: after.metadata.uid === adopted.metadata.uid,
    isAtRest: objectsEqual(after, again),
    after,
  };
}

/** What an accept of leftovers does, on both servers. */
describe("acceptance: what kubectl left goes (A-27)", () => {
  const { each } = bothServers();

  each(
    "115 Step 2 of a Deployment: fields and items go; replicas, a restart and what others own stay",
    async (server) => {
      const path = server.at("apps/v1/deployments", "web");
      const labels = { app: "web" };
      const container = { name: "web", image: "web:1" };
      const metadata = { name: "web", namespace: server.namespace };
      const deployment = (spec: Body, template: Body = {}, containers: readonly Body[] = []) => ({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata,
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels, ...template },
            spec: { containers: [container, ...containers] },
          },
          ...spec,
        },
      });
      const annotations = {
        "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z",
        note: "x",
      };
      const sidecar = { name: "side", image: "side:1", args: ["a"] };
      const theirs = {
        replicas: 0,
        paused: true,
        minReadySeconds: 7,
        progressDeadlineSeconds: 700,
      };
      await server.post(
        server.at("apps/v1/deployments"),
        deployment(theirs, { annotations }, [sidecar]),
        byKubectl,
      );
      await server.apply(
        path,
        { ...deployment({}), spec: { minReadySeconds: 7 } },
        "fieldManager=other&force=true",
      );
      const declared = deployment({}) as KubeObject;
      const { after, ...seen } = await adoptAndDrop(server, { path, declared });
      const { replicas, paused, minReadySeconds, progressDeadlineSeconds, template } = after.spec;
      return {
        ...seen,
        spec: { replicas, minReadySeconds, progressDeadlineSeconds, isPaused: paused === true },
        annotations: Object.keys(template.metadata.annotations),
        containers: template.spec.containers.map(({ name }: Body) => name),
      };
    },
    (seen) =>
      expect(seen).toMatchObject({
        isSame: true,
        isAtRest: true,
        spec: { replicas: 0, isPaused: false, minReadySeconds: 7, progressDeadlineSeconds: 600 },
        annotations: ["kubectl.kubernetes.io/restartedAt"],
        containers: ["web"],
        managers: ["holdfast Apply", "other Apply"],
      }),
  );

  each(
    "115 Step 2: same apiVersion united, others discarded, subresources kept",
    async (server) => {
      const path = server.at("autoscaling/v2/horizontalpodautoscalers", "web");
      const hpa = (labels: Body) => ({
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: "web", namespace: server.namespace, labels },
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
          maxReplicas: 4,
        },
      });
      const collection = server.at("autoscaling/v2/horizontalpodautoscalers");
      const made = await server.post(
        collection,
        hpa({ mine: "1", old: "1", older: "1" }),
        byKubectl,
      );
      const [entry] = made.body.metadata.managedFields;
      const labels = (names: Body) => ({ "f:metadata": { "f:labels": names } });
      const value = [
        { ...entry, fieldsV1: labels({ "f:mine": {}, "f:old": {} }) },
        { ...entry, apiVersion: "autoscaling/v1", fieldsV1: labels({ "f:older": {} }) },
        {
          ...entry,
          subresource: "status",
          fieldsV1: { "f:status": { "f:desiredReplicas": {} } },
        },
      ];
      await server.operations(
        path,
        [{ op: "replace", path: "/metadata/managedFields", value }],
        byKubectl,
      );
      const declared = hpa({ mine: "1" }) as KubeObject;
      const { after, ...seen } = await adoptAndDrop(server, { path, declared });
      return { ...seen, labels: after.metadata.labels };
    },
    (seen) =>
      expect(seen).toMatchObject({
        isSame: true,
        isAtRest: true,
        told: [
          { fields: ["metadata.labels.old"], stays: [] },
          { fields: ["metadata.labels.older"], stays: ["metadata.labels.older"] },
        ],
        labels: { mine: "1", older: "1" },
        managers: ["holdfast Apply", "kubectl-client-side-apply Update status"],
      }),
  );
});
