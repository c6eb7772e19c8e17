/** The generated table as it is stored; `generate.ts` writes it, `kubernetes/types.ts` reads it. */
export interface Table {
  /** `v1.36.3` */
  readonly kubernetes: string;
  readonly schemas: Readonly<Record<string, Node>>;
  /** In the order of the server's group priorities. */
  readonly groups: readonly TableGroup[];
}

/**
 * A type: `s` string, `n` number, `b` boolean, `u` any scalar, `q` quantity, `t` time, `*` anything, `#name` a schema of the table,
 * or a composite. `p` fields, `v` the type of the values of other keys, `l` list items.
 */
export type Node = string | MapNode | ListNode;

export interface MapNode {
  readonly p?: Readonly<Record<string, FieldNode>>;
  readonly v?: Node;
  /** `x-kubernetes-map-type: atomic` */
  readonly a?: 1;
  /** Required fields. */
  readonly r?: readonly string[];
}

export interface ListNode {
  readonly l: Node;
  /** Keys of a map list; `[]` for a set; absent: atomic. */
  readonly k?: readonly string[];
}

export interface FieldNode {
  readonly t: Node;
  /** Default, where it is not empty by nature. */
  readonly d?: unknown;
  /** Go leaves its zero value out (`omitempty` on what is no pointer). */
  readonly z?: 1;
  /** Go always writes it, `null` where there is nothing. */
  readonly e?: 1;
  /** `x-kubernetes-map-type: atomic` beside a reference. */
  readonly a?: 1;
}

export interface TableGroup {
  readonly group: string;
  /** Preferred first. */
  readonly versions: readonly TableVersion[];
}

export interface TableVersion {
  readonly version: string;
  readonly resources: readonly TableResource[];
}

export interface TableResource {
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly TableSubresource[];
  /** Key in `schemas`. */
  readonly schema?: string;
}

export interface TableSubresource {
  readonly name: string;
  readonly verbs: readonly string[];
  /** `group/version/Kind` where it differs from that of the resource. */
  readonly kind?: string;
}
