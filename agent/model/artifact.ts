/** One commit, as Git tells it. Times are seconds since the epoch. */
export interface Commit {
  /** 40 hex digits. */
  readonly id: string;
  readonly parents: readonly string[];
  /** First line of the message. */
  readonly title: string;
  /** The whole message; trailers are read from its last paragraph. */
  readonly message: string;
  readonly author: string;
  readonly authoredAt: number;
  readonly committedAt: number;
}

export type FileMode = "100644" | "100755" | "120000" | "160000";

/** One file of a tree. `size` is absent for submodules. */
export interface TreeEntry {
  readonly mode: FileMode;
  /** Git object id of the blob: 40 hex digits. */
  readonly id: string;
}

/** Everything a commit holds, by path, sorted; contents are read on demand. */
export type Tree = ReadonlyMap<string, TreeEntry>;

/** File contents by path. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** One source at one revision. Everything downstream is a function of this value and of the files read through it. */
export interface Artifact {
  readonly commit: Commit;
  readonly tree: Tree;
}
