/** How it showed that a cluster is older than it was (C-18). */
export interface WentBack {
  /** What was seen at a lower version than before. */
  readonly what: string;
  readonly from: string;
  readonly to: string;
}

/** One sentence for logs and statuses. */
export function describeWentBack({ what, from, to }: WentBack): string {
  return `the cluster is older than it was: ${what} is at version ${to} and was at ${from}; etcd was restored from a backup, and everything is read and compared anew`;
}
