import type { IncomingMessage, ServerResponse } from "node:http";
import { writeJson } from "../../../../agent/model/json.ts";
import type { Clock } from "../../../../agent/schedule/clock.ts";
import type { Target } from "../cluster.ts";
import { type Frame, openWatch } from "../read/watch.ts";
import { asPartial, type Call, wantsPartial } from "./exchange.ts";

/** Timings of watches, shortened in tests. */
export interface WatchTimes {
  readonly clock: Clock;
  readonly bookmarkMs: number;
  readonly defaultSeconds: number;
}

/** Answers a watch and keeps it open until the client, its time or the server ends it. Returns how to end it. */
export function streamWatch(
  target: Target,
  { request, response, call }: { request: IncomingMessage; response: ServerResponse; call: Call },
  times: WatchTimes,
): () => void {
  const query = call.url.searchParams;
  const watch = openWatch(target, query);
  response.writeHead(200, { "content-type": "application/json", "transfer-encoding": "chunked" });
  response.flushHeaders();
  const isPartial = wantsPartial(call.accept);
  const send = (frame: Frame | undefined): void => {
    if (frame === undefined) return;
    const object = isPartial && frame.type !== "ERROR" ? asPartial(frame.object) : frame.object;
    response.write(`${writeJson({ type: frame.type, object })}\n`);
  };
  for (const frame of watch.backlog) send(frame);
  const wantsBookmarks = query.get("allowWatchBookmarks") === "true";
  if (wantsBookmarks && watch.sendsInitial) send(watch.bookmark(true));
  const stop = watch.follow(send);
  const ended = new AbortController();
  if (wantsBookmarks) {
    repeat(times, () => send(watch.bookmark(false)), ended.signal);
  }
  const seconds = Number(query.get("timeoutSeconds") ?? 0) || times.defaultSeconds;
  const end = (): void => {
    stop();
    ended.abort();
    // As the real server: a client that asked for bookmarks learns how far it came.
    if (wantsBookmarks && !response.writableEnded) send(watch.bookmark(false));
    response.end();
  };
  times.clock.sleep(seconds * 1000, ended.signal).then(end, () => undefined);
  request.on("close", end);
  response.on("close", end);
  return end;
}

function repeat(times: WatchTimes, act: () => void, signal: AbortSignal): void {
  times.clock.sleep(times.bookmarkMs, signal).then(
    () => {
      act();
      repeat(times, act, signal);
    },
    () => undefined, // the watch has ended
  );
}
