import type { Health } from "../model/health.ts";
import { describeRef } from "../model/object.ts";
import type { Reason } from "../model/reason.ts";
import type { Finding } from "./finding.ts";
import type { DeletingObject, ObjectHealth, Pass, UnitFacts } from "./input.ts";
import { durationText } from "./time.ts";

/** What the objects' health says of the unit (semantics §5.4); time-outs count from the last write (H-1). */
export function healthFindings(pass: Pass, unit: UnitFacts, nowMs: number): readonly Finding[] {
  return pass.health.flatMap((entry) => {
    const found = healthFinding(entry, unit, nowMs);
    return found === undefined ? [] : [found];
  });
}

function healthFinding(entry: ObjectHealth, unit: UnitFacts, nowMs: number): Finding | undefined {
  const { ref, health } = entry;
  const message = health.message === "" ? health.status.toLowerCase() : health.message;
  const about = `${describeRef(ref)}: ${message}`;
  switch (health.status) {
    case "Healthy":
      return undefined;
    case "Suspended":
      return {
        state: "Suspended",
        stage: "healthy",
        reason: "AppSuspended",
        message: `An object is paused. ${about}`,
        next: "Take the pause out of the object named.",
      };
    case "Degraded":
      return healthy("Degraded", degradedReason(entry), about);
    case "Unknown":
      return healthy("Unknown", entry.isUnseen === true ? "WatchStale" : "HealthUnknown", about);
    case "Progressing":
    case "Missing":
      return unfinished(entry, about, { timeoutMs: unit.healthTimeoutMs, nowMs });
  }
}

function healthy(state: Finding["state"], reason: Reason, message: string): Finding {
  return { state, stage: "healthy", reason, message };
}

interface Moment {
  readonly timeoutMs: number;
  readonly nowMs: number;
}

function unfinished(entry: ObjectHealth, about: string, moment: Moment): Finding | undefined {
  if (entry.awaited === false && entry.health.status === "Progressing") return undefined;
  if (entry.awaited === false || moment.nowMs < timeoutAt(entry, moment.timeoutMs)) {
    return healthy("Progressing", "RollingOut", about);
  }
  const text = `Not healthy within ${durationText(moment.timeoutMs)}: ${about}`;
  return healthy("Degraded", "HealthTimeout", text);
}

/** Whatever came later: our write, or the moment it became unready. */
export function timeoutAt({ sinceMs, writtenMs }: ObjectHealth, timeoutMs: number): number {
  return Math.max(sinceMs, writtenMs ?? 0) + timeoutMs;
}

function degradedReason({ ref, health }: ObjectHealth): Reason {
  if (/ImagePull|ErrImage|InvalidImageName/.test(health.message)) return "ImagePullFailed";
  if (health.message.includes("CrashLoopBackOff")) return "CrashLoop";
  if (/Unschedulable|nodes are available/.test(health.message)) return "Unschedulable";
  return ref.kind === "Job" && ref.group === "batch" ? "JobFailed" : "ObjectDegraded";
}

/** Pruned objects that are still there; old finalizers make it Degraded, never go away by us (§4.10). */
export function deletingFindings(pass: Pass, unit: UnitFacts, nowMs: number): readonly Finding[] {
  return pass.deleting.map((entry) => {
    const isOld = nowMs >= entry.sinceMs + unit.healthTimeoutMs;
    const isStuck = isOld && entry.finalizers.length > 0 && entry.putOff === undefined;
    return isStuck
      ? healthy("Degraded", "DeletionStuck", deletionText(entry))
      : healthy("Progressing", "Deleting", deletionText(entry));
  });
}

function deletionText({ ref, finalizers, putOff }: DeletingObject): string {
  if (putOff !== undefined) return `${describeRef(ref)} is deleted later: ${putOff}`;
  if (finalizers.length === 0) return `${describeRef(ref)} is being deleted`;
  return `${describeRef(ref)} waits for its finalizers ${finalizers.join(", ")}`;
}

/** Whether it stands in nobody's way: fine, paused by a person, or nothing that anyone waits for. */
export function isAtRest({ health, awaited }: ObjectHealth): boolean {
  return isFine(health) || (awaited === false && health.status === "Progressing");
}

function isFine({ status }: Health): boolean {
  return status === "Healthy" || status === "Suspended";
}
