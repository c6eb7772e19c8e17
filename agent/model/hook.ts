import { annotations } from "./names.ts";
import { type KubeObject, type ObjectRef, refId } from "./object.ts";

/** When a hook runs, around the objects of one change (O-10). */
export type HookPhase = "pre" | "post" | "failure";

/** What becomes of a hook that ended; the one before always makes room for its successor (O-17). */
export type HookDeletion = "hook-succeeded" | "hook-failed";

export interface Hook {
  readonly phases: readonly HookPhase[];
  readonly deletions: readonly HookDeletion[];
}

/** How annotations make of an object a hook, whoever's they are; ours win, then Argo CD's, then Helm's (O-10). */
export type HookReading =
  | { readonly is: "ordinary" }
  | ({ readonly is: "hook" } & Hook)
  /** A hook of a kind that is never run; `isTest`: nobody expects that it is. */
  | { readonly is: "skipped"; readonly told: string; readonly isTest: boolean };

/** One run of one hook, as the inventory keeps it: never twice for one change (O-18). */
export interface HookRun {
  readonly ref: ObjectRef;
  readonly version: string;
  readonly phase: HookPhase;
  /** Of the render that it ran for. */
  readonly digest: string;
  /** `intent`: may have been made. */
  readonly state: "intent" | "running" | "succeeded" | "failed";
  /** ISO 8601: since when. */
  readonly since: string;
  readonly uid?: string;
  /** From 2 on: a person had it tried again. */
  readonly attempt?: number;
  /** Why it failed. */
  readonly why?: string;
  /** Its object was deleted by its policy. */
  readonly deleted?: true;
}

/** Under which a run stands in the inventory. */
export function hookKey(phase: HookPhase, ref: ObjectRef): string {
  return `${phase} ${refId(ref)}`;
}

interface Tool {
  readonly key: string;
  readonly deletionKey: string;
  readonly phases: Readonly<Record<string, HookPhase>>;
}

const tools: readonly Tool[] = [
  {
    key: annotations.hook,
    deletionKey: annotations.hookDeletePolicy,
    phases: { pre: "pre", post: "post", failure: "failure" },
  },
  {
    key: "argocd.argoproj.io/hook",
    deletionKey: "argocd.argoproj.io/hook-delete-policy",
    phases: { PreSync: "pre", PostSync: "post", SyncFail: "failure" },
  },
  {
    key: "helm.sh/hook",
    deletionKey: "helm.sh/hook-delete-policy",
    phases: {
      "pre-install": "pre",
      "pre-upgrade": "pre",
      "post-install": "post",
      "post-upgrade": "post",
    },
  },
];

type Annotations = Readonly<Record<string, string>>;

export function readHook({ metadata: { annotations: all = {} } }: KubeObject): HookReading {
  const found = tools.find(({ key }) => wordsOf(all, key).length > 0);
  if (found === undefined) return { is: "ordinary" };
  const events = wordsOf(all, found.key);
  if (events.includes("crd-install")) return { is: "ordinary" };
  const phases = events.flatMap((event) =>
    Object.hasOwn(found.phases, event) ? (found.phases[event] ?? []) : [],
  );
  if (phases.length === 0) {
    if (found.key === annotations.hook) return { is: "ordinary" }; // a slip of the pen, which is refused with the render
    const isTest = events.every((event) => event === "Skip" || event.startsWith("test"));
    return { is: "skipped", told: `${found.key}: ${events.join(", ")}`, isTest };
  }
  return { is: "hook", phases: [...new Set(phases)], deletions: deletionsOf(all) };
}

/** The hook that an object is; undefined for all others. */
export function hookOf(object: KubeObject): Hook | undefined {
  const reading = readHook(object);
  return reading.is === "hook" ? reading : undefined;
}

/** The policies of the first tool that names any; written `HookSucceeded` or `hook-succeeded`. */
function deletionsOf(all: Annotations): readonly HookDeletion[] {
  const key = tools.map(({ deletionKey }) => deletionKey).find((each) => wordsOf(all, each)[0]);
  const words = key === undefined ? [] : wordsOf(all, key).map(plain);
  return (["hook-succeeded", "hook-failed"] as const).filter((each) => words.includes(plain(each)));
}

function plain(word: string): string {
  return word.replaceAll("-", "").toLowerCase();
}

/** Keys by which an object says its wave; Helm's weight counts on Helm's hooks only (O-10). */
export function waveAnnotation({ metadata: { annotations: all = {} } }: KubeObject) {
  const isHelmHook = wordsOf(all, "helm.sh/hook").length > 0;
  const keys = [
    annotations.wave,
    "argocd.argoproj.io/sync-wave",
    ...(isHelmHook ? ["helm.sh/hook-weight"] : []),
  ];
  const key = keys.find((each) => Object.hasOwn(all, each));
  return key === undefined ? undefined : { key, value: (all[key] ?? "").trim() };
}

export const waveText = /^[-+]?[0-9]{1,9}$/;

/** No wave is wave 0; what is no integer was refused with the render (O-11), and counts as none on live objects. */
export function waveOf(object: KubeObject): number {
  const text = waveAnnotation(object)?.value ?? "0";
  return waveText.test(text) ? Number(text) : 0;
}

function wordsOf(all: Annotations, key: string): readonly string[] {
  const text = Object.hasOwn(all, key) ? (all[key] ?? "") : "";
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}
