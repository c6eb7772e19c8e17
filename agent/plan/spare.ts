import { describeRef, type KubeObject, refOf } from "../model/object.ts";
import { referrerOf } from "./references.ts";
import { letAlone, stillNeeded, type Verdict } from "./verdict.ts";

/** What must stay because something else stays: the namespace of an object, and what it refers to (4.5-6, P-86). */
export function spare(verdicts: readonly Verdict[]): readonly Verdict[] {
  const staying = verdicts.flatMap((verdict) => stays(verdict) ?? []);
  return verdicts.map((verdict) => {
    if (verdict.verdict !== "delete") return verdict;
    const { ref } = verdict;
    if (ref.kind === "Namespace" && ref.group === "") {
      const member = staying.find(({ metadata }) => metadata.namespace === ref.name);
      return member === undefined
        ? verdict
        : letAlone(ref, `${describeRef(refOf(member))} stays in it`, false);
    }
    const referrer = referrerOf(ref, staying);
    return referrer === undefined ? verdict : stillNeeded(ref, referrer);
  });
}

/** The live object of a verdict after which it is still there. */
function stays(verdict: Verdict): KubeObject | undefined {
  switch (verdict.verdict) {
    case "delete":
      return verdict.guarded === "protected-object" ? verdict.live : undefined;
    case "let-alone":
    case "wait":
      return verdict.live;
    case "error":
      return undefined;
  }
}
