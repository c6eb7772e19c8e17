import { cp, mkdtemp, rename, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import type { Crew } from "./crew.ts";

/** etcd as it was at one moment. */
export interface Backup {
  readonly folder: string;
  /** How long the audit logs were, by path: what comes after belongs to a past that a restore takes back. */
  readonly audited: ReadonlyMap<string, number>;
}

export interface Backups {
  /** etcd stands still for a moment while its data directory is copied, as snapshots of disks do it: what a crash just then would leave. */
  backUp(): Promise<Backup>;
  /**
   * Everything goes down at once; etcd comes back with the backup's data, then its API servers. Their audit logs lose
   * what the cluster no longer knows of; controllers are not restarted, so let there be none.
   */
  restore(backup: Backup): Promise<void>;
}

export interface Backed {
  readonly data: string;
  readonly auditLogs: readonly string[];
  /** Names in the crew. */
  readonly apiServers: readonly string[];
  startEtcd(): Promise<unknown>;
  startApiServers(): Promise<void>;
}

export function createBackups(crew: Crew, backed: Backed): Backups {
  const { data, auditLogs, apiServers } = backed;
  return {
    backUp: async () => {
      const folder = join(await mkdtemp(join(crew.folder, "backup-")), "etcd");
      crew.signal("etcd", "SIGSTOP");
      try {
        await cp(data, folder, { recursive: true });
      } finally {
        crew.signal("etcd", "SIGCONT");
      }
      const sizes = auditLogs.map(async (path) => [path, (await stat(path)).size] as const);
      return { folder, audited: new Map(await Promise.all(sizes)) };
    },
    restore: async ({ folder, audited }) => {
      for (const name of [...apiServers, "etcd"]) await crew.end(name);
      for (const [path, size] of audited) await truncate(path, size);
      const lost = await mkdtemp(join(crew.folder, "lost-"));
      await rename(data, join(lost, "etcd"));
      await cp(folder, data, { recursive: true });
      await rm(lost, { recursive: true });
      await backed.startEtcd();
      await backed.startApiServers();
    },
  };
}
