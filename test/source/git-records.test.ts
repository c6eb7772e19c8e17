import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGitRecords } from "../../agent/source/git-records.ts";
import type { StatusRecord } from "../../agent/status/record.ts";
import { hasGit, type RealGit, startRealGit } from "../doubles/git-http-backend.ts";
import { createManualClock, realClock } from "../doubles/ports.ts";

const signal = new AbortController().signal;

function record(cluster: string, sequence: number): StatusRecord {
  const publishedAt = "2026-11-21T09:00:00Z";
  const facts = { cluster, uid: "u", sequence, publishedAt, heartbeat: 600 };
  return { format: 1, ...facts, agent: "1", kubernetes: "v1", source: {}, units: {} };
}

describe.skipIf(!hasGit)("records in a real Git repository (needs git)", () => {
  let git: RealGit;
  const carrierOf = (cluster: string) =>
    createGitRecords({ url: git.url, cluster, clock: realClock });

  beforeAll(async () => {
    git = await startRealGit();
  });
  afterAll(async () => await git.close());

  test("each takes the place of the one before, with nothing behind it", async () => {
    const [dev, prod] = [carrierOf("dev"), carrierOf("prod")];
    expect(await dev.read(undefined, signal)).toEqual([]);
    await dev.publish(record("dev", 1), signal);
    await prod.publish(record("prod", 1), signal);
    await dev.publish(record("dev", 2), signal);
    const all = await prod.read(undefined, signal);
    expect(all.map(({ text }) => JSON.parse(text ?? ""))).toEqual([
      record("dev", 2),
      record("prod", 1),
    ]);
    expect(await dev.read("prod", signal)).toHaveLength(1);
    expect(await dev.read("pro", signal)).toEqual([]);
    const refs = git.git("ls-remote", git.bare).split("\n");
    expect(refs.map((line) => line.split("\t")[1])).toEqual([
      "refs/holdfast/status/dev",
      "refs/holdfast/status/prod",
    ]);
    git.git("fetch", "-q", git.bare, "refs/holdfast/status/dev");
    expect(git.git("log", "--format=%s%P", "FETCH_HEAD")).toBe("Status of dev, 2");
    git.git("fsck", "--strict");
    await Promise.all([dev.close(), prod.close()]);
  });

  // NEG-67: 10 MB, a history, another file, a ref that is no commit.
  test("one that is no record spoils none of the others", async () => {
    const path = (name: string) => join(git.work, name);
    writeFileSync(path("record.json"), "x".repeat(10_000_000));
    git.git("add", ".");
    git.git("commit", "-qm", "large");
    git.git("push", "-q", "origin", "HEAD:refs/holdfast/status/large");
    git.git("rm", "-q", "--cached", "record.json");
    writeFileSync(path("other.json"), "{}");
    git.git("add", "other.json");
    git.git("commit", "-qm", "other");
    git.git("push", "-q", "origin", "HEAD:refs/holdfast/status/other");
    const blob = git.git("hash-object", "-w", "other.json");
    git.git("push", "-q", "origin", `${blob}:refs/holdfast/status/blob`);
    const dev = carrierOf("dev");
    await dev.publish(record("dev", 3), signal);
    const found = new Map(
      (await dev.read(undefined, signal)).map((one) => [one.cluster, one.text]),
    );
    expect(JSON.parse(found.get("dev") ?? "")).toEqual(record("dev", 3));
    for (const name of ["large", "other", "blob"]) {
      expect([name, found.has(name), found.get(name)]).toEqual([name, true, undefined]);
    }
    await dev.close();
  });

  test.each([0, 6000, 12_000, 18_000])(
    "shares the host's clock with its own off by %i ms",
    async (errorMs) => {
      const nowMs = Date.now() + errorMs;
      const carrier = createGitRecords({
        url: git.url,
        cluster: "dev",
        clock: createManualClock(nowMs),
      });
      await carrier.read("dev", signal);
      const turn = carrier.turn({ clusters: ["dev"], nowMs });
      // One cluster: every odd slot of 12 s, so that its middle lies 18 s into 24 of the host's time.
      const hostMs = Date.now() + (turn?.atMs ?? 0) - nowMs;
      expect(Math.abs((hostMs % 24_000) - 18_000)).toBeLessThan(2900);
      await carrier.close();
    },
  );
});

describe("a Git host that refuses", () => {
  const answers = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
    new Promise<{ readonly url: string; close(): void }>((resolve) => {
      const server = createServer(answer);
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        const port = typeof address === "object" ? address?.port : 0;
        resolve({ url: `http://127.0.0.1:${port}/records.git`, close: () => server.close() });
      });
    });

  // G32
  test.each([
    [429, "17", "SourceUnreachable", 17],
    [403, "60", "SourceUnreachable", 60],
    [403, undefined, "SourceAuthFailed", undefined],
    [503, undefined, "SourceUnreachable", undefined],
  ])("with %i and Retry-After %s", async (...[status, header, reason, retryAfterSeconds]) => {
    const host = await answers((_request, response) => {
      response.writeHead(status, header === undefined ? {} : { "retry-after": header }).end();
    });
    const carrier = createGitRecords({ url: host.url, cluster: "dev", clock: realClock });
    await expect(carrier.publish(record("dev", 1), signal)).rejects.toMatchObject({
      reason,
      retryAfterSeconds,
    });
    await carrier.close();
    host.close();
  });
});
