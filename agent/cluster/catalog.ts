import { type Discovery, type ServedKind, servedKind } from "./client.ts";
import { ApiError } from "./errors.ts";
import { otherScope } from "./requests.ts";

/** A kind, at a version or at the preferred one. */
export interface KindAt {
  readonly group: string;
  readonly kind: string;
  readonly version?: string;
}

/** The last discovery, kept to know URLs. It is asked anew, never believed, when something is missing. */
export interface Catalog {
  refresh(signal: AbortSignal): Promise<Discovery>;
  /** Runs with the URL of a kind; once more, with a fresh one, when the server does not know the URL. */
  withKind<T>(
    at: KindAt,
    signal: AbortSignal,
    task: (served: ServedKind) => Promise<T>,
  ): Promise<T>;
}

/** `discover` asks the server; callers that ask at the same time share one answer. */
export function createCatalog(discover: (signal: AbortSignal) => Promise<Discovery>): Catalog {
  let known: Discovery | undefined;
  let shared: Promise<Discovery> | undefined;

  async function refresh(signal: AbortSignal): Promise<Discovery> {
    known = await discover(signal);
    return known;
  }
  /** One flight for all who found something missing; if its starter gives up, each asks for itself. */
  async function again(signal: AbortSignal): Promise<Discovery> {
    if (shared !== undefined) return shared.catch(() => refresh(signal));
    shared = refresh(signal);
    try {
      return await shared;
    } finally {
      shared = undefined;
    }
  }

  return {
    refresh,
    withKind: async (at, signal, task) => {
      const first = known === undefined ? undefined : servedKind(known, at, at.version);
      const done = first === undefined ? noSuchKind : await orNoSuchKind(task(first), isOutdated);
      if (done !== noSuchKind) return done;
      const fresh = await again(signal);
      const found = servedKind(fresh, at, at.version);
      const last = found === undefined ? noSuchKind : await orNoSuchKind(task(found), isNoSuchKind);
      if (last === noSuchKind) throw unknownKind(at, fresh);
      return last;
    },
  };
}

const noSuchKind = Symbol("no such kind");

async function orNoSuchKind<T>(
  task: Promise<T>,
  is: (error: unknown) => boolean,
): Promise<T | typeof noSuchKind> {
  try {
    return await task;
  } catch (error) {
    if (is(error)) return noSuchKind;
    throw error;
  }
}

/** What we knew of the kind may be wrong: the URL is none, or its definition came back with another scope. */
function isOutdated(error: unknown): boolean {
  if (isNoSuchKind(error)) return true;
  return error instanceof ApiError && error.failure.reason === otherScope;
}

/** 404 of a URL, not of an object: the Status names nothing. */
function isNoSuchKind(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    error.failure.status === 404 &&
    (error.failure.detailsKind === undefined ||
      error.failure.message === "the server could not find the requested resource")
  );
}

function unknownKind({ group, kind, version }: KindAt, discovery: Discovery): ApiError {
  const name = [group, version].filter((part) => part !== "" && part !== undefined).join("/");
  const answers = !discovery.unknownGroups.has(group);
  return new ApiError({
    status: answers ? 404 : 503,
    reason: answers ? "KindUnknown" : "DiscoveryFailed",
    message: answers
      ? `${kind} is not served by this cluster (${name === "" ? "core" : name}).`
      : `The API group ${group} does not answer discovery, so nothing is known of ${kind}.`,
    causes: [],
    indeterminate: false,
  });
}
