import type { StatusRecord } from "./record.ts";

/** Where the clusters of a fleet tell each other how they are (observability §3). */
export interface RecordCarrier extends RecordReader {
  /**
   * When the next publication of this cluster may leave, and after which time it certainly may again; undefined while
   * this cluster is none of the fleet's.
   */
  turn(round: Round): Turn | undefined;
  /** Replaces the record of its cluster. Throws while it cannot: a SourceError, an ApiError or a RecordError. */
  publish(record: StatusRecord, signal: AbortSignal): Promise<void>;
}

/** The reading side, for gates and the CLI. */
export interface RecordReader {
  /** The record of one cluster, or of all that have one. Nothing of them is believed yet: see `judgeRecords`. */
  read(cluster: string | undefined, signal: AbortSignal): Promise<readonly FoundRecord[]>;
  close(): Promise<void>;
}

/** One record as it lies there. */
export interface FoundRecord {
  /** By the name of its place: the ref, or the object. */
  readonly cluster: string;
  /** JSON; undefined: larger than a record may be, or no record at all. */
  readonly text: string | undefined;
}

export interface Round {
  /** Names of all Cluster documents. */
  readonly clusters: readonly string[];
  readonly nowMs: number;
}

export interface Turn {
  readonly atMs: number;
  /** From one turn to the next, when nothing is open. */
  readonly roundMs: number;
}

/** The place of a record cannot take it as it is. */
export class RecordError extends Error {
  override readonly name = "RecordError";
}
