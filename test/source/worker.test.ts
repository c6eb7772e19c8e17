import type { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { AgentEvent } from "../../agent/model/event.ts";
import { spawnSourceWorker } from "../../agent/source/worker-source.ts";
import { sandboxGit, signal, sourceOf, textOf } from "./sources.ts";

test("everything works the same in a worker thread", async () => {
  const git = await sandboxGit({ token: "t" });
  const first = git.commitFiles({ files: { a: "a" }, message: "a" });
  const tip = git.commitFiles({ files: { b: "b" }, message: "b" });
  const source = sourceOf(git.url, { worker: true, credential: { password: () => "t" } });
  expect((await source.poll(signal)).id).toBe(tip);
  expect([...(await source.tree(tip, signal)).keys()]).toEqual(["a", "b"]);
  expect(await textOf(source, tip, "b")).toBe("b");
  expect(await source.contains(tip, first, signal)).toBe(true);
  expect((await source.log({ to: tip, limit: 5 }, signal)).map(({ title }) => title)).toEqual([
    "b",
    "a",
  ]);
  expect((await source.commit(first, signal))?.title).toBe("a");
  git.setToken("other");
  await expect(source.poll(signal)).rejects.toMatchObject({ reason: "SourceAuthFailed" });
  git.misbehave({ kind: "status", status: 503, headers: { "retry-after": "7" } });
  await expect(source.poll(signal)).rejects.toMatchObject({ retryAfterSeconds: 7 });
});

test("a worker killed in the middle of a fetch is replaced, and the fetch is made again (G31)", async () => {
  const git = await sandboxGit();
  const tip = git.commitFiles({ files: { a: "a" }, message: "a" });
  const workers: Worker[] = [];
  const events: AgentEvent[] = [];
  const source = sourceOf(git.url, {
    worker: true,
    emit: (event) => void events.push(event),
    spawn: (settings) => {
      const worker = spawnSourceWorker(settings);
      workers.push(worker);
      return worker;
    },
  });
  git.misbehave({ kind: "hang" });
  const polling = source.poll(signal);
  await expect.poll(() => git.requests.length, { timeout: 10_000 }).toBe(1);
  git.misbehave(undefined);
  await workers[0]!.terminate();
  expect((await polling).id).toBe(tip);
  expect(workers.length).toBe(2);
  expect(events).toMatchObject([{ type: "error" }]);
});

test("a worker that dies every time is an error, not a loop", async () => {
  const git = await sandboxGit();
  git.commitFiles({ files: { a: "a" }, message: "a" });
  let spawned = 0;
  const source = sourceOf(git.url, {
    worker: true,
    spawn: (settings) => {
      const worker = spawnSourceWorker(settings);
      spawned += 1;
      void worker.terminate();
      return worker;
    },
  });
  await expect(source.poll(signal)).rejects.toMatchObject({ reason: "SourceInvalid" });
  expect(spawned).toBe(2);
});

test("an aborted call ends at once, also in the worker", async () => {
  const git = await sandboxGit();
  git.misbehave({ kind: "hang" });
  const source = sourceOf(git.url, { worker: true });
  const controller = new AbortController();
  const polling = source.poll(controller.signal);
  setTimeout(() => controller.abort(new Error("enough")), 100);
  await expect(polling).rejects.toThrow("enough");
  git.misbehave(undefined);
  const tip = git.commitFiles({ files: { a: "a" }, message: "a" });
  expect((await source.poll(signal)).id).toBe(tip);
});
