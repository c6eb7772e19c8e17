import { expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { restoredForm } from "../../agent/plan/restored.ts";
import { live, marked, object } from "./builders.ts";

it("is nobody's, says its origin, and bears nothing that a server or controller wrote", () => {
  const kept = live(marked(object("ConfigMap", "a", { data: { a: "1" }, status: { x: 1 } })), {
    creationTimestamp: "2026-11-20T09:00:00Z",
    finalizers: ["example.com/keep"],
    annotations: { ...marked(object("ConfigMap", "a")).metadata.annotations, note: "stays" },
  });
  expect(restoredForm(kept, "shop@3f1c2d9")).toEqual({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: "a",
      namespace: "shop",
      finalizers: ["example.com/keep"],
      labels: {},
      annotations: { note: "stays", "holdfast.dev/restored-from": "shop@3f1c2d9" },
    },
    data: { a: "1" },
  });
});

const uid = "6f0c1a52-0000-4000-8000-000000000000";
const job = (more: object = {}): KubeObject =>
  object("Job", "j", {
    spec: {
      selector: { matchLabels: { "batch.kubernetes.io/controller-uid": uid } },
      template: {
        metadata: {
          labels: { "controller-uid": uid, "batch.kubernetes.io/job-name": "j", app: "j" },
        },
        spec: { restartPolicy: "Never" },
      },
      ...more,
    },
  });

it("a Job forgets the UID of the Job that was: the server makes selector and labels anew", () => {
  expect(restoredForm(job(), "shop@x")["spec"]).toEqual({
    template: { metadata: { labels: { app: "j" } }, spec: { restartPolicy: "Never" } },
  });
});

it("a Job with a selector of its own keeps it", () => {
  const own = job({ manualSelector: true });
  expect(restoredForm(own, "shop@x")["spec"]).toEqual(own["spec"]);
});
