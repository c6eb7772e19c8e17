import type { ApiFailure } from "../model/api-failure.ts";
import type { Change } from "../model/change.ts";
import type { InventoryEntry } from "../model/inventory.ts";
import {
  apiVersionVersion,
  describeRef,
  type KubeObject,
  type ObjectRef,
  versionOf,
} from "../model/object.ts";

/** What is to become of one undeclared entry, before the guard looks at the whole set. */
export type Verdict =
  | {
      readonly verdict: "delete";
      readonly ref: ObjectRef;
      readonly entry: InventoryEntry;
      readonly live: KubeObject;
      readonly guarded: Guarded | undefined;
    }
  | {
      readonly verdict: "let-alone";
      readonly ref: ObjectRef;
      readonly why: string;
      readonly forget: boolean;
      readonly live?: KubeObject;
    }
  | {
      readonly verdict: "wait";
      readonly ref: ObjectRef;
      readonly why: string;
      readonly live?: KubeObject;
    }
  | { readonly verdict: "error"; readonly ref: ObjectRef; readonly failure: ApiFailure };

/** Why a person must be asked (P-50 c, d). */
export type Guarded = "protected-kind" | "protected-object" | "adopted" | "confirm" | "recovered";

/** The change that carries out a verdict; an object that may never be deleted is released instead (P-21). */
export function changeOf(verdict: Verdict): Change {
  const { ref } = verdict;
  switch (verdict.verdict) {
    case "delete": {
      const isReleased = verdict.guarded === "protected-object" || verdict.guarded === "adopted";
      const action = isReleased ? "release" : "delete";
      const { live } = verdict;
      const version = apiVersionVersion(live.apiVersion);
      return { action, ref, version, over: versionOf(live), live };
    }
    case "let-alone":
      return { action: "skip", ref, why: verdict.why, forget: verdict.forget };
    case "wait":
      return { action: "skip", ref, why: verdict.why, forget: false };
    case "error":
      return {
        action: "fail",
        ref,
        problem: {
          reason: "ApiError",
          message: `${describeRef(ref)}: ${verdict.failure.message}`,
          ref,
        },
      };
  }
}

/** Left where it is, said so; `forget`: no longer tracked. */
export function letAlone(
  ref: ObjectRef,
  why: string,
  forget: boolean,
): Extract<Verdict, { verdict: "let-alone" }> {
  return { verdict: "let-alone", ref, why, forget };
}

/** Judged again later; it stays tracked. */
export function wait(ref: ObjectRef, why: string): Extract<Verdict, { verdict: "wait" }> {
  return { verdict: "wait", ref, why };
}

/** P-86. */
export function stillNeeded(ref: ObjectRef, referrer: ObjectRef): Verdict {
  return wait(ref, `${describeRef(referrer)} still refers to it`);
}
