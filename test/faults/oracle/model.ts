import type { Inventory } from "../../../agent/model/inventory.ts";
import { type Mark, ownerAnnotation, parseMark } from "../../../agent/model/names.ts";
import { type KubeObject, type ObjectRef, refId } from "../../../agent/model/object.ts";

/** What a run did, as seen from outside the agent: the API server's revision log and audit log, and Git. */
export interface History {
  /** The agent's namespace: what lies there under its names is its own, never a member of an app. */
  readonly namespace: string;
  /** Commits of the tracked branch that were accepted, oldest first. */
  readonly commits: readonly AcceptedCommit[];
  readonly units: readonly UnitCase[];
  readonly acceptances: readonly Acceptance[];
  /** Every state of every object, in the server's commit order. */
  readonly events: readonly LiveEvent[];
  /** Every state of every inventory, decoded, in the server's commit order. */
  readonly inventories: readonly InventoryEvent[];
  /** What the agent asked the server to change, in the order of the answers; dry runs left out. */
  readonly requests: readonly ApiWrite[];
  /** Dry runs that the server called invalid, in the order of the answers. */
  readonly refusals: readonly Refusal[];
  /** One forced dry run of each declared object, after everything was still. */
  readonly dryRuns: readonly DryRun[];
}

export interface AcceptedCommit {
  readonly id: string;
  /** Revision of the server's log at which the agent could first see it. */
  readonly from: number;
}

/** One app: what each commit declares of it. A commit that is not in the map does not declare the app at all. */
export interface UnitCase {
  readonly app: string;
  /** `broken`: the commit does not render. */
  readonly declared: ReadonlyMap<string, readonly KubeObject[] | "broken">;
  /** Decided in Git before the app went: `delete` lets its objects go without a render. */
  readonly onRemove: "hold" | "delete" | "orphan";
  /** Neither compared nor applied while it is so at the end of the run. */
  readonly expectHeld: boolean;
}

/** A person let a deletion through, from `commit` on. */
export interface Acceptance {
  readonly app: string;
  readonly commit: string;
  readonly max: number;
}

export interface LiveEvent {
  readonly revision: number;
  readonly ref: ObjectRef;
  /** Undefined: removed. */
  readonly object: KubeObject | undefined;
}

export interface InventoryEvent {
  readonly revision: number;
  readonly app: string;
  /** Undefined: removed. */
  readonly inventory: Inventory | undefined;
}

export interface ApiWrite {
  readonly verb: "apply" | "create" | "update" | "patch" | "delete" | "deletecollection";
  readonly ref: ObjectRef;
  readonly subresource: string;
  readonly status: number;
  readonly body: unknown;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
  /** Where the server committed it; undefined when it changed nothing. */
  readonly revision: number | undefined;
  /** Last revision that was committed when the answer left. */
  readonly seenAt: number;
}

export interface Refusal {
  readonly ref: ObjectRef;
  /** The server's words. */
  readonly message: string;
  /** Last revision that was committed when the answer left. */
  readonly seenAt: number;
}

export interface DryRun {
  readonly app: string;
  readonly ref: ObjectRef;
  readonly live: KubeObject | undefined;
  readonly predicted: KubeObject | undefined;
}

export interface Violation {
  readonly invariant: "I1" | "I2" | "I3" | "I4" | "I6";
  readonly revision: number;
  readonly ref: ObjectRef | undefined;
  readonly message: string;
}

/** The mark, if it is one and names the object that bears it (P-2, 4.5-3). */
export function markOf(object: KubeObject): Mark | undefined {
  const text = object.metadata.annotations?.[ownerAnnotation];
  return text === undefined ? undefined : parseMark(text);
}

export function bearsOwnMark(object: KubeObject, ref: ObjectRef): boolean {
  const mark = markOf(object);
  return mark !== undefined && refId(mark.ref) === refId(ref);
}

/** Live objects after the event at `revision`, by `refId`; built step by step. */
export class LiveState {
  readonly objects = new Map<string, { ref: ObjectRef; object: KubeObject; revision: number }>();

  apply({ ref, object, revision }: LiveEvent): void {
    if (object === undefined) this.objects.delete(refId(ref));
    else this.objects.set(refId(ref), { ref, object, revision });
  }
}

/** The object as it was when `revision` had been committed. */
export function objectAt(
  history: History,
  ref: ObjectRef,
  revision: number,
): KubeObject | undefined {
  const id = refId(ref);
  return history.events.findLast((event) => event.revision <= revision && refId(event.ref) === id)
    ?.object;
}

export function inventoryAt(
  history: History,
  app: string,
  revision: number,
): Inventory | undefined {
  return history.inventories.findLast((event) => event.revision <= revision && event.app === app)
    ?.inventory;
}

/** Whether an object is a hook of the app: it stands in the inventory with its runs, not with the objects (O-18). */
export function isHookOnRecord(inventory: Inventory | undefined, id: string): boolean {
  return [...(inventory?.hooks?.values() ?? [])].some(({ ref }) => refId(ref) === id);
}

/** The newest accepted commit at `revision`; undefined before the first. */
export function commitAt(history: History, revision: number): AcceptedCommit | undefined {
  return history.commits.findLast(({ from }) => from <= revision);
}

/** Index in history order, or -1 for a commit that was never accepted. */
export function commitIndex(history: History, id: string): number {
  return history.commits.findIndex((commit) => commit.id === id);
}

/** Objects that some commit of the case declares for the app at that moment, by `refId`. */
export function declaredAt(
  history: History,
  unit: UnitCase,
  revision: number,
): ReadonlyMap<string, KubeObject> | "broken" | undefined {
  const commit = commitAt(history, revision);
  const declared = commit === undefined ? undefined : unit.declared.get(commit.id);
  if (declared === undefined || declared === "broken") return declared;
  return byIdentity(declared);
}

export function byIdentity(objects: readonly KubeObject[]): ReadonlyMap<string, KubeObject> {
  return new Map(objects.map((object) => [refId(identityOf(object)), object]));
}

function identityOf({ apiVersion, kind, metadata }: KubeObject): ObjectRef {
  const slash = apiVersion.indexOf("/");
  const group = slash === -1 ? "" : apiVersion.slice(0, slash);
  return { group, kind, namespace: metadata.namespace ?? "", name: metadata.name };
}

/** The agent's own objects (P-84): no app's, so no rule about members holds for them. */
export function isAgentsOwn(history: History, ref: ObjectRef): boolean {
  if (ref.group === "holdfast.dev") return true;
  if (ref.kind === "CustomResourceDefinition" && ref.name.endsWith(".holdfast.dev")) return true;
  return ref.namespace === history.namespace && /^holdfast(-|$)/.test(ref.name);
}
