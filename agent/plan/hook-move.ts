import type { HookResult } from "../health/hook-result.ts";
import type { Desired } from "../model/change.ts";
import { type HookPhase, type HookRun, hookKey, hookOf } from "../model/hook.ts";
import { hookRunAnnotation } from "../model/names.ts";
import { apiVersionVersion, type KubeObject } from "../model/object.ts";
import { isMarkedOurs, type Owner } from "./ownership.ts";

export type HookRuns = ReadonlyMap<string, HookRun>;

/** What comes next for one hook; decided from its record and a fresh read alone, so a pass can begin anywhere. */
export type HookMove =
  | { readonly move: "create" }
  /** The one of an earlier change makes room (before-hook-creation, O-17). */
  | { readonly move: "replace"; readonly live: KubeObject }
  | { readonly move: "wait"; readonly why: string }
  | { readonly move: "hold"; readonly why: string }
  | { readonly move: "run"; readonly uid: string; readonly says: string }
  | { readonly move: "end"; readonly uid?: string; readonly why?: string };

export interface HookContext {
  readonly owner: Owner;
  /** How the live object stands, whichever change made it. */
  readonly standing: HookResult | undefined;
  readonly nowMs: number;
  /** `health.timeout`: no hook runs longer (O-17). */
  readonly timeoutMs: number;
}

/** O-18: the records of a change before its first write; what ran for it stays as it is, so nothing is run twice. */
export function withHookIntents(
  before: HookRuns | undefined,
  hooks: readonly Desired[],
  {
    digest,
    now,
    again,
  }: { readonly digest: string; readonly now: string; readonly again: boolean },
): HookRuns | undefined {
  if (hooks.length === 0) return before;
  const runs = hooks.flatMap((hook) =>
    (hookOf(hook.object)?.phases ?? []).map((phase) => {
      const key = hookKey(phase, hook.ref);
      const known = before?.get(key);
      const isRepeated = again && known?.state === "failed";
      if (known?.digest === digest && !isRepeated) return [key, known] as const;
      const attempt = known?.digest === digest ? { attempt: (known.attempt ?? 1) + 1 } : {};
      return [key, { ...intent(hook, phase), digest, since: now, ...attempt }] as const;
    }),
  );
  return new Map([...(before ?? []), ...runs]);
}

function intent({ ref, object }: Desired, phase: HookPhase) {
  return { ref, phase, version: apiVersionVersion(object.apiVersion), state: "intent" as const };
}

/** What the live hook bears, to be known again after a crash (P-17). */
export function runToken({ phase, digest, attempt }: HookRun): string {
  return [phase, digest.slice(0, 12), ...(attempt === undefined ? [] : [attempt])].join("-");
}

export function withRunToken(hook: Desired, run: HookRun): Desired {
  const { metadata } = hook.object;
  const annotations = { ...metadata.annotations, [hookRunAnnotation]: runToken(run) };
  return { ...hook, object: { ...hook.object, metadata: { ...metadata, annotations } } };
}

export function isEnded({ state }: HookRun): boolean {
  return state === "succeeded" || state === "failed";
}

/** One step of a run that has not ended. */
export function hookMove(
  run: HookRun,
  live: KubeObject | undefined,
  context: HookContext,
): HookMove {
  if (run.state === "running") return moveRunning(run, live, context);
  if (live === undefined) return { move: "create" };
  const isRun = live.metadata.annotations?.[hookRunAnnotation] === runToken(run);
  if (!isMarkedOurs(live, context.owner)) {
    return { move: "hold", why: "an object of that name is there that this app did not make" };
  }
  return isRun ? follow(run, live, context) : moveOlder(live, context);
}

function moveRunning(run: HookRun, live: KubeObject | undefined, context: HookContext): HookMove {
  if (live === undefined) {
    return { move: "end", why: "it was gone before its result was seen" };
  }
  if (live.metadata.uid !== run.uid) {
    return { move: "end", why: "another object took its place before its result was seen" }; // O-24
  }
  return follow(run, live, context);
}

function follow(
  run: HookRun,
  { metadata: { uid = "" } }: KubeObject,
  { standing, nowMs, timeoutMs }: HookContext,
): HookMove {
  switch (standing?.is) {
    case "succeeded":
      return { move: "end", uid };
    case "failed":
      return { move: "end", uid, why: standing.why };
    case "running":
    case undefined:
      if (run.state === "running" && nowMs - Date.parse(run.since) >= timeoutMs) {
        return { move: "end", uid, why: `it did not end in ${timeoutMs / 1000} s` };
      }
      return { move: "run", uid, says: standing?.says ?? "" };
  }
}

/** Work of the change before is not cut off while it may still end. */
export function isAtWork(live: KubeObject, context: Omit<HookContext, "owner">): boolean {
  const { standing, nowMs, timeoutMs } = context;
  const ageMs = nowMs - Date.parse(live.metadata.creationTimestamp ?? "");
  return standing?.is === "running" && !standing.isIdle && ageMs < timeoutMs;
}

function moveOlder(live: KubeObject, context: HookContext): HookMove {
  const { deletionTimestamp, ownerReferences: [owner] = [] } = live.metadata;
  if (owner !== undefined) {
    return { move: "hold", why: `an object of that name is owned by ${owner.kind} ${owner.name}` };
  }
  if (deletionTimestamp !== undefined) {
    return { move: "wait", why: "the one of the change before is being deleted" };
  }
  return isAtWork(live, context)
    ? { move: "wait", why: "the one of the change before still runs" }
    : { move: "replace", live };
}
