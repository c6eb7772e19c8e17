import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../agent/model/event.ts";
import type { KubeObject, ObjectRef } from "../../agent/model/object.ts";
import { createEventWriter, type EventWriter } from "../../agent/telemetry/kubernetes-events.ts";
import { heldUnit, liveCommit, standingClock, unitStatus, wantedCommit } from "./samples.ts";

interface Writing {
  readonly writer: EventWriter;
  readonly created: KubeObject[];
  readonly clock: ReturnType<typeof standingClock>;
}

function writing(create?: (object: KubeObject) => Promise<KubeObject>, limit = 200): Writing {
  const created: KubeObject[] = [];
  const clock = standingClock();
  const writer = createEventWriter({
    client: {
      create: async (object) => {
        await create?.(object);
        created.push(object);
        return object;
      },
    },
    namespace: "holdfast-system",
    cluster: "prod-eu-1",
    clock,
    instance: "holdfast-0",
    limit,
  });
  return { writer, created, clock };
}

const fine = heldUnit({ state: "Synced", stage: "healthy", reason: "InSync" });
const toHeld: AgentEvent = { type: "status", before: fine, after: heldUnit() };

function deleted(name: string, annotations: Record<string, string> = {}): AgentEvent {
  const ref: ObjectRef = { group: "apps", kind: "Deployment", namespace: "shop", name };
  const version = { uid: "u", resourceVersion: "1" };
  const live = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, annotations } };
  const change = { action: "delete", ref, version: "v1", over: version, live } as const;
  return {
    type: "change",
    app: "shop",
    commit: wantedCommit,
    action: "delete",
    result: { change, outcome: "deleted", warnings: [] },
  };
}

const passEnded: AgentEvent = {
  type: "pass-ended",
  app: "shop",
  commit: wantedCommit,
  result: "success",
  durationMs: 1,
  outcomes: {},
};

describe("Kubernetes Events", () => {
  it("say what was rolled back and why, or why not (R-4, R-9)", async () => {
    const { writer, created } = writing();
    const said = { type: "rolled-back", app: "shop", from: wantedCommit, to: liveCommit } as const;
    writer.emit({ ...said, by: "failure", why: "Deployment shop/web: not ready" });
    writer.emit({ ...said, by: "request", why: "orders fail", whyNot: "nothing is kept" });
    await writer.settled();
    expect(created).toMatchObject([
      { reason: "RolledBack", type: "Warning", action: "gated" },
      { reason: "RollbackRefused", type: "Warning" },
    ]);
    const notes = created.map(({ note }) => note);
    expect(notes[0]).toContain(`of ${liveCommit.slice(0, 7)}: it failed (Deployment shop/web`);
    expect(notes[1]).toContain("not rolled back: nothing is kept");
  });

  it("regard the App on a transition, from the short commit to the next step", async () => {
    const { writer, created } = writing();
    writer.emit(toHeld);
    await writer.settled();
    expect(created).toHaveLength(1);
    expect(created[0]).toMatchObject({
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: {
        namespace: "holdfast-system",
        annotations: {
          "holdfast.dev/commit": wantedCommit,
          "holdfast.dev/cluster": "prod-eu-1",
          "holdfast.dev/change": "c".repeat(64),
        },
      },
      type: "Warning",
      reason: "PruneGuard",
      action: "applied",
      eventTime: "2026-11-21T09:20:11.000000Z",
      reportingController: "holdfast.dev/agent",
      reportingInstance: "holdfast-0",
      regarding: {
        apiVersion: "holdfast.dev/v1alpha1",
        kind: "App",
        namespace: "holdfast-system",
        name: "shop",
      },
      note: "3f1c2d9: Commit 3f1c2d9 would delete 12 of 44 objects (allowed: 10 and 20 %). Check the list; then holdfast accept, or revert the commit.",
    });
  });

  it("are silent while nothing changes, and repeat the same at most once an hour", async () => {
    const { writer, created, clock } = writing();
    writer.emit({ type: "status", before: heldUnit(), after: heldUnit() });
    await writer.settled();
    expect(created).toEqual([]);
    writer.emit(toHeld);
    writer.emit(toHeld);
    clock.pass(3_599_000);
    writer.emit(toHeld);
    await writer.settled();
    expect(created).toHaveLength(1);
    clock.pass(2_000);
    writer.emit(toHeld);
    await writer.settled();
    expect(created).toHaveLength(2);
  });

  it("tell deployments and recoveries as Normal", async () => {
    const { writer, created } = writing();
    writer.emit({ type: "status", before: heldUnit(), after: unitStatus() });
    await writer.settled();
    expect(created.map((event) => [event.type, event.reason])).toEqual([
      ["Normal", "Deployed"],
      ["Normal", "Recovered"],
    ]);
  });

  it("name what was pruned once per pass, with the object when it is one", async () => {
    const { writer, created } = writing();
    for (let at = 0; at < 30; at += 1) writer.emit(deleted(`web-${at}`));
    writer.emit(passEnded);
    writer.emit(deleted("alone"));
    writer.emit(passEnded);
    await writer.settled();
    expect(created).toHaveLength(2);
    expect(created[0]?.note).toMatch(/^3f1c2d9: deleted.*Deployment shop\/web-4 and 25 more/);
    expect(created[1]).toMatchObject({
      reason: "Pruned",
      related: { kind: "Deployment", namespace: "shop", name: "alone" },
    });
  });

  it("call no hook pruned that made room or has ended (O-17)", async () => {
    const { writer, created } = writing();
    writer.emit(deleted("migrate", { "holdfast.dev/hook": "pre" }));
    writer.emit(passEnded);
    await writer.settled();
    expect(created).toEqual([]);
  });

  it("keep a note within 1 KiB, with commit and next step whole", async () => {
    const { writer, created } = writing();
    writer.emit({
      type: "status",
      before: unitStatus(),
      after: heldUnit({ message: "ü€".repeat(2000) }),
    });
    await writer.settled();
    const note = String(created[0]?.note);
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    expect(note.startsWith("3f1c2d9: ü€")).toBe(true);
    expect(note.endsWith("revert the commit.")).toBe(true);
    expect(note).not.toContain("\ufffd");
  });

  it("neither wait nor grow while the API server hangs, and never throw", async () => {
    let release: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { writer, created } = writing(async (object) => {
      await hanging;
      return object;
    }, 10);
    for (let at = 0; at < 100; at += 1) {
      writer.emit({ type: "status", before: undefined, after: heldUnit({ app: `app-${at}` }) });
    }
    expect(writer.dropped()).toBe(89);
    release();
    await writer.settled();
    expect(created).toHaveLength(11);
  });

  it("give up an Event that the API server refuses", async () => {
    const { writer } = writing(() => Promise.reject(new Error("forbidden")));
    writer.emit(toHeld);
    await writer.settled();
    expect(writer.dropped()).toBe(1);
  });

  it("say Reverted when what became live is a rollback", async () => {
    const { writer, created } = writing();
    const [entry] = unitStatus().history;
    const history =
      entry === undefined ? [] : [{ ...entry, commit: liveCommit, kind: "rollback" as const }];
    const revision = {
      commit: liveCommit,
      committedAt: "2026-11-21T09:14:02Z",
      at: "2026-11-21T09:14:02Z",
    };
    const after = unitStatus({ history, revisions: { live: revision } });
    writer.emit({ type: "status", before: unitStatus(), after });
    await writer.settled();
    expect(created.map((event) => event.reason)).toEqual(["Reverted"]);
  });
});
