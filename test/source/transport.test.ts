import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseAddress } from "../../agent/source/address.ts";
import { defaultLimits } from "../../agent/source/limits.ts";
import { createTransport } from "../../agent/source/transport.ts";
import { clock, sandboxGit, scratchFolder, signal, sourceOf } from "./sources.ts";

const hasOpenssl = (() => {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** An https server that has nothing to say, with a certificate of its own making for these names. */
async function tlsServer(names: string, days = "1") {
  const folder = scratchFolder();
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const request = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
  ];
  execFileSync(
    "openssl",
    [
      ...request,
      "-keyout",
      key,
      "-out",
      cert,
      "-days",
      days,
      "-subj",
      "/CN=test",
      "-addext",
      `subjectAltName=${names}`,
    ],
    { stdio: "ignore" },
  );
  const seen: string[] = [];
  const server = createServer(
    { key: readFileSync(key), cert: readFileSync(cert) },
    (request, response) => {
      seen.push(String(request.headers.authorization));
      response.writeHead(500).end();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return { url: `https://127.0.0.1:${port}/x.git`, ca: readFileSync(cert, "utf8"), seen };
}

const credential = { password: () => "t0ken" };

describe.skipIf(!hasOpenssl)("TLS (skipped where openssl is missing)", () => {
  test("a certificate that nobody vouches for is SourceUntrusted, before any credential is sent (G09)", async () => {
    const { url, seen } = await tlsServer("IP:127.0.0.1");
    await expect(sourceOf(url, { credential }).poll(signal)).rejects.toMatchObject({
      reason: "SourceUntrusted",
    });
    expect(seen).toEqual([]);
  });

  test("a certificate for another name is SourceUntrusted, even by our own CA", async () => {
    const { url, ca, seen } = await tlsServer("DNS:other.example");
    await expect(sourceOf(url, { credential, ca }).poll(signal)).rejects.toMatchObject({
      reason: "SourceUntrusted",
    });
    expect(seen).toEqual([]);
  });

  test("with the CA of the settings the host is asked", async () => {
    const { url, ca, seen } = await tlsServer("IP:127.0.0.1");
    await expect(sourceOf(url, { credential, ca }).poll(signal)).rejects.toMatchObject({
      reason: "SourceUnreachable",
    });
    expect(seen).toEqual([`Basic ${Buffer.from("git:t0ken").toString("base64")}`]);
  });
});

test("fewer bytes than the low-speed limit end the transfer (G02)", async () => {
  const git = await sandboxGit();
  git.commitFiles({ files: { a: "a" }, message: "a" });
  let now = 0;
  const slow = { ...clock, monotonic: () => (now += 31_000) };
  const error = await sourceOf(git.url, { clock: slow }).poll(signal).catch(String);
  expect(error).toContain("answers too slowly");
});

test("an answer that is compressed, or is not Git, is refused unread (NEG-14)", async () => {
  const git = await sandboxGit();
  const type = "application/x-git-upload-pack-advertisement";
  for (const headers of [
    { "content-type": type, "content-encoding": "gzip" },
    { "content-type": "text/plain" },
  ]) {
    git.misbehave({ kind: "status", status: 200, headers: { ...headers } });
    await expect(sourceOf(git.url).poll(signal)).rejects.toThrow("instead of Git");
  }
});

test("nothing but the bound origin and path is asked, with or without a credential (NEG-20)", async () => {
  const git = await sandboxGit({ repositories: ["team/fleet", "team/fleet-evil"] });
  const address = parseAddress(git.urlOf("team/fleet"));
  const transport = createTransport({ address, limits: defaultLimits, clock });
  onTestFinished(() => transport.close());
  const client = transport.client({
    credential: { username: "git", password: "t0ken" },
    answerBytes: 1000,
    signal,
  });
  const evil = [
    git.urlOf("team/fleet-evil"),
    `${address.origin}/other`,
    `${address.url}-evil/info/refs`,
    `${address.url}/../fleet-evil.git/info/refs`,
    `http://localhost:${git.port}${address.path}/info/refs`,
    "https://example.com/x",
  ];
  for (const url of evil) {
    await expect(client.request({ url, headers: {} }), url).rejects.toThrow(
      "not the configured repository",
    );
  }
  expect(git.requests).toEqual([]);
  await client.request({ url: `${address.url}/info/refs?service=git-upload-pack`, headers: {} });
  expect(git.requests).toMatchObject([{ isAuthorized: true }]);
});
