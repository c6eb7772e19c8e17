import { type PackLimits, packLimits } from "./pack-check.ts";

/** Caps and times of a Git source (security §4); operators may set them. */
export interface SourceLimits {
  readonly advertisementBytes: number;
  readonly packBytes: number;
  readonly fileBytes: number;
  readonly pack: PackLimits;
  readonly connectMs: number;
  readonly headersMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
  /** Fewer bytes than this in a window of `idleMs` end the transfer (G02). */
  readonly slowBytes: number;
  /** Depths tried, one after the other, when an older commit is asked for (G25). */
  readonly deepenSteps: readonly number[];
  /** Packs in the store before a fresh clone replaces it (G30). */
  readonly packs: number;
  /** Bytes of packs in the store before a fresh clone replaces it. */
  readonly storeBytes: number;
}

export const defaultLimits: SourceLimits = {
  advertisementBytes: 16 * 2 ** 20,
  packBytes: 64 * 2 ** 20,
  fileBytes: 5 * 2 ** 20,
  pack: packLimits,
  connectMs: 10_000,
  headersMs: 30_000,
  idleMs: 30_000,
  totalMs: 600_000,
  slowBytes: 30_000,
  deepenSteps: [50, 500, 5000],
  packs: 100,
  storeBytes: 256 * 2 ** 20,
};
