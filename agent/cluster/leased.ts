import type { ClusterClient } from "./client.ts";
import type { Lease } from "./lease.ts";
import { notSent } from "./no-answer.ts";

/** A client whose calls can be given less time (kubernetes.ts); one that cannot is asked for what it can do. */
export interface Bounded {
  within(leftMs: () => number): ClusterClient;
}

/** How much of the lease is left alone, so that a write is over before another may begin; tests have short leases. */
const longestMarginMs = 2_000;

/** every write is over before the lease is, at the server too; without the lease nothing is sent. Reads pass. */
export function guardWrites(
  client: ClusterClient & Partial<Bounded>,
  lease: Pick<Lease, "holder" | "remainingMs" | "durationMs">,
  writeTimeoutMs: number,
): ClusterClient {
  const marginMs = Math.min(longestMarginMs, lease.durationMs / 3);

  const leftMs = () =>
    lease.holder() ? Math.min(writeTimeoutMs, lease.remainingMs() - marginMs) : 0;

  /** The client for one write, or the reason that there is none. The lease is looked at again when it is the write's turn. */
  function writer(): ClusterClient {
    if (leftMs() <= 0) throw notSent("NoLease", "This agent does not hold the cluster's lease.");
    return client.within?.(leftMs) ?? client;
  }

  return {
    discover: client.discover,
    get: client.get,
    dryRun: client.dryRun,
    list: client.list,
    watch: client.watch,
    rules: client.rules,
    may: client.may,
    whoami: client.whoami,
    close: client.close,
    apply: async (...call) => writer().apply(...call),
    delete: async (...call) => writer().delete(...call),
    patch: async (...call) => writer().patch(...call),
    create: async (...call) => writer().create(...call),
    replace: async (...call) => writer().replace(...call),
    impersonate: (account) => guardWrites(client.impersonate(account), lease, writeTimeoutMs),
  };
}
