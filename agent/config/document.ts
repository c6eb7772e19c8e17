import type { Position } from "../render/yaml.ts";
import type { AppSpec } from "./app-schema.ts";
import type { ApprovalSpec } from "./approval-schema.ts";
import type { ClusterSpec } from "./cluster-schema.ts";
import type { FleetSpec } from "./fleet-schema.ts";
import type { RolloutSpec } from "./rollout-schema.ts";

interface DocumentOf<Kind extends string, Spec> {
  readonly kind: Kind;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: Spec;
  /** Path in the repository. */
  readonly file: string;
  /** 1-based line of its first key. */
  readonly line: number;
  /** Where the key that a JSON pointer into the document names stands. */
  readonly positionOf: (pointer: string) => Position | undefined;
}

export type FleetDocument = DocumentOf<"Fleet", FleetSpec>;
export type ClusterDocument = DocumentOf<"Cluster", ClusterSpec>;
export type RolloutDocument = DocumentOf<"Rollout", RolloutSpec>;
export type AppDocument = DocumentOf<"App", AppSpec>;
export type ApprovalDocument = DocumentOf<"Approval", ApprovalSpec>;

export type Document =
  | FleetDocument
  | ClusterDocument
  | RolloutDocument
  | AppDocument
  | ApprovalDocument;
export type DocumentKind = Document["kind"];
