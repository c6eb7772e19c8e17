import { ApiError } from "../cluster/errors.ts";
import { crashEvent } from "../crash.ts";
import type { Emit } from "../model/event.ts";
import { canonicalJson } from "../model/json.ts";
import type { UnitStatus } from "../model/status.ts";
import { retryDelayMs } from "../schedule/backoff.ts";
import { type Clock, isoTime, type Random } from "../schedule/clock.ts";
import type { FleetSnapshot } from "../server/snapshot.ts";
import { SourceError } from "../source/errors.ts";
import { type RecordCarrier, RecordError } from "../status/carrier.ts";
import { judgeRecords } from "../status/read-record.ts";
import { type RecordFacts, recordLimit, type StatusRecord, toRecord } from "../status/record.ts";
import { bytesOfJson } from "../status/size.ts";
import type { World } from "../world.ts";

/** How often somebody who has no turn asks for one. */
const idleMs = 2000;
/** A Git host that refuses a credential is not asked more often (observability §2). */
const refusedMs = 300_000;

export interface PublisherPorts {
  readonly carrier: RecordCarrier;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
}

/** What there is to say now. */
export interface Sayable {
  readonly facts: Omit<RecordFacts, "sequence" | "publishedAt" | "heartbeat">;
  readonly statuses: readonly UnitStatus[];
  /** Names of all Cluster documents. */
  readonly clusters: readonly string[];
}

export interface Publishing {
  readonly heartbeatMs: number;
  /** Undefined: nothing yet. */
  look(): Sayable | undefined;
}

/** For one term of leadership: publishes what the agent says of its cluster, if its settings name a carrier. */
export async function publishOwnRecord(
  world: World,
  snapshot: () => FleetSnapshot,
  signal: AbortSignal,
): Promise<void> {
  const { records: carrier, clock, random, emit } = world.ports;
  if (carrier === undefined) return;
  const look = () => sayable(world, snapshot());
  const { heartbeatMs } = world.settings.statusRecords;
  await publishRecords({ carrier, clock, random, emit }, { heartbeatMs, look }, signal);
}

/** Nothing before the fleet is known. */
function sayable(
  { fleet, cluster: { installation } }: Pick<World, "fleet" | "cluster">,
  { cluster, agentVersion = "", kubernetes = "", source, units }: FleetSnapshot,
): Sayable | undefined {
  if (fleet === undefined) return undefined;
  const { commit, reason } = source;
  return {
    facts: {
      cluster,
      uid: installation.clusterUid,
      agent: agentVersion,
      kubernetes,
      source: {
        ...(commit === undefined ? {} : { fetched: commit }),
        ...(reason === undefined ? {} : { reason }),
      },
    },
    statuses: units,
    clusters: fleet.known,
  };
}

/** What was published last; between the first try and its end the sequence is ahead. */
interface Told {
  sequence: number;
  what: string;
  atMs: number;
}

/** Publishes the record of this cluster when its turn comes and it has changed or grown old, until aborted (observability §3). */
export async function publishRecords(
  ports: PublisherPorts,
  publishing: Publishing,
  signal: AbortSignal,
): Promise<void> {
  const { clock, emit } = ports;
  const intervalSeconds = publishing.heartbeatMs / 1000;
  emit({ type: "record", result: "started", intervalSeconds });
  let told: Told | undefined;
  for (let failures = 0; !signal.aborted; ) {
    try {
      const said = publishing.look();
      if (said === undefined) await clock.sleep(idleMs, signal);
      else if (told === undefined) told = await resume(ports, said.facts.cluster, signal);
      else await takeTurn(ports, { publishing, told, said }, signal);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      tellFailure(ports, error, intervalSeconds);
      await clock.sleep(waitAfter(ports, error, failures), signal).catch(() => undefined);
    }
  }
}

/** After a restart the sequence goes on where it ended: readers believe no smaller one (E18). */
async function resume(
  { carrier, clock }: PublisherPorts,
  cluster: string,
  signal: AbortSignal,
): Promise<Told> {
  const found = await carrier.read(cluster, signal);
  const known = { uidOf: () => undefined, seen: new Map(), nowMs: Number.MAX_SAFE_INTEGER };
  const verdict = judgeRecords(found, known).verdicts.get(cluster);
  const sequence = verdict?.ok === true ? verdict.record.sequence : 0;
  return { sequence, what: "", atMs: clock.monotonic() };
}

interface Turning {
  readonly publishing: Publishing;
  readonly told: Told;
  readonly said: Sayable;
}

async function takeTurn(
  { carrier, clock, emit }: PublisherPorts,
  { publishing, told, said }: Turning,
  signal: AbortSignal,
): Promise<void> {
  const nowMs = clock.now();
  const turn = carrier.turn({ clusters: said.clusters, nowMs });
  await clock.sleep(turn === undefined ? idleMs : turn.atMs - nowMs, signal);
  const newest = publishing.look();
  if (turn === undefined || newest === undefined) return;
  const heartbeatMs = Math.max(publishing.heartbeatMs, turn.roundMs);
  const record = recordOf(newest, { told, heartbeatMs, nowMs: clock.now() });
  const what = whatItSays(record);
  const isDue = clock.monotonic() - told.atMs + turn.roundMs > heartbeatMs; // the next turn is too late
  if (what === told.what && !isDue) return;
  told.sequence = record.sequence; // an answer that is lost may stand for a record that is there (KP23)
  await carrier.publish(record, signal);
  told.what = what;
  told.atMs = clock.monotonic();
  emit({ type: "record", result: "published", intervalSeconds: record.heartbeat });
}

interface Moment {
  readonly told: Told;
  readonly heartbeatMs: number;
  readonly nowMs: number;
}

function recordOf(
  { facts, statuses }: Sayable,
  { told, heartbeatMs, nowMs }: Moment,
): StatusRecord {
  const record = toRecord(
    {
      ...facts,
      sequence: told.sequence + 1,
      publishedAt: isoTime(nowMs),
      heartbeat: Math.ceil(heartbeatMs / 1000),
    },
    statuses,
  );
  const bytes = bytesOfJson(record);
  if (bytes <= recordLimit) return record;
  throw new RecordError(
    `with ${statuses.length} apps it has ${bytes} bytes, more than ${recordLimit}: readers would refuse it`,
  );
}

/** All that somebody would notice: nothing that moves with time alone. */
function whatItSays({ publishedAt: _at, sequence: _number, units, ...record }: StatusRecord) {
  const lasting = Object.entries(units).map(([app, { comparedAt: _comparedAt, ...unit }]) => [
    app,
    unit,
  ]);
  return canonicalJson(JSON.parse(JSON.stringify({ ...record, units: lasting })));
}

function tellFailure({ emit }: PublisherPorts, error: unknown, intervalSeconds: number): void {
  const isKnown =
    error instanceof SourceError || error instanceof ApiError || error instanceof RecordError;
  const message = error instanceof Error ? error.message : String(error);
  if (isKnown) emit({ type: "record", result: "failed", intervalSeconds, message });
  else emit(crashEvent(error));
}

/** G32: what the host asks for, else the usual back-off; after that its next turn is waited for. */
function waitAfter({ random }: PublisherPorts, error: unknown, failures: number): number {
  const usual = retryDelayMs("backoff", failures, random.next()) ?? 0;
  if (error instanceof SourceError) {
    const least = error.reason === "SourceAuthFailed" ? refusedMs : usual;
    return Math.max(least, (error.retryAfterSeconds ?? 0) * 1000);
  }
  if (error instanceof ApiError) {
    return Math.max(usual, (error.failure.retryAfterSeconds ?? 0) * 1000);
  }
  return usual;
}
