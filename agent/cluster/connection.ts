import type { Clock } from "../schedule/clock.ts";
import type { KubeconfigChoice } from "./kubeconfig.ts";

/** Where one API server is and how to prove who we are. Nothing here is ever logged. */
export interface Connection {
  /** `https://host:port`, without a trailing slash; may have a path. */
  readonly server: string;
  /** PEM. Without `ca` the system's roots count. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  /** The Authorization header; undefined where a client certificate does it alone. */
  authorization(signal: AbortSignal): Promise<string | undefined>;
  /** The server answered 401 to this header: the next one is made anew. Parallel calls share one renewal (A21). */
  renew(refused: string | undefined): void;
}

export interface ConnectSettings extends KubeconfigChoice {
  /** What NODE_TLS_REJECT_UNAUTHORIZED is set to; refused when it is set at all (NEG-70). */
  readonly tlsRejectUnauthorized?: string;
  readonly clock: Clock;
}

/** Credentials are read again at least this often (T-7). */
const credentialAgeMs = 60_000;

/** Reads kubeconfig (the given file, else the user's own) or the pod's account. Throws an Error that says what is wrong with it. */
export async function connect(settings: ConnectSettings): Promise<Connection> {
  if (settings.tlsRejectUnauthorized !== undefined) {
    throw new Error(
      "NODE_TLS_REJECT_UNAUTHORIZED is set: certificates would not be checked. Unset it, and name the CA in the kubeconfig.",
    );
  }
  const { loadCredentials } = await import("./kubeconfig.ts");
  let credentials = await loadCredentials(settings);
  const { server, ca, cert, key, servername } = credentials;
  const authorization = cachedFor(settings.clock, async (renewed) => {
    if (renewed) credentials = await loadCredentials(settings);
    return credentials.authorization();
  });
  return {
    server: checkedServer(server),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }),
    ...authorization,
  };
}

/** A connection made of plain values, for the sandbox and tests. Plain http is for loopback only. */
export function connectTo(target: {
  readonly url: string;
  readonly token?: string;
  readonly ca?: string;
}): Connection {
  const header = target.token === undefined ? undefined : `Bearer ${target.token}`;
  return {
    server: checkedServer(target.url),
    ...(target.ca !== undefined && { ca: target.ca }),
    authorization: async () => header,
    renew: () => {},
  };
}

type Credential = Pick<Connection, "authorization" | "renew">;

/** One header at a time: kept for a minute, made once however many ask, and made anew after a 401. */
function cachedFor(
  clock: Clock,
  make: (renewed: boolean) => Promise<string | undefined>,
): Credential {
  let made: { readonly header: Promise<string | undefined>; readonly at: number } | undefined;
  let last: string | undefined;
  let refused = false;
  return {
    authorization: async () => {
      const now = clock.monotonic();
      if (made === undefined || now - made.at > credentialAgeMs) {
        made = { header: make(refused), at: now };
        refused = false;
      }
      const current = made;
      try {
        last = await current.header;
      } catch (error) {
        if (made === current) made = undefined;
        throw error;
      }
      return last;
    },
    renew: (header) => {
      if (header !== last) return;
      refused = true;
      made = undefined;
    },
  };
}

function checkedServer(text: string): string {
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw new Error("The API server's URL holds a password: give it as a token instead.");
  }
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))) {
    return text.replace(/\/+$/, "");
  }
  throw new Error(`${url.protocol}//${url.host}: an API server is spoken to by https only.`);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
