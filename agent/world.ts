import type { AppObjects } from "./cluster/app-objects.ts";
import type { LiveCache } from "./cluster/cache.ts";
import type { ClusterClient, Discovery } from "./cluster/client.ts";
import type { InventoryStore } from "./cluster/inventory.ts";
import type { KeptStore } from "./cluster/kept.ts";
import type { RenderStore } from "./cluster/kept-renders.ts";
import type { Lease } from "./cluster/lease.ts";
import type { Rights } from "./cluster/rights.ts";
import type { StateStore } from "./cluster/state.ts";
import type { Timeline } from "./cluster/timeline.ts";
import type { Settings } from "./config/settings.ts";
import type { Artifact, Commit } from "./model/artifact.ts";
import type { Hasher } from "./model/digest.ts";
import type { Emit } from "./model/event.ts";
import type { Problem } from "./model/problem.ts";
import type { ClusterTarget } from "./model/unit.ts";
import type { WentBack } from "./model/went-back.ts";
import type { Installation } from "./pass/pass.ts";
import type { RunRender } from "./rendering/manifests.ts";
import type { Clock, Random } from "./schedule/clock.ts";
import type { Slot } from "./slot.ts";
import type { ConfigSource } from "./source/source.ts";
import type { RecordCarrier } from "./status/carrier.ts";

/** What needs no cluster. */
export interface AgentPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly source: ConfigSource;
  /** Where this cluster's status record goes; absent: nowhere. */
  readonly records?: RecordCarrier;
  readonly version: string;
  /** Reaches the driven cluster, learns who it is, and makes what is ours there (P-84). Throws ApiError while it cannot. */
  connect(signal: AbortSignal): Promise<ClusterPorts>;
}

/** One driven cluster. */
export interface ClusterPorts {
  /** Sends no write without the lease. */
  readonly client: ClusterClient;
  readonly lease: Lease;
  readonly live: LiveCache;
  /** Shared by all that reads and writes there. */
  readonly timeline: Timeline;
  readonly rights: Rights;
  readonly inventories: InventoryStore;
  readonly kept: KeptStore;
  readonly renders: RenderStore;
  readonly apps: AppObjects;
  readonly state: StateStore;
  readonly installation: Installation;
  /** With the install key of this cluster. */
  readonly hasher: Hasher;
  /** In worker threads, with that key. */
  readonly render: RunRender;
  close(): Promise<void>;
}

/** What the last accepted commit says of this cluster as a whole. */
export interface FleetView {
  readonly artifact: Artifact;
  /** The commit that was looked at last: newer than the artifact while its fleet.yaml is broken (R26). */
  readonly seen: string;
  readonly cluster: ClusterTarget | undefined;
  readonly environment: string;
  readonly known: readonly string[];
  /** Of documents and of the fleet; the units' own stand in their slots. */
  readonly problems: readonly Problem[];
}

/** Everything one running agent knows, in one place; functions take it, nothing else holds state but slots and queue. */
export interface World {
  readonly settings: Settings;
  readonly ports: AgentPorts;
  readonly cluster: ClusterPorts;
  readonly slots: Map<string, Slot>;
  /** Under way beside everything else; they end before the lease goes. */
  readonly renders: Set<Promise<void>>;
  discovery: Discovery;
  /** Why nothing that was said of a unit holds before it is compared anew, if so. */
  readonly restored: WentBack | undefined;
  /** Why the source is not followed further, if so. */
  sourceProblem: Problem | undefined;
  /** Last accepted commit. */
  accepted: Commit | undefined;
  fleet: FleetView | undefined;
  /** Asks for one more pass of a unit, now or after a while. */
  readonly wake: (app: string, afterMs: number) => void;
}
