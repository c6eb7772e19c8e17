import type { Desired } from "../model/change.ts";
import type { Hasher } from "../model/digest.ts";
import type { GroupKind, ObjectRef } from "../model/object.ts";
import type { Problem } from "../model/problem.ts";
import type { Unit } from "../model/unit.ts";
import type { RenderedObject } from "./objects.ts";

export type Scope = "namespaced" | "cluster";

export interface NormalizeContext {
  readonly unit: Unit;
  readonly installation: string;
  readonly agentNamespace: string;
  /** From discovery; undefined when it does not know the kind: then a CRD of the same render is asked (§0.3). */
  readonly scopeOf: (kind: GroupKind) => Scope | undefined;
  readonly hasher: Hasher;
}

export interface RenderWarning {
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly ref?: ObjectRef;
}

export interface Normalized {
  /** In the order of the render. */
  readonly desired: readonly Desired[];
  /** ObjectInvalid, one per fault. Any of them stops the app before its first write, but those with `alone`. */
  readonly problems: readonly Problem[];
  /** Objects that fail alone, before sending: declared, so never pruned, but not sent. */
  readonly unsendable: readonly { readonly desired: Desired; readonly problem: Problem }[];
  readonly warnings: readonly RenderWarning[];
  /** Digest of the whole render, of its objects' digests (§0.2). */
  readonly digest: string;
}

/** The pipeline of semantics §2.2: rendered objects → exactly what is sent. */
export function normalize(
  _rendered: readonly RenderedObject[],
  _context: NormalizeContext,
): Normalized {
  throw new Error("not there yet");
}
