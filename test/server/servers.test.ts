import { request } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type ServerSettings, type Servers, startServers } from "../../agent/server/servers.ts";
import type { Readiness } from "../../agent/server/snapshot.ts";
import { driftedUnit, fleetSnapshot, heldUnit, unitStatus } from "../telemetry/samples.ts";

const running: Servers[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((servers) => servers.stop()));
});

async function serving(
  fields: Partial<ServerSettings> = {},
): Promise<{ probes: string; page: string }> {
  const servers = await startServers({
    ports: { probes: 0, page: 0 },
    host: "127.0.0.1",
    snapshot: () => fleetSnapshot([heldUnit(), driftedUnit(), unitStatus({ app: "ingress" })]),
    metrics: {
      text: () => Promise.resolve("up 1\n"),
      contentType: "text/plain; version=0.0.4; charset=utf-8",
    },
    ready: () => ({ ok: true }),
    alive: () => true,
    allowedHosts: ["holdfast.example.com"],
    ...fields,
  });
  running.push(servers);
  return { probes: servers.urls.probes, page: servers.urls.page ?? "" };
}

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One request with exactly this target, method and headers: fetch would tidy them up. */
function ask(
  base: string,
  target: string,
  options: {
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly body?: string;
  } = {},
): Promise<Got> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const { method = "GET", headers = {}, body } = options;
    const sent = request({ hostname, port, path: target, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const pageRoutes = [
  "/",
  "/?refresh=10",
  "/apps/shop",
  "/apps/shop?refresh=30",
  "/style.css",
  "/icon.svg",
  "/api/v1/status",
];
const probeRoutes = ["/metrics", "/healthz", "/readyz", "/readyz?verbose"];
const nowhere = [
  "/apps/",
  "/apps/none",
  "/apps/shop/",
  "/apps/..%2fshop",
  "/apps/%2e%2e",
  "/..%2f",
  "/..%252fetc",
  "/%00",
  "/../etc/passwd",
  "//evil.example",
  "/api/v1/",
  "/api/v1/status?x=1",
  "/?refresh=1",
  "/?q=<script>",
  "/apps/SHOP",
  "/apps/__proto__",
  "/apps/constructor",
  "/style.css?x",
  "/favicon.ico",
  "/.well-known/security.txt",
  "http://evil.example/",
];

describe("routes and methods", () => {
  it("answer GET, and HEAD with the same headers and no body", async () => {
    const urls = await serving();
    for (const [base, routes] of [
      [urls.page, pageRoutes],
      [urls.probes, probeRoutes],
    ] as const) {
      for (const route of routes) {
        const got = await ask(base, route);
        const head = await ask(base, route, { method: "HEAD" });
        expect([route, got.status, head.status, head.body]).toEqual([route, 200, 200, ""]);
        expect(head.headers["content-length"]).toBe(String(Buffer.byteLength(got.body)));
      }
    }
  });

  it("refuse every other method with 405, on known and unknown addresses, without CORS", async () => {
    const urls = await serving();
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]) {
      for (const [base, route] of [
        [urls.page, "/"],
        [urls.page, "/none"],
        [urls.page, "/api/v1/status"],
        [urls.probes, "/healthz"],
      ] as const) {
        const got = await ask(base, route, { method, headers: { Origin: "https://evil.example" } });
        expect([method, route, got.status]).toEqual([method, route, 405]);
        expect(got.headers.allow).toBe("GET, HEAD");
        expect(
          Object.keys(got.headers).filter((name) => name.startsWith("access-control")),
        ).toEqual([]);
      }
    }
  });

  it("give one and the same 404 for whatever does not exist", async () => {
    const urls = await serving();
    const answers = await Promise.all([
      ...nowhere.map((target) => ask(urls.page, target)),
      ...["/", "/apps/shop", "/readyz?x", "/metrics/", "/api/v1/status"].map((target) =>
        ask(urls.probes, target),
      ),
    ]);
    expect(answers.map(({ status, body }) => [status, body])).toEqual(
      answers.map(() => [404, "not found\n"]),
    );
  });

  it("answer only to hosts on the list (DNS rebinding)", async () => {
    const { page } = await serving();
    const asHost = (host: string): Promise<Got> => ask(page, "/", { headers: { Host: host } });
    for (const host of [
      "localhost:8081",
      "127.0.0.1",
      "[::1]:80",
      "HOLDFAST.example.com",
      "holdfast.example.com:443",
    ]) {
      expect([host, (await asHost(host)).status]).toEqual([host, 200]);
    }
    for (const host of [
      "evil.example",
      "localhost.evil.example",
      "holdfast.example.com.evil",
      "127.0.0.1:80:80",
      "user@localhost",
    ]) {
      expect([host, (await asHost(host)).status]).toEqual([host, 421]);
    }
  });
});

describe("headers", () => {
  const exact = {
    "content-security-policy":
      "default-src 'none'; script-src 'none'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
  };
  const usual = ["connection", "content-length", "content-type", "date", "etag", "keep-alive"];

  it("are exactly these on every answer, and no cookie among them", async () => {
    const urls = await serving();
    for (const target of [...pageRoutes, "/none"]) {
      const { headers } = await ask(urls.page, target);
      expect(headers).toMatchObject(exact);
      expect(
        Object.keys(headers).filter((name) => !(name in exact) && !usual.includes(name)),
      ).toEqual([]);
    }
    for (const target of [...probeRoutes, "/none"])
      expect((await ask(urls.probes, target)).headers).toMatchObject(exact);
  });

  it("have the type of what they carry", async () => {
    const urls = await serving();
    const types = await Promise.all(
      ["/", "/apps/shop", "/style.css", "/icon.svg", "/api/v1/status", "/none"].map(
        async (target) => (await ask(urls.page, target)).headers["content-type"],
      ),
    );
    expect(types).toEqual([
      "text/html; charset=utf-8",
      "text/html; charset=utf-8",
      "text/css; charset=utf-8",
      "image/svg+xml",
      "application/json; charset=utf-8",
      "text/plain; charset=utf-8",
    ]);
    expect((await ask(urls.probes, "/metrics")).headers["content-type"]).toBe(
      "text/plain; version=0.0.4; charset=utf-8",
    );
  });

  it("have a tag with which an unchanged answer is not sent again", async () => {
    let asOf = "2026-11-21T09:20:11Z";
    let units = [unitStatus()];
    const { page } = await serving({ snapshot: () => fleetSnapshot(units, { asOf }) });
    const first = await ask(page, "/api/v1/status");
    const tag = String(first.headers.etag);
    asOf = "2026-11-21T09:20:41Z";
    const second = await ask(page, "/api/v1/status", { headers: { "If-None-Match": tag } });
    expect([second.status, second.body]).toEqual([304, ""]);
    units = [heldUnit()];
    const third = await ask(page, "/api/v1/status", { headers: { "If-None-Match": tag } });
    expect(third.status).toBe(200);
    const style = await ask(page, "/style.css");
    const again = await ask(page, "/style.css", {
      headers: { "If-None-Match": String(style.headers.etag) },
    });
    expect(again.status).toBe(304);
  });
});

describe("probes", () => {
  it("say ok, or not and why in a few words", async () => {
    let readiness: Readiness = { ok: false, why: "the cluster does not answer" };
    let alive = false;
    const { probes } = await serving({ ready: () => readiness, alive: () => alive });
    expect(await ask(probes, "/readyz")).toMatchObject({
      status: 503,
      body: "not ready: the cluster does not answer\n",
    });
    expect(await ask(probes, "/healthz")).toMatchObject({ status: 503, body: "stalled\n" });
    readiness = {
      ok: false,
      why: "no Cluster document names this cluster",
      knownClusters: ["prod-eu-1", "dev"],
    };
    const nameless = await ask(probes, "/readyz");
    expect(nameless.status).toBe(503);
    expect(nameless.body).toContain("not ready: no Cluster document names this cluster");
    expect(nameless.body).toContain("clusters known: prod-eu-1, dev");
    readiness = { ok: true };
    alive = true;
    expect(await ask(probes, "/readyz")).toMatchObject({ status: 200, body: "ok\n" });
    expect(await ask(probes, "/healthz")).toMatchObject({ status: 200, body: "ok\n" });
  });
});

describe("caps (NEG-19)", () => {
  it("refuse bodies, long addresses and big headers", async () => {
    const { page } = await serving();
    expect((await ask(page, "/", { body: "x", headers: { "Content-Length": "1" } })).status).toBe(
      413,
    );
    expect((await ask(page, `/${"a".repeat(3000)}`)).status).toBe(414);
    expect((await ask(page, "/", { headers: { "X-Big": "a".repeat(20_000) } })).status).toBe(431);
  });

  it("hold 64 connections; idle ones on top are closed and do not keep others out of the probes", async () => {
    const { page, probes } = await serving();
    const sockets = await Promise.all(
      Array.from({ length: 150 }, () => {
        const socket = connect(Number(new URL(page).port), "127.0.0.1");
        let isOpen = true;
        socket.on("error", () => undefined);
        socket.on("close", () => {
          isOpen = false;
        });
        return new Promise<{ close(): void; isOpen(): boolean }>((resolve) => {
          socket.on("connect", () =>
            resolve({ close: () => socket.destroy(), isOpen: () => isOpen }),
          );
        });
      }),
    );
    await expect.poll(() => sockets.filter((socket) => socket.isOpen()).length).toBe(64);
    expect((await ask(probes, "/healthz")).status).toBe(200);
    for (const socket of sockets) socket.close();
  });

  it("answer a bug with 500 and no word of it", async () => {
    const seen: unknown[] = [];
    const bug = new Error("CANARY in a bug");
    const { page } = await serving({
      snapshot: () => {
        throw bug;
      },
      onError: (error) => seen.push(error),
    });
    const got = await ask(page, "/");
    expect([got.status, got.body, seen]).toEqual([500, "internal error\n", [bug]]);
  });

  it("fails to start, and leaves nothing behind, when the page's port is taken", async () => {
    const { page } = await serving();
    await expect(
      serving({ ports: { probes: 0, page: Number(new URL(page).port) } }),
    ).rejects.toThrow("EADDRINUSE");
  });
});
