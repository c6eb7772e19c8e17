import type { HttpClient } from "isomorphic-git";
import type { Clock } from "../schedule/clock.ts";
import type { FoundRecord, RecordCarrier, Turn } from "../status/carrier.ts";
import type { StatusRecord } from "../status/record.ts";
import { nextSlot, slotRoundMs } from "../status/slots.ts";
import { type Address, parseAddress } from "./address.ts";
import { currentCredential, type GitCredential } from "./git.ts";
import { defaultLimits } from "./limits.ts";
import { createTransport } from "./transport.ts";

export interface GitRecordsOptions {
  /** https, or http to loopback; without credential. */
  readonly url: string;
  /** Whose record is published; absent for a reader. */
  readonly cluster?: string;
  readonly credential?: GitCredential | undefined;
  /** PEM. */
  readonly ca?: string | undefined;
  readonly maxPushesPerMinute?: number;
  readonly clock: Clock;
}

/** One repository of records, for the time of one exchange. */
export interface RecordsHost {
  readonly address: Address;
  client(answerBytes: number, signal: AbortSignal): Promise<HttpClient>;
}

/** Status records as `refs/holdfast/status/<cluster>`: one commit each, without a parent, pushed by force (observability §3). */
export function createGitRecords(options: GitRecordsOptions): RecordCarrier {
  const { clock, credential, ca, cluster: own = "", maxPushesPerMinute = 6 } = options;
  const address = parseAddress(options.url);
  const transport = createTransport({ address, limits: defaultLimits, clock, ca });
  const hostTime = createHostTime(clock);
  const host: RecordsHost = {
    address,
    client: async (answerBytes, signal) => {
      const exchange = { credential: await currentCredential(credential), answerBytes, signal };
      return hostTime.listening(transport.client(exchange));
    },
  };
  const known = new Map<string, { readonly id: string; readonly found: FoundRecord }>();
  let last = -1;

  function turn({ clusters, nowMs }: { clusters: readonly string[]; nowMs: number }) {
    const plan = { clusters, open: [], own, maxPushesPerMinute };
    const hostMs = hostTime.at();
    const next = nextSlot(plan, { hostMs, last });
    if (next === undefined) return undefined;
    const found: Turn = { atMs: nowMs + next.atMs - hostMs, roundMs: slotRoundMs(plan) };
    return found;
  }

  return {
    turn,
    publish: async (record: StatusRecord, signal) => {
      // A clock that is set back within a slot must not make it come twice.
      last = Math.floor((hostTime.at() * Math.max(1, maxPushesPerMinute - 1)) / 60_000);
      const { pushRecord } = await import("./push-record.ts"); // with Git, which few agents need here
      await pushRecord(host, { record, atMs: hostTime.at() }, signal);
    },
    read: async (cluster, signal) => {
      const { fetchRecords } = await import("./fetch-records.ts");
      return fetchRecords(host, { cluster, known }, signal);
    },
    close: () => transport.close(),
  };
}

/** The host's time by its `Date` header, so that the agents of a fleet share one clock whatever their own say. */
function createHostTime(clock: Clock) {
  let offsetMs: number | undefined;
  return {
    at: () => (offsetMs === undefined ? clock.now() : clock.monotonic() + offsetMs),
    listening: (http: HttpClient): HttpClient => ({
      request: async (asked) => {
        const answer = await http.request(asked);
        const dateMs = Date.parse(answer.headers?.date ?? "");
        // The header is cut to the second: half of one is the best guess.
        if (!Number.isNaN(dateMs)) offsetMs = dateMs + 500 - clock.monotonic();
        return answer;
      },
    }),
  };
}
