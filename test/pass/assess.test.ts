import { describe, expect, it } from "vitest";
import type { StaleKind } from "../../agent/cluster/cache.ts";
import type { ChangeResult } from "../../agent/model/change.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { assess } from "../../agent/pass/assess.ts";
import { emptyMemory, type PassInput } from "../../agent/pass/pass.ts";
import { deployment, sharedBench } from "./bench.ts";

const bench = sharedBench({ readyAfterMs: "never" });

interface Seen {
  readonly uid: string;
  readonly generation: number;
}

/** As its controller left it when it was ready. */
function ready({ uid, generation }: Seen): KubeObject {
  const web = deployment("web");
  const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
  const conditions = [{ type: "Available", status: "True" }];
  return {
    ...web,
    metadata: { ...web.metadata, namespace: "waits", uid, generation, resourceVersion: "1" },
    status: { observedGeneration: generation, ...counts, conditions },
  };
}

/** Health of one Deployment that was just written, when the watch shows `seen`. */
function healthOf(
  sent: KubeObject,
  seen: KubeObject | undefined,
  silent: readonly StaleKind[] = [],
) {
  const manifests = bench().declare("waits", { objects: [deployment("web")] });
  const [desired] = manifests.desired;
  if (desired === undefined) throw new Error("nothing is declared");
  const cached = seen && { object: seen, full: true, fingerprint: "f" };
  const ports = {
    ...bench().ports(),
    live: { entry: () => cached, put: () => undefined, stale: () => silent },
  };
  const change = { action: "unchanged", ref: desired.ref, desired, live: sent } as const;
  const result: ChangeResult = { change, outcome: "configured", live: sent, warnings: [] };
  const input = { manifests, unit: manifests.unit, memory: emptyMemory() } as unknown as PassInput;
  const inventory = { entries: new Map() } as unknown as Parameters<typeof assess>[1]["inventory"];
  const [entry] = assess(ports, { input, inventory, results: [result] }).health;
  return entry?.health;
}

describe("what a wait looks at (O-24)", () => {
  const sent = { ...ready({ uid: "u", generation: 2 }), status: {} };

  it("is the object that was written, once its controller has seen this version of it", () => {
    expect(healthOf(sent, ready({ uid: "u", generation: 2 }))?.status).toBe("Healthy");
    expect(healthOf(sent, undefined)?.status).toBe("Progressing");
  });

  it("is not an older version, that was ready before", () => {
    expect(healthOf(sent, ready({ uid: "u", generation: 1 }))?.status).toBe("Progressing");
  });

  it("is not another object of that name, however ready", () => {
    expect(healthOf(sent, ready({ uid: "other", generation: 9 }))?.status).toBe("Missing");
  });
});

it("C-5, H-4: a watch that tells nothing makes its objects Unknown, whatever was seen last, and no others", () => {
  const sent = { ...ready({ uid: "u", generation: 2 }), status: {} };
  const seen = ready({ uid: "u", generation: 2 });
  const silent = { group: "apps", kind: "Deployment", why: "silent" } as const;
  expect(healthOf(sent, seen, [silent])).toEqual({
    status: "Unknown",
    message: expect.stringContaining("no watch has told of it for 5 minutes"),
  });
  expect(healthOf(sent, undefined, [silent])?.message).toMatch(/last: .+/);
  expect(healthOf(sent, seen, [{ ...silent, kind: "StatefulSet" }])?.status).toBe("Healthy");
  expect(healthOf(sent, seen, [{ ...silent, why: "forbidden" }])?.status).toBe("Healthy");
  expect(healthOf(sent, seen, [{ ...silent, namespaces: ["other"] }])?.status).toBe("Healthy");
});
