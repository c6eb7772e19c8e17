import { describe, expect, it } from "vitest";
import type { AgentEvent, Emit } from "../../agent/model/event.ts";
import { createLineSink } from "../../agent/telemetry/line-sink.ts";
import { createLogs, type LogLevel } from "../../agent/telemetry/logs.ts";
import { createRedactor } from "../../agent/telemetry/redact.ts";
import { heldUnit, standingClock, unitStatus, wantedCommit } from "./samples.ts";

function logging(level: LogLevel = "info"): {
  readonly emit: Emit;
  readonly lines: string[];
  readonly add: (secret: string) => void;
} {
  const lines: string[] = [];
  const { add, redact } = createRedactor();
  const logs = createLogs({
    level,
    write: (line) => lines.push(line),
    clock: standingClock(),
    cluster: "prod-eu-1",
    redact,
  });
  return { emit: logs.emit, lines, add };
}

function parsed(lines: readonly string[]): readonly Readonly<Record<string, unknown>>[] {
  return lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

const unchangedPass: AgentEvent = {
  type: "pass-ended",
  app: "shop",
  result: "success",
  durationMs: 40,
  outcomes: { unchanged: 44 },
};

describe("logs", () => {
  it("are JSON lines with the fields of observability §4", () => {
    const { emit, lines } = logging();
    emit({ type: "status", before: unitStatus(), after: heldUnit() });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith("}\n")).toBe(true);
    expect(parsed(lines)[0]).toMatchObject({
      time: "2026-11-21T09:20:11Z",
      level: "warn",
      cluster: "prod-eu-1",
      event: "status",
      app: "shop",
      stage: "applied",
      reason: "PruneGuard",
    });
  });

  it("say one line per pass that changed something", () => {
    const { emit, lines } = logging();
    emit({ ...unchangedPass, commit: wantedCommit, outcomes: { created: 2, unchanged: 42 } });
    expect(parsed(lines)).toMatchObject([
      { level: "info", msg: "2 created", commit: wantedCommit, durationMs: 40 },
    ]);
  });

  it("say nothing of an unchanged pass", () => {
    const { emit, lines } = logging();
    const same = unitStatus();
    for (let pass = 0; pass < 3; pass += 1) {
      emit({ type: "queue", depth: 1, active: 0, app: "shop", step: "added" });
      emit({ type: "source-polled", trigger: "poll", durationMs: 5, moved: false });
      emit({ type: "rendered", app: "shop", renderer: "plain", result: "cached" });
      emit({ type: "phase", app: "shop", phase: "observe", durationMs: 3 });
      emit({ type: "api-request", verb: "get", method: "GET", code: 200, durationMs: 3 });
      emit(unchangedPass);
      emit({
        type: "status",
        before: same,
        after: { ...same, comparedAt: "2026-11-21T09:21:00Z" },
      });
    }
    expect(lines).toEqual([]);
  });

  it("tell a failing source once, and once that it is well again", () => {
    const { emit, lines } = logging();
    const poll = { type: "source-polled", trigger: "poll", durationMs: 5, moved: false } as const;
    for (const reason of [
      "SourceUnreachable",
      "SourceUnreachable",
      undefined,
      undefined,
    ] as const) {
      emit(reason === undefined ? poll : { ...poll, reason });
    }
    expect(parsed(lines).map(({ level, reason }) => [level, reason])).toEqual([
      ["warn", "SourceUnreachable"],
      ["info", undefined],
    ]);
  });

  it("name the same drift once until it is gone", () => {
    const { emit, lines } = logging();
    const drift: AgentEvent = {
      type: "drift",
      app: "shop",
      kind: "modified",
      ref: { group: "apps", kind: "Deployment", namespace: "shop", name: "web" },
      managers: ["kubectl-edit"],
    };
    emit(drift);
    emit(drift);
    expect(parsed(lines).map(({ msg }) => msg)).toEqual([
      "Deployment shop/web modified by kubectl-edit",
    ]);
    emit({ type: "status", before: unitStatus(), after: unitStatus() });
    emit(drift);
    expect(lines).toHaveLength(2);
  });

  it("never hold a known secret, in any event or encoding", () => {
    const { emit, lines, add } = logging("debug");
    const canary = "CANARY-5f1d0c/git+token";
    add(canary);
    const leaks = [
      canary,
      Buffer.from(`x:${canary}`).toString("base64"),
      encodeURIComponent(canary),
    ];
    for (const leak of leaks) {
      emit({ type: "error", app: "shop", message: leak, stack: `Error: ${leak}` });
      emit({
        type: "source-polled",
        trigger: "poll",
        durationMs: 1,
        moved: false,
        reason: "SourceAuthFailed",
        message: leak,
      });
      emit({ type: "warning", app: "shop", reason: "Deprecated", message: leak });
      emit({ type: "status", before: undefined, after: unitStatus({ message: leak }) });
      emit({ type: "agent-stopping", why: leak });
    }
    expect(lines.length).toBeGreaterThanOrEqual(12);
    const text = lines.join("");
    expect(text).not.toContain("CANARY");
    expect(text).not.toContain(Buffer.from("CANARY-5f1d0c").toString("base64").slice(3, 15));
  });

  it("never throw into the pass that emits", () => {
    const logs = createLogs({
      level: "info",
      write: () => {
        throw new Error("no space left");
      },
      clock: standingClock(),
      cluster: "c",
    });
    expect(() => logs.emit({ type: "agent-stopping", why: "x" })).not.toThrow();
  });
});

describe("the line sink", () => {
  it("drops and counts lines while the other end does not read, and says so afterwards (C20)", async () => {
    const sent: string[] = [];
    let unblock: () => void = () => undefined;
    const blocked = new Promise<void>((resolve) => {
      unblock = resolve;
    });
    const sink = createLineSink({
      send: async (chunk) => {
        await blocked;
        sent.push(chunk);
      },
      limitBytes: 100,
      droppedLine: (count) => `dropped ${count}\n`,
    });
    for (let at = 0; at < 50; at += 1) sink.write(`line ${at} ...\n`);
    expect(sink.dropped()).toBeGreaterThan(30);
    expect(sent).toEqual([]);
    const droppedWhileBlocked = sink.dropped();
    unblock();
    await sink.settled();
    expect(sent.join("")).toContain(`dropped ${droppedWhileBlocked}\n`);
    sink.write("again\n");
    await sink.settled();
    expect(sent.at(-1)).toBe("again\n");
    const whole = sent.join("").match(/^line \d+ \.\.\.$/gm) ?? [];
    expect(whole.length + sink.dropped()).toBe(50);
  });

  it("survives a reader that is gone", async () => {
    const sink = createLineSink({
      send: () => Promise.reject(new Error("EPIPE")),
      droppedLine: () => "",
    });
    sink.write("a\n");
    await sink.settled();
    expect(sink.dropped()).toBe(1);
  });
});
