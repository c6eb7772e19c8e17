import { afterEach, describe, expect, it } from "vitest";
import { type Connection, connectTo } from "../../agent/cluster/connection.ts";
import { ApiError, isUnanswered } from "../../agent/cluster/errors.ts";
import { createKubernetesClient } from "../../agent/cluster/kubernetes.ts";
import type { ClientLimits } from "../../agent/cluster/limits.ts";
import type { AgentEvent } from "../../agent/model/event.ts";
import { type KubeObject, versionedRefOf } from "../../agent/model/object.ts";
import type { Clock } from "../../agent/schedule/clock.ts";
import {
  type FakeApiServer,
  type Received,
  type Reply,
  startFakeApiServer,
  statusBody,
} from "../doubles/api-server.ts";
import { createManualClock, realClock } from "../doubles/ports.ts";

const never = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

interface Setup {
  readonly clock?: Clock;
  readonly limits?: Partial<ClientLimits>;
  readonly connection?: (server: FakeApiServer) => Connection;
}

async function setUp(answer: (request: Received) => Reply | Promise<Reply>, setup: Setup = {}) {
  const server = await startFakeApiServer(answer);
  const events: AgentEvent[] = [];
  const client = createKubernetesClient({
    connection: setup.connection?.(server) ?? connectTo({ url: server.url, token: "t" }),
    clock: setup.clock ?? realClock,
    emit: (event) => events.push(event),
    ...(setup.limits !== undefined && { limits: setup.limits }),
  });
  open.push(client, server);
  return { server, client, events };
}

const map: KubeObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", namespace: "n" },
  data: { k: "v" },
};
const ref = versionedRefOf(map);
const over = { uid: "u-1", resourceVersion: "7" };
const stored = { ...map, metadata: { ...map.metadata, uid: "u-1", resourceVersion: "8" } };
const ok: Reply = { status: 200, body: stored };

async function failureOf(promise: Promise<unknown>) {
  const error: unknown = await promise.then(
    (value) => new Error(`answered: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error.failure;
  throw error;
}

async function drain(pages: AsyncIterable<unknown>): Promise<void> {
  for await (const _page of pages);
}

describe("requests", () => {
  it("T-1, T-2: carry every field both ways, also those that no model of a client knows", async () => {
    const policy: KubeObject = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", namespace: "n", ...{ futureMeta: { x: [1, null] } } },
      spec: {
        ingress: [{ from: [{ podSelector: {} }], fromTheFuture: [{ "x-kubernetes-y": true }] }],
        limits: [{ default: { cpu: "1" }, _from: "x", $ref: "#" }],
      },
    };
    const { server, client } = await setUp(() => ({ status: 200, body: policy }));
    const { object } = await client.apply(policy, undefined, never);
    expect(JSON.parse(server.received[0]?.body ?? "")).toEqual(policy);
    expect(object).toEqual(policy);
    expect(await client.get(ref, never)).toEqual(policy);
  });

  it("applies as A-1 and A-14 say, and has unknown fields refused (T-3)", async () => {
    const { server, client } = await setUp(() => ok);
    await client.apply(map, undefined, never);
    await client.apply(map, over, never);
    await client.dryRun(map, over, never);
    const [create, update, dry] = server.received;
    expect(create?.method).toBe("PATCH");
    expect(create?.path).toBe("/api/v1/namespaces/n/configmaps/a");
    expect(create?.headers["content-type"]).toBe("application/apply-patch+yaml");
    expect(create?.headers.authorization).toBe("Bearer t");
    const { timeout, ...query } = Object.fromEntries(create?.query ?? []);
    expect(query).toEqual({ fieldManager: "holdfast", force: "false", fieldValidation: "Strict" });
    expect(timeout).toMatch(/^(30000|29\d{3})ms$/);
    expect(JSON.parse(create?.body ?? "")).toEqual(map);
    expect(update?.query.get("force")).toBe("true");
    expect(update?.query.has("dryRun")).toBe(false);
    expect(JSON.parse(update?.body ?? "").metadata).toEqual({ ...map.metadata, ...over });
    expect(dry?.query.get("dryRun")).toBe("All");
    expect(dry?.query.get("force")).toBe("true");
  });

  it("deletes with preconditions and patches with the version first", async () => {
    const { server, client } = await setUp(() => ok);
    await client.delete(ref, over, { propagation: "Foreground" }, never);
    await client.patch(ref, [{ op: "remove", path: "/metadata/labels/x" }], over, never);
    const [deletion, patch] = server.received;
    expect(JSON.parse(deletion?.body ?? "")).toMatchObject({
      propagationPolicy: "Foreground",
      preconditions: over,
    });
    expect(JSON.parse(patch?.body ?? "")).toEqual([
      { op: "replace", path: "/metadata/resourceVersion", value: "7" },
      { op: "remove", path: "/metadata/labels/x" },
    ]);
  });

  it("never leads a name to another path", async () => {
    const { server, client } = await setUp(() => ok);
    for (const name of ["..", ".", "", "a/b", "a%2fb"]) {
      expect(await failureOf(client.get({ ...ref, name }, never))).toMatchObject({ status: 0 });
      expect(await failureOf(client.get({ ...ref, namespace: name }, never))).toMatchObject({
        status: 0,
      });
    }
    expect(server.received).toEqual([]);
  });

  it("impersonates one account on every call, and nothing else", async () => {
    const { server, client } = await setUp(() => ok);
    const other = client.impersonate({ namespace: "shop", name: "deployer" });
    await other.apply(map, undefined, never);
    await client.apply(map, undefined, never);
    const [first, second] = server.received.map(({ headers }) => headers);
    expect(first?.["impersonate-user"]).toBe("system:serviceaccount:shop:deployer");
    expect(Object.keys(first ?? {}).filter((name) => name.startsWith("impersonate"))).toHaveLength(
      1,
    );
    expect(second?.["impersonate-user"]).toBeUndefined();
    for (const name of ["", " ", "\u00a0", "null:x", "A"]) {
      expect(() => client.impersonate({ namespace: "shop", name })).toThrow();
    }
  });

  it("keeps integers beyond doubles, both ways", async () => {
    const { server, client } = await setUp(({ body }) => ({
      text: body.replace('"name"', '"uid":"u","resourceVersion":"1","name"'),
    }));
    const exact = { ...map, data: { k: 9007199254740993n } };
    const { object } = await client.apply(exact, undefined, never);
    expect(server.received[0]?.body).toContain("9007199254740993");
    expect(object.data).toEqual({ k: 9007199254740993n });
  });
});

describe("a write whose answer is lost (A-15)", () => {
  const lost: readonly (readonly [string, Reply, string])[] = [
    ["connection reset", { reset: true }, "Reset"],
    ["body cut", { cut: '{"kind":"ConfigMap",' }, "Reset"],
    ["HTML with 200", { text: "<html>proxy</html>" }, "BadAnswer"],
    ["nothing with 200", { text: "" }, "BadAnswer"],
    ["another object", { status: 200, body: { ...stored, kind: "Secret" } }, "BadAnswer"],
    [
      "another name",
      { status: 200, body: { ...stored, metadata: { ...stored.metadata, name: "b" } } },
      "BadAnswer",
    ],
    ["502", { text: "bad gateway", status: 502 }, "BadGateway"],
    ["503", statusBody(503, "ServiceUnavailable"), "ServiceUnavailable"],
    ["504", statusBody(504, "Timeout"), "Timeout"],
    [
      "500 of etcd",
      statusBody(500, "InternalError", { message: "etcdserver: request timed out" }),
      "InternalError",
    ],
  ];
  it.each(lost)("%s: may have happened, and is not sent again", async (_name, reply, reason) => {
    const { server, client } = await setUp(() => reply);
    expect(await failureOf(client.apply(map, undefined, never))).toMatchObject({
      reason,
      indeterminate: true,
    });
    expect(server.received).toHaveLength(1);
    expect(await failureOf(client.dryRun(map, undefined, never))).toMatchObject({
      indeterminate: false,
    });
  });

  it.each([
    ["400", statusBody(400, "BadRequest")],
    ["403", statusBody(403, "Forbidden")],
    ["409", statusBody(409, "Conflict")],
    ["422", statusBody(422, "Invalid")],
    ["429", statusBody(429, "TooManyRequests")],
    ["500", statusBody(500, "InternalError", { message: "failed calling webhook" })],
  ])("%s did not happen", async (code, reply) => {
    const { server, client } = await setUp(() => reply);
    expect(await failureOf(client.apply(map, undefined, never))).toMatchObject({
      status: Number(code),
      indeterminate: false,
    });
    expect(server.received).toHaveLength(1);
  });

  it("refused connections were never sent", async () => {
    const { server, client } = await setUp(() => ok);
    await client.discover(never).catch(() => undefined);
    await server.close();
    await failureOf(client.get(ref, never));
    const failure = await failureOf(client.apply(map, undefined, never));
    expect(failure).toMatchObject({ status: 0, reason: "Refused", indeterminate: false });
  });

  it("is given up after 35 s, the server being told 30", async () => {
    const clock = createManualClock();
    const { server, client } = await setUp(() => ({ hang: true }), { clock });
    await client.discover(never);
    const pending = failureOf(client.apply(map, undefined, never));
    await seen(() => server.received.length === 1);
    await clock.advance(34_900);
    await clock.advance(200);
    expect(await pending).toMatchObject({ status: 0, reason: "Timeout", indeterminate: true });
    expect(server.received[0]?.query.get("timeout")).toBe("30000ms");
  });

  it("leaves while its caller has time or not at all, asked when it is its turn (A-16)", async () => {
    const clock = createManualClock();
    const { server, client } = await setUp(() => ({ hang: true }), {
      clock,
      limits: { inFlight: 1 },
    });
    await client.discover(never);
    let left = 6_000;
    const bounded = client.within(() => left);
    const first = failureOf(bounded.apply(map, undefined, never));
    await seen(() => server.received.length === 1);
    const second = failureOf(bounded.apply(map, undefined, never));
    left = 0;
    await clock.advance(7_100);
    expect(await first).toMatchObject({ reason: "Timeout", indeterminate: true });
    expect(await second).toMatchObject({ reason: "NoLease", indeterminate: false });
    expect(server.received.map(({ query }) => query.get("timeout"))).toEqual(["6000ms"]);
  });

  it("does not take a long line for an outage", async () => {
    const clock = createManualClock();
    let replies = 0;
    const { server, client } = await setUp(
      async () => {
        replies += 1;
        if (replies === 1) await clock.advance(20_000);
        if (replies === 2) await clock.advance(20_000);
        return ok;
      },
      { clock, limits: { inFlight: 1 } },
    );
    await client.discover(never);
    const calls = [1, 2, 3].map(() => client.apply(map, undefined, never));
    expect(await Promise.all(calls)).toHaveLength(3);
    expect(server.received).toHaveLength(3);
  });

  it("says so when the caller gives up", async () => {
    const { server, client } = await setUp(() => ({ hang: true }));
    const stop = new AbortController();
    const pending = failureOf(client.apply(map, undefined, stop.signal));
    await seen(() => server.received.length === 1);
    stop.abort();
    expect(await pending).toMatchObject({ status: 0, reason: "Aborted", indeterminate: true });
    expect(await failureOf(client.apply(map, undefined, stop.signal))).toMatchObject({
      reason: "Aborted",
      indeterminate: false,
    });
    expect(server.received).toHaveLength(1);
  });
});

async function seen(is: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2000 && !is(); turn += 1) await realClock.sleep(2);
  expect(is()).toBe(true);
}

describe("reads", () => {
  it("find nothing only when the server says that this object is not there (A-90)", async () => {
    const answers: Reply[] = [
      statusBody(404, "NotFound", { details: { name: "a", kind: "configmaps" } }),
      statusBody(404, "NotFound", { details: { name: "n", kind: "namespaces" } }),
    ];
    const { client } = await setUp(() => answers.shift() ?? ok);
    expect(await client.get(ref, never)).toBeUndefined();
    expect(await failureOf(client.get(ref, never))).toMatchObject({
      status: 404,
      detailsKind: "namespaces",
    });
  });

  it("take a URL that is not served for an unknown kind, after asking discovery and the URL again (A-110)", async () => {
    const { server, client } = await setUp(() => ({ text: "404 page not found\n", status: 404 }));
    await client.discover(never);
    expect(await failureOf(client.get(ref, never))).toMatchObject({ reason: "KindUnknown" });
    expect(server.received).toHaveLength(2);
  });

  it("are repeated once after a reset, and once after Retry-After", async () => {
    const clock = createManualClock();
    const answers: Reply[] = [
      { reset: true },
      ok,
      { ...statusBody(429, "TooManyRequests"), headers: { "retry-after": "7" } } as Reply,
      ok,
    ];
    const { server, client, events } = await setUp(() => answers.shift() ?? ok, { clock });
    expect(await client.get(ref, never)).toBeDefined();
    expect(server.received).toHaveLength(2);
    const waiting = client.get(ref, never);
    await seen(() => server.received.length === 3);
    await seen(() => events.some(({ type }) => type === "api-throttled"));
    await clock.advance(6_900);
    expect(server.received).toHaveLength(3);
    await clock.advance(200);
    expect(await waiting).toBeDefined();
  });

  it("C-1: never take a cut list for a whole one", async () => {
    const whole = JSON.stringify({
      kind: "ConfigMapList",
      metadata: { resourceVersion: "1" },
      items: [],
    });
    const { client } = await setUp(() => ({ cut: whole.slice(0, -1) }));
    const list = client.list({ group: "", kind: "ConfigMap" }, never);
    expect(await failureOf(drain(list))).toMatchObject({ reason: "Reset" });
  });

  it("ask for smaller pages when one is too large to hold", async () => {
    const limits: string[] = [];
    const { client } = await setUp(
      ({ query }) => {
        const limit = Number(query.get("limit"));
        limits.push(String(limit));
        const item = {
          metadata: { name: "x", namespace: "n", resourceVersion: "1" },
          data: { k: "v".repeat(1000) },
        };
        const metadata = { resourceVersion: "1" };
        return {
          status: 200,
          body: {
            kind: "ConfigMapList",
            apiVersion: "v1",
            metadata,
            items: Array(limit).fill(item),
          },
        };
      },
      { limits: { maxBodyBytes: 100_000 } },
    );
    await drain(client.list({ group: "", kind: "ConfigMap" }, never));
    expect(limits).toEqual(["500", "63"]);
  });

  it("T-11: refuse answers that nest too deep", async () => {
    const { client } = await setUp(() => ({ text: `{"a":${"[".repeat(600)}${"]".repeat(600)}}` }));
    expect(await failureOf(client.get(ref, never))).toMatchObject({ reason: "BadAnswer" });
  });

  it("follow no redirect and send the token nowhere else (NEG-71)", async () => {
    const other = await startFakeApiServer(() => ok);
    open.push(other);
    for (const status of [301, 302, 303, 307, 308]) {
      const { client } = await setUp(() => ({
        status,
        headers: { location: `${other.url}/api/v1/namespaces/n/configmaps/a` },
        body: {},
      }));
      expect(await failureOf(client.get(ref, never))).toMatchObject({ status, reason: "Redirect" });
      expect(await failureOf(client.apply(map, undefined, never))).toMatchObject({ status });
    }
    expect(other.received).toEqual([]);
  });
});

describe("credentials", () => {
  it("are renewed once after 401, also for many calls at a time (A21)", async () => {
    let token = 0;
    let made = 0;
    const connection = (server: FakeApiServer): Connection => ({
      server: server.url,
      authorization: async () => `Bearer ${token}`,
      renew: (refused) => {
        if (refused !== `Bearer ${token}`) return;
        token += 1;
        made += 1;
      },
    });
    const { client } = await setUp(
      ({ headers }) =>
        headers.authorization === "Bearer 1" ? ok : statusBody(401, "Unauthorized"),
      { connection },
    );
    token = 1;
    await client.get(ref, never);
    token = 0;
    await Promise.all(Array.from({ length: 10 }, () => client.apply(map, undefined, never)));
    expect(made).toBe(1);
    token = 5;
    expect(await failureOf(client.get(ref, never))).toMatchObject({ status: 401 });
  });
});

describe("pace", () => {
  it("C-16: halves the requests in flight when throttled, and never exceeds the limit", async () => {
    let throttled = true;
    const { server, client } = await setUp(
      async () => {
        await realClock.sleep(5);
        return throttled ? statusBody(429, "TooManyRequests") : ok;
      },
      { limits: { inFlight: 8 } },
    );
    const many = (count: number) =>
      Promise.allSettled(Array.from({ length: count }, () => client.apply(map, undefined, never)));
    await many(40);
    expect(server.mostInFlight()).toBe(8);
    throttled = false;
    const before = server.received.length;
    await many(2);
    expect(server.received.length).toBe(before + 2);
  });
});

describe("secrets", () => {
  it("leave nothing of the server's words about them in an error", async () => {
    const message = 'Secret "s" is invalid: data[password]: Invalid value: "hunter2"';
    const details = {
      causes: [{ reason: "FieldValueInvalid", message: '"hunter2"', field: "data[password]" }],
    };
    const { client } = await setUp(() => statusBody(422, "Invalid", { message, details }));
    const secret = { ...map, kind: "Secret" };
    const failure = await failureOf(client.apply(secret, undefined, never));
    expect(JSON.stringify(failure)).not.toContain("hunter2");
    expect(failure).toMatchObject({ reason: "Invalid", message: "Invalid: data[password]" });
    const plain = await failureOf(client.apply(map, undefined, never));
    expect(plain.message).toBe(message);
  });
});

it("tells unanswered from answered", async () => {
  const { client } = await setUp(() => ({ reset: true }));
  await expect(client.get(ref, never)).rejects.toSatisfy(isUnanswered);
});
