import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { WatchEvent } from "../../agent/cluster/client.ts";
import { connectTo } from "../../agent/cluster/connection.ts";
import { ApiError, isExpired } from "../../agent/cluster/errors.ts";
import { createKubernetesClient } from "../../agent/cluster/kubernetes.ts";
import { type Reply, startFakeApiServer, statusBody } from "../doubles/api-server.ts";
import { createManualClock, realClock } from "../doubles/ports.ts";

const never = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const selection = { group: "", kind: "ConfigMap", labelSelector: "a=b" };

function line(type: string, version: string, text = "x"): string {
  const metadata = { name: "a", namespace: "n", resourceVersion: version };
  return `${JSON.stringify({ type, object: { metadata, data: { text } } })}\n`;
}

async function watched(reply: Reply, limits = {}, clock = realClock) {
  const server = await startFakeApiServer(() => reply);
  const random = { next: () => 0.25, id: () => "" };
  const client = createKubernetesClient({
    connection: connectTo({ url: server.url }),
    clock,
    random,
    limits,
  });
  open.push(client, server);
  await client.discover(never);
  const events: WatchEvent[] = [];
  let error: unknown;
  const done = (async () => {
    try {
      for await (const event of client.watch(selection, "5", never)) events.push(event);
    } catch (caught) {
      error = caught;
    }
  })();
  const failure = () => (error instanceof ApiError ? error.failure : error);
  return { server, events, done, failure, error: () => error };
}

function playing(...pieces: readonly (string | Buffer)[]): Reply {
  return {
    stream: async (response: ServerResponse) => {
      for (const piece of pieces) {
        response.write(piece);
        await realClock.sleep(5);
      }
      response.end();
    },
  };
}

describe("a watch", () => {
  it("asks for bookmarks, from a version, for 5 to 10 minutes, and gives items their kind", async () => {
    const { server, events, done, failure } = await watched(
      playing(line("ADDED", "6"), line("BOOKMARK", "9"), line("DELETED", "10")),
    );
    await done;
    expect(failure()).toBeUndefined();
    expect(Object.fromEntries(server.received[0]?.query ?? [])).toEqual({
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: "5",
      timeoutSeconds: "375",
      labelSelector: "a=b",
    });
    expect(events.map(({ type }) => type)).toEqual(["added", "bookmark", "deleted"]);
    expect(events[0]).toMatchObject({ object: { apiVersion: "v1", kind: "ConfigMap" } });
    expect(events[1]).toEqual({ type: "bookmark", resourceVersion: "9" });
  });

  it("T-30: joins lines that came in pieces, cut within a character too", async () => {
    const bytes = Buffer.from(line("ADDED", "6", "größe") + line("MODIFIED", "7"));
    const cut = bytes.indexOf("ö") + 1;
    const { events, done } = await watched(
      playing(bytes.subarray(0, cut), bytes.subarray(cut, cut + 3), bytes.subarray(cut + 3)),
    );
    await done;
    expect(events).toMatchObject([
      { type: "added", object: { data: { text: "größe" } } },
      { type: "modified", object: { metadata: { resourceVersion: "7" } } },
    ]);
  });

  it.each([
    ["no JSON", "{nonsense\n"],
    ["no event", '{"type":"PATCHED","object":{}}\n'],
    ["an object without a version", '{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n'],
    ["too deep", `{"type":"ADDED","object":${"[".repeat(600)}${"]".repeat(600)}}\n`],
    ["too long", line("ADDED", "7", "v".repeat(5000))],
  ])("T-4, T-30: ends at a line that is %s, and does not skip it (A10)", async (_name, bad) => {
    const { events, done, failure } = await watched(
      playing(line("ADDED", "6"), bad, line("ADDED", "8")),
      { maxLineBytes: 4000 },
    );
    await done;
    expect(events).toHaveLength(1);
    expect(failure()).toMatchObject({ status: 0, reason: "BadAnswer" });
  });

  it("ends with an error at a last line that was cut", async () => {
    const { events, done, failure } = await watched(playing(line("ADDED", "6"), '{"type":"MOD'));
    await done;
    expect(events).toHaveLength(1);
    expect(failure()).toMatchObject({ reason: "BadAnswer" });
  });

  it.each([
    ["an answer", statusBody(410, "Expired")],
    [
      "an ERROR event",
      playing(
        `${JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired", message: "too old" } })}\n`,
      ),
    ],
  ])("says that its start is too old, told by %s (A07)", async (_name, reply) => {
    const { done, error } = await watched(reply);
    await done;
    expect(isExpired(error())).toBe(true);
  });

  it("C-5: is given up when no byte came for 90 s (A09), and not while bytes come", async () => {
    const clock = createManualClock();
    let response: ServerResponse | undefined;
    const { events, done, failure } = await watched(
      {
        stream: (opened) => {
          response = opened;
        },
      },
      {},
      clock,
    );
    const opened = async () => {
      for (let turn = 0; turn < 1000 && response === undefined; turn += 1) await realClock.sleep(2);
    };
    await opened();
    await realClock.sleep(50);
    await clock.advance(80_000);
    response?.write(line("ADDED", "6"));
    for (let turn = 0; turn < 1000 && events.length === 0; turn += 1) await realClock.sleep(2);
    await clock.advance(80_000);
    expect(failure()).toBeUndefined();
    await clock.advance(11_000);
    await done;
    expect(failure()).toMatchObject({ status: 0, reason: "Timeout" });
  });
});
