import type { FieldDiff } from "../../agent/model/change.ts";
import type { ObjectRef } from "../../agent/model/object.ts";

/** What is being done about a difference (semantics §6.4). */
export interface DriftAction {
  readonly kind:
    | "healing"
    | "suspended"
    | "break-glass"
    | "fight"
    | "grace"
    | "reported"
    | "ignored";
  /** ISO 8601: what ends it. */
  readonly until?: string;
  /** `ignored`: by which of the app's `drift.ignore`, counted from 1. */
  readonly rule?: number;
}

/** One object that differs from what was applied. */
export interface DriftedObject {
  readonly cluster: string;
  readonly environment: string;
  readonly app: string;
  readonly ref: ObjectRef;
  /** It is gone. */
  readonly isMissing: boolean;
  /** `desired` is what Git says, `live` what is there; values of Secrets are masked. */
  readonly fields: readonly FieldDiff[];
  /** Per field a JSON pointer into what Git declares; null where Git declares no such list item. */
  readonly declared: readonly (string | null)[];
  /** ISO 8601; undefined where nothing tells. */
  readonly since: string | undefined;
  readonly action: DriftAction;
  /** Where a person wrote it, at the commit that was applied. */
  readonly file: string;
  readonly line: number;
}

/** How many objects of one unit differ, as its agent counts. */
export interface DriftCount {
  readonly cluster: string;
  readonly environment: string;
  readonly app: string;
  readonly state: string;
  readonly reason: string;
  readonly drifted: number;
}

/** In a few words, as the list shows it. */
export function actionText({ kind, until, rule }: DriftAction): string {
  const end = until === undefined ? "" : until;
  switch (kind) {
    case "fight":
      return end === "" ? "fight, backed off" : `fight, backed off to ${end}`;
    case "grace":
      return end === "" ? "in grace" : `in grace until ${end}`;
    case "ignored":
      return `ignored by rule ${rule}`;
    case "healing":
    case "reported":
      return kind;
    case "suspended":
    case "break-glass":
      return end === "" ? kind : `${kind} until ${end}`;
  }
}
