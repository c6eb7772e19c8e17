import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { connect, connectTo } from "../../agent/cluster/connection.ts";
import { createManualClock } from "../doubles/ports.ts";

const signal = new AbortController().signal;

interface Parts {
  readonly cluster?: string;
  readonly user?: string;
}

function kubeconfig({ cluster = "", user = "token: t" }: Parts): string {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-kubeconfig-"));
  const path = join(folder, "config");
  writeFileSync(
    path,
    `apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "https://127.0.0.1:6443", ${cluster} } }]
users: [{ name: u, user: { ${user} } }]
contexts: [{ name: one, context: { cluster: c, user: u } }]
current-context: one
`,
  );
  return path;
}

describe("a connection", () => {
  it("is made of what the kubeconfig says", async () => {
    const ca = Buffer.from("PEM").toString("base64");
    const path = kubeconfig({ cluster: `certificate-authority-data: ${ca}` });
    const connection = await connect({ kubeconfig: path, clock: createManualClock() });
    expect(connection).toMatchObject({ server: "https://127.0.0.1:6443", ca: "PEM" });
    expect(await connection.authorization(signal)).toBe("Bearer t");
    await expect(
      connect({ kubeconfig: path, context: "two", clock: createManualClock() }),
    ).rejects.toThrow("one");
  });

  it("finds files that stand beside the kubeconfig", async () => {
    const path = kubeconfig({
      cluster: "certificate-authority: ca.pem",
      user: "client-certificate: cert.pem, client-key: key.pem",
    });
    for (const name of ["ca", "cert", "key"]) writeFileSync(join(path, `../${name}.pem`), name);
    const connection = await connect({ kubeconfig: path, clock: createManualClock() });
    expect(connection).toMatchObject({ ca: "ca", cert: "cert", key: "key" });
    expect(await connection.authorization(signal)).toBeUndefined();
  });

  it("T-7: asks an exec plugin once a minute, and anew after a 401, once for all who ask", async () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-plugin-"));
    const plugin = join(folder, "plugin.sh");
    const count = join(folder, "count");
    writeFileSync(
      plugin,
      `#!/bin/sh
echo x >> ${count}
n=$(wc -l < ${count} | tr -d ' ')
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t'$n'"}}'
`,
    );
    chmodSync(plugin, 0o755);
    const user = `exec: { apiVersion: client.authentication.k8s.io/v1, command: ${plugin}, interactiveMode: Never }`;
    const connection = await connect({
      kubeconfig: kubeconfig({ user }),
      clock: createManualClock(),
    });
    const first = await connection.authorization(signal);
    expect(await connection.authorization(signal)).toBe(first);
    connection.renew(first);
    connection.renew(first);
    const all = await Promise.all([1, 2, 3].map(() => connection.authorization(signal)));
    expect(new Set(all).size).toBe(1);
    expect(all[0]).not.toBe(first);
    connection.renew(first); // late: this one was refused before the renewal
    expect(await connection.authorization(signal)).toBe(all[0]);
  });

  it("reads a token file again within a minute", async () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-token-"));
    const file = join(folder, "token");
    writeFileSync(file, "old\n");
    const user = `auth-provider: { name: tokenFile, config: { tokenFile: ${file} } }`;
    const clock = createManualClock();
    const connection = await connect({ kubeconfig: kubeconfig({ user }), clock });
    expect(await connection.authorization(signal)).toBe("Bearer old");
    writeFileSync(file, "new\n");
    await clock.advance(59_000);
    expect(await connection.authorization(signal)).toBe("Bearer old");
    await clock.advance(2_000);
    expect(await connection.authorization(signal)).toBe("Bearer new");
  });

  it.each([
    ["insecure-skip-tls-verify", { cluster: "insecure-skip-tls-verify: true" }],
    ["proxy-url", { cluster: 'proxy-url: "http://proxy"' }],
    ["auth-provider", { user: "auth-provider: { name: gcp }" }],
  ])("refuses %s", async (name, parts) => {
    const clock = createManualClock();
    await expect(connect({ kubeconfig: kubeconfig(parts), clock })).rejects.toThrow(name);
  });

  it("refuses to start where certificates would not be checked (NEG-70)", async () => {
    const clock = createManualClock();
    const path = kubeconfig({});
    await expect(connect({ kubeconfig: path, clock, tlsRejectUnauthorized: "0" })).rejects.toThrow(
      "NODE_TLS_REJECT_UNAUTHORIZED",
    );
  });

  it("speaks plain http to this machine only", () => {
    for (const url of [
      "http://127.0.0.1:80",
      "http://localhost:1",
      "http://[::1]:2",
      "https://x",
    ]) {
      expect(connectTo({ url }).server).toBe(url);
    }
    for (const url of [
      "http://10.0.0.1",
      "http://localhost.evil.com",
      "ftp://127.0.0.1",
      "https://a:b@x",
    ]) {
      expect(() => connectTo({ url })).toThrow();
    }
  });
});
