import { fetch, listServerRefs } from "isomorphic-git";
import type { Address } from "./address.ts";
import { asSourceError, invalid, SourceError } from "./errors.ts";
import type { SourceLimits } from "./limits.ts";
import { checkPack } from "./pack-check.ts";
import { indexedIds } from "./pack-index.ts";
import type { Stage, Store } from "./store.ts";
import { haveRef, storeRoot } from "./store-files.ts";
import type { BasicCredential, Transport } from "./transport.ts";

/** The Git host as this source sees it: one ref of one repository. */
export interface Remote {
  /** The commit (or for a tag the object) that the ref names now. */
  tip(signal: AbortSignal): Promise<string>;
  /** Brings the ref's objects into a stage, checked as a pack; nothing is visible yet. */
  fetch(options: FetchOptions, signal: AbortSignal): Promise<Fetched>;
}

export interface FetchOptions {
  readonly store: Store;
  readonly cache: object;
  readonly fresh: boolean;
  /** Absent: what is missing since the last fetch. */
  readonly depth?: number;
}

export interface Fetched {
  readonly stage: Stage;
  readonly id: string;
  readonly ids: readonly string[];
}

export interface RemoteOptions {
  readonly address: Address;
  readonly ref: string;
  readonly limits: SourceLimits;
  readonly transport: Transport;
  readonly credential: () => Promise<BasicCredential | undefined>;
}

/** Asks with protocol v2 for one ref prefix; fetches with the protocol that every server speaks. */
export function createRemote(options: RemoteOptions): Remote {
  const { address, ref, limits, transport } = options;

  async function client(answerBytes: number, signal: AbortSignal) {
    return transport.client({ credential: await options.credential(), answerBytes, signal });
  }

  async function tip(signal: AbortSignal): Promise<string> {
    const http = await client(limits.advertisementBytes, signal);
    const refs = await answered({ ...options, signal }, () =>
      listServerRefs({ http, url: address.url, prefix: ref, peelTags: true, protocolVersion: 2 }),
    );
    const found = refs.find((known) => known.ref === ref);
    const id = found?.peeled ?? found?.oid;
    if (id === undefined) throw refMissing(options);
    if (!/^[0-9a-f]{40}$/.test(id))
      throw invalid(`${address.url} names no SHA-1 commit for ${ref}.`);
    return id;
  }

  async function bring(asked: FetchOptions, signal: AbortSignal): Promise<Fetched> {
    const { store, fresh, depth, cache } = asked;
    const http = await client(limits.packBytes, signal);
    let declared = 0;
    const check = createCheck((pack) => {
      declared = checkPack(pack, limits.pack);
    });
    const stage = store.stage({ fresh, check });
    const found = await answered({ ...options, signal }, () =>
      fetch({
        fs: stage.fs,
        http,
        cache,
        gitdir: storeRoot,
        url: address.url,
        remote: "origin",
        ref: haveRef,
        remoteRef: ref,
        singleBranch: true,
        tags: false,
        ...(depth === undefined ? {} : { depth }),
      }),
    );
    if (found.fetchHead === null) throw refMissing(options);
    const ids = stage.indexes().flatMap(indexedIds);
    // isomorphic-git leaves out what it cannot resolve (security §4.3).
    if (ids.length !== declared)
      throw invalid(`The pack of ${address.url} holds objects that cannot be resolved.`);
    return { stage, id: found.fetchHead, ids };
  }

  return { tip, fetch: bring };
}

/** isomorphic-git tries a write again; a pack is judged once. */
function createCheck(judge: (pack: Uint8Array) => void): (pack: Uint8Array) => void {
  let verdict: { error: unknown } | undefined;
  return function check(pack) {
    if (verdict !== undefined) throw verdict.error;
    try {
      judge(pack);
    } catch (error) {
      verdict = { error };
      throw error;
    }
  };
}

function refMissing({ address, ref }: RemoteOptions): SourceError {
  return new SourceError(
    "RefMissing",
    `${address.url} has no ${ref}. Bring it back, or point the agent's settings at another; nothing is deleted.`,
  );
}

async function answered<T>(
  options: RemoteOptions & { readonly signal: AbortSignal },
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason;
    const name = error instanceof Error ? error.name : "";
    if (name === "NotFoundError") throw refMissing(options);
    if (name === "RemoteCapabilityError")
      throw invalid("The Git host cannot limit depth.", "shallow");
    throw asSourceError(error, options.address.url);
  }
}
