import type { UnitStatus } from "../model/status.ts";
import { halve, shrinkToFit } from "./size.ts";

const statusLimit = 64 * 1024;

/** Cuts a status to 64 KiB: history first, then the lists; sizes were counted before. */
export function fitting(status: UnitStatus): UnitStatus {
  // Room for what statusOf adds.
  return shrinkToFit(status, statusLimit - 2048, [
    (value) => cutTo(value, "history"),
    (value) => cutTo(value, "drift"),
    (value) => cutTo(value, "problems"),
    cutLeftovers,
    cutDeletions,
  ]);
}

function cutTo(status: UnitStatus, key: "history" | "drift" | "problems"): UnitStatus | undefined {
  const list = halve<unknown>(status[key]);
  return list === undefined ? undefined : { ...status, [key]: list };
}

function cutLeftovers({ leftovers, ...status }: UnitStatus): UnitStatus | undefined {
  const items = leftovers === undefined ? undefined : halve(leftovers.items);
  if (leftovers === undefined || items === undefined) return undefined;
  return { ...status, leftovers: { ...leftovers, items } };
}

function cutDeletions({ held, ...status }: UnitStatus): UnitStatus | undefined {
  const deletions = held === undefined ? undefined : halve(held.deletions);
  if (held === undefined || deletions === undefined) return undefined;
  return { ...status, held: { ...held, deletions } };
}
