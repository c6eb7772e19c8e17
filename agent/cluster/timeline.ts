import type { Emit } from "../model/event.ts";
import type { WentBack } from "../model/went-back.ts";

/** Whether the cluster that answers is still the one that answered before. */
export interface Timeline {
  /** An answer about one thing, told in the order in which they came. What is no number is not compared. */
  saw(what: string, resourceVersion: string): void;
  /** Undefined while versions only went up. */
  wentBack(): WentBack | undefined;
  /** Called at most once. Gives back how to stop. */
  onBack(listener: (how: WentBack) => void): () => void;
}

/**
 * Versions of one thing only go up for as long as a cluster forgets nothing, whatever its UID: one that is lower than
 * before means that etcd was restored from a backup (C-18). The Lease tells soonest, as it is written every few seconds.
 * A watch tells nothing: real API servers let one from the future wait in silence.
 */
export function createTimeline(emit: Emit = () => {}): Timeline {
  const highest = new Map<string, bigint>();
  const listeners = new Set<(how: WentBack) => void>();
  let back: WentBack | undefined;
  return {
    saw: (what, resourceVersion) => {
      if (back !== undefined || !/^\d+$/.test(resourceVersion)) return;
      const version = BigInt(resourceVersion);
      const before = highest.get(what) ?? version;
      if (version >= before) {
        highest.set(what, version);
        return;
      }
      back = { what, from: `${before}`, to: resourceVersion };
      emit({ type: "cluster-restored", ...back });
      for (const listener of listeners) listener(back);
    },
    wentBack: () => back,
    onBack: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
