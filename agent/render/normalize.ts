import type { Desired } from "../model/change.ts";
import type { Hasher } from "../model/digest.ts";
import { hookOf } from "../model/hook.ts";
import { canonicalJson, jsonEqual, writeJson } from "../model/json.ts";
import {
  describeRef,
  groupOf,
  type KubeObject,
  type ObjectRef,
  refId,
  refOf,
} from "../model/object.ts";
import { type Problem, placeOf } from "../model/problem.ts";
import type { Unit } from "../model/unit.ts";
import { overwrittenEndpoints } from "./endpoints.ts";
import { nameGenerated } from "./generated-name.ts";
import { withoutSkippedHooks } from "./hooks.ts";
import { applySetIdOf, marked } from "./mark.ts";
import type { RenderedObject } from "./objects.ts";
import { duplicateKeys, type ObjectFault, refusedFields } from "./refuse.ts";
import { placeIn, type ScopeOf, scopeWithCrds } from "./scope.ts";
import { shape } from "./shape.ts";

export type { Scope } from "./scope.ts";

export interface NormalizeContext {
  readonly unit: Unit;
  readonly installation: string;
  readonly agentNamespace: string;
  /** From discovery; undefined when it does not know the kind: then a CRD of the same render is asked (§0.3). */
  readonly scopeOf: ScopeOf;
  readonly hasher: Hasher;
}

export interface RenderWarning {
  /** Set where somebody should hear of it even if nobody asks. */
  readonly reason?: "HookSkipped";
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly ref?: ObjectRef;
}

export interface Normalized {
  /** In the order of the render; hooks stand apart. */
  readonly desired: readonly Desired[];
  /** Run around a change, once each; never ordinary objects (O-18). */
  readonly hooks: readonly Desired[];
  /** ObjectInvalid, one per fault; a single one stops the app before its first write. */
  readonly problems: readonly Problem[];
  /** Objects that fail alone, before sending: declared, so never pruned, but not sent. */
  readonly unsendable: readonly { readonly desired: Desired; readonly problem: Problem }[];
  readonly warnings: readonly RenderWarning[];
  /** Digest of the whole render, of its objects' digests (§0.2). */
  readonly digest: string;
}

/** The pipeline of semantics §2.2: rendered objects → exactly what is sent. */
export function normalize(
  rendered: readonly RenderedObject[],
  context: NormalizeContext,
): Normalized {
  const { unit, agentNamespace, hasher } = context;
  const { objects: applied, warnings: skipped } = withoutSkippedHooks(rendered);
  const named = nameGenerated(applied, hasher);
  const scopeOf = scopeWithCrds(
    context.scopeOf,
    named.map(({ object }) => object),
  );
  const warnings: RenderWarning[] = [...skipped];
  const placed = named.map((item) => {
    const { object, warning } = placeIn(item.object, unit.namespace, scopeOf);
    if (warning !== undefined) warnings.push(warningAt(item, object, warning));
    return { ...item, object };
  });
  const { objects, problems } = withoutDuplicates(placed);
  const applySet = applySetIdOf(unit.app, agentNamespace, hasher);
  const owner = { installation: context.installation, app: unit.app, applySet };
  const overwritten = overwrittenEndpoints(objects.map(({ object }) => object));
  const found: Problem[] = [...problems];
  const all: Desired[] = [];
  for (const item of objects) {
    const shaped = shape(item.object);
    const faults = [...refusedFields(item.object, agentNamespace), ...duplicateKeys(shaped.object)];
    found.push(...faults.map((fault) => problemAt(item, fault)));
    warnings.push(...shaped.warnings.map((text) => warningAt(item, item.object, text)));
    if (overwritten.has(item.object)) {
      warnings.push(
        warningAt(item, item.object, "its Service has a selector, so a controller writes it, too"),
      );
    }
    all.push(desiredOf(item, marked(shaped.object, owner), hasher));
  }
  const hooks = all.filter(({ object }) => hookOf(object) !== undefined);
  const sized = sizes(all.filter((item) => !hooks.includes(item)));
  const tooLarge = sizes(hooks).unsendable.map(({ problem }) => problem); // none of the change may start without it
  const told = [...found, ...tooLarge];
  return { ...sized, hooks, problems: told, warnings, digest: renderDigest(all, hasher) };
}

/** Digest of a whole render, of its objects' digests (§0.2). */
export function renderDigest(all: readonly Desired[], hasher: Hasher): string {
  return hasher.sha256(canonicalJson(all.map(({ id, digest }) => [id, digest]).sort(byId)));
}

/** Digest of one object; keyed for Secrets (§0.2, NEG-32). */
export function objectDigest(object: KubeObject, hasher: Hasher): string {
  const text = canonicalJson(object);
  const isSecret = object.kind === "Secret" && groupOf(object.apiVersion) === "";
  return isSecret ? hasher.keyed(text) : hasher.sha256(text);
}

function byId([a = ""]: readonly string[], [b = ""]: readonly string[]): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function desiredOf({ file, line }: RenderedObject, object: KubeObject, hasher: Hasher): Desired {
  const ref = refOf(object);
  return { id: refId(ref), ref, object, digest: objectDigest(object, hasher), file, line };
}

/** Judged by identity, without version: equal copies are one, different ones name both places (§0.3). */
function withoutDuplicates(items: readonly RenderedObject[]): {
  readonly objects: readonly RenderedObject[];
  readonly problems: readonly Problem[];
} {
  const first = new Map<string, RenderedObject>();
  const problems: Problem[] = [];
  for (const item of items) {
    const id = refId(refOf(item.object));
    const other = first.get(id);
    if (other === undefined) first.set(id, item);
    else if (!jsonEqual(unversioned(item.object), unversioned(other.object))) {
      const message = `${describeRef(refOf(item.object))} also stands in ${placeOf(other)}, and differs`;
      problems.push(problemAt(item, { pointer: "", message }));
    }
  }
  return { objects: [...first.values()], problems };
}

function unversioned({ apiVersion: _version, ...rest }: KubeObject): unknown {
  return rest;
}

function problemAt(item: RenderedObject, { pointer, message }: ObjectFault): Problem {
  const position = nearestPosition(item, pointer) ?? { line: item.line };
  const field = pointer.slice(1).replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~");
  return {
    reason: "ObjectInvalid",
    file: item.file,
    ...position,
    message,
    ref: refOf(item.object),
    ...(field === "" ? {} : { field }),
  };
}

function nearestPosition({ positionOf }: RenderedObject, pointer: string) {
  for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const position = positionOf(at);
    if (position !== undefined) return position;
  }
  return undefined;
}

function warningAt(
  { file, line }: RenderedObject,
  object: KubeObject,
  message: string,
): RenderWarning {
  return { message, file, line, ref: refOf(object) };
}

/** what the API server would refuse for its size alone. */
const limits = { object: 1.5 * 1024 * 1024, annotations: 256 * 1024 } as const;

function sizes(all: readonly Desired[]): Pick<Normalized, "desired" | "unsendable"> {
  const judged = all.map((desired) => ({ desired, message: sizeFault(desired.object) }));
  return {
    desired: judged.flatMap(({ desired, message }) => (message === undefined ? [desired] : [])),
    unsendable: judged.flatMap(({ desired, message }) => {
      if (message === undefined) return [];
      const { file, line, ref } = desired;
      return [{ desired, problem: { reason: "ObjectInvalid", file, line, ref, message } as const }];
    }),
  };
}

function sizeFault(object: KubeObject): string | undefined {
  const text = writeJson(object);
  const size = text.length * 3 > limits.object ? byteLength(text) : text.length; // UTF-8: at most 3 for each
  if (size > limits.object)
    return `the object has ${size} bytes; at most ${limits.object} can be sent`;
  const annotations = Object.entries(object.metadata.annotations ?? {})
    .map(([key, value]) => byteLength(key) + byteLength(value))
    .reduce((sum, bytes) => sum + bytes, 0);
  if (annotations <= limits.annotations) return undefined;
  return `its annotations have ${annotations} bytes; at most ${limits.annotations} can be stored`;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}
