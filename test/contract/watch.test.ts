import { describe, expect } from "vitest";
import { configMap } from "./bodies.ts";
import type { Body } from "./connection.ts";
import { bothServers, outcome } from "./servers.ts";

const partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

function brief(frames: Body[]): Body[] {
  return frames.map(({ type, object }) => ({
    type,
    name: object.metadata?.name,
    labels: object.metadata?.labels,
    kind: object.kind,
    data: object.data,
  }));
}

describe("watches", () => {
  const { each } = bothServers();

  each(
    "from a list's version: every later change, in order",
    async (server) => {
      const maps = server.at("configmaps");
      const { body } = await server.get(maps);
      const since = body.metadata.resourceVersion;
      await server.post(maps, configMap("a", { k: "1" }));
      await server.merge(`${maps}/a`, { data: { k: "2" } });
      await server.delete(`${maps}/a`);
      const frames = await server.wire.watch(
        `${maps}?watch=true&resourceVersion=${since}&timeoutSeconds=5&fieldSelector=metadata.name%3Da`,
        3,
      );
      const versions = frames.map(({ object }) => Number(object.metadata.resourceVersion));
      return {
        frames: brief(frames),
        rising: versions.every((version, index) => index === 0 || version > versions[index - 1]!),
      };
    },
    ({ frames, rising }) => {
      expect(frames.map(({ type }) => type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
      expect(rising).toBe(true);
    },
  );

  each(
    "D-10: leaving the selection is DELETED, entering it ADDED",
    async (server) => {
      const maps = server.at("configmaps");
      const since = (await server.get(maps)).body.metadata.resourceVersion;
      await server.post(maps, configMap("a", { k: "1" }));
      await server.merge(`${maps}/a`, { metadata: { labels: { mine: "yes" } } });
      await server.merge(`${maps}/a`, { data: { k: "2" } });
      await server.merge(`${maps}/a`, { metadata: { labels: { mine: null } }, data: { k: "3" } });
      const frames = await server.wire.watch(
        `${maps}?watch=true&resourceVersion=${since}&labelSelector=mine&timeoutSeconds=5`,
        3,
      );
      const last = (await server.get(`${maps}/a`)).body.metadata.resourceVersion;
      return {
        frames: brief(frames),
        carriesNew: frames.at(-1)?.object.metadata.resourceVersion === last,
      };
    },
    ({ frames, carriesNew }) => {
      expect(frames.map(({ type }) => type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
      expect(carriesNew).toBe(true);
    },
  );

  each(
    "metadata only",
    async (server) => {
      const maps = server.at("configmaps");
      const since = (await server.get(maps)).body.metadata.resourceVersion;
      await server.post(maps, configMap("a", { k: "1" }));
      const [frame] = await server.wire.watch(
        `${maps}?watch=true&resourceVersion=${since}&timeoutSeconds=5&fieldSelector=metadata.name%3Da`,
        1,
        partial,
      );
      return {
        type: frame.type,
        kind: frame.object.kind,
        apiVersion: frame.object.apiVersion,
        data: frame.object.data,
        name: frame.object.metadata.name,
      };
    },
    (seen) =>
      expect(seen).toEqual({
        type: "ADDED",
        kind: "PartialObjectMetadata",
        apiVersion: "meta.k8s.io/v1",
        data: undefined,
        name: "a",
      }),
  );

  each(
    "sendInitialEvents ends with a bookmark that says so",
    async (server) => {
      const maps = server.at("configmaps");
      await server.post(maps, configMap("a", {}, { labels: { mine: "1" } }));
      const frames = await server.wire.watch(
        `${maps}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&labelSelector=mine&timeoutSeconds=5`,
        2,
      );
      return frames.map(({ type, object }) => ({
        type,
        name: object.metadata.name,
        annotations: object.metadata.annotations,
        kind: object.kind,
      }));
    },
    (frames) =>
      expect(frames[1]).toMatchObject({
        type: "BOOKMARK",
        annotations: { "k8s.io/initial-events-end": "true" },
      }),
  );

  each(
    "a bookmark tells of what the selection leaves out, before the watch's time is up",
    async (server) => {
      const maps = server.at("configmaps");
      const since = (await server.get(maps)).body.metadata.resourceVersion;
      const watching = server.wire.watch(
        `${maps}?watch=true&resourceVersion=${since}&allowWatchBookmarks=true&timeoutSeconds=8&labelSelector=mine`,
        5,
      );
      // The real server sends none while its cache stands where the watch began.
      await server.post(maps, configMap("unselected", {}, {}));
      const frames = await watching;
      return [...new Set(frames.map(({ type, object }) => `${type} ${object.kind}`))];
    },
    (seen) => expect(seen).toEqual(["BOOKMARK ConfigMap"]),
  );

  each(
    "without a version a watch starts with what is there",
    async (server) => {
      const maps = server.at("configmaps");
      await server.post(maps, configMap("a", {}, { labels: { mine: "1" } }));
      return brief(
        await server.wire.watch(`${maps}?watch=true&labelSelector=mine&timeoutSeconds=5`, 1),
      );
    },
    ([frame]) => expect(frame).toMatchObject({ type: "ADDED", name: "a" }),
  );

  each(
    "C-18: a watch from the future is not refused; it hides what comes before that in silence",
    async (server) => {
      const maps = server.at("configmaps");
      const since = (await server.get(maps)).body.metadata.resourceVersion;
      const watching = server.wire.watch(
        `${maps}?watch=true&resourceVersion=${Number(since) + 100_000}&allowWatchBookmarks=true&timeoutSeconds=5`,
        5,
      );
      await server.post(maps, configMap("unseen", {}));
      return brief(await watching);
    },
    (frames) => expect(frames).toEqual([]),
  );

  each(
    "a version from the future is refused",
    async (server) => {
      const { code, body } = await server.get(
        `${server.at("configmaps")}?resourceVersion=999999999`,
      );
      return {
        code,
        reason: body.reason,
        causes: body.details?.causes,
        message: String(body.message).replaceAll(/\d+/g, "n"),
      };
    },
    ({ code, reason }) => expect([code, reason]).toEqual([504, "Timeout"]),
  );

  each(
    "an invalid version is refused",
    async (server) => {
      const maps = server.at("configmaps");
      return {
        list: outcome(await server.get(`${maps}?resourceVersion=abc`)),
        watch: outcome(await server.get(`${maps}?watch=true&resourceVersion=abc`)),
      };
    },
    ({ list, watch }) => expect([list.code, watch.code]).toEqual([400, 500]),
  );
});
