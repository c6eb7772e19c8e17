import { describe, expect, it } from "vitest";
import { parseSettings, type SettingsInput, settingsList } from "../../agent/config/settings.ts";

function parse(flags: SettingsInput["flags"] = {}, env: SettingsInput["env"] = {}) {
  const base = { "cluster-name": "eu", "source-url": "https://git.example.com/acme/fleet" };
  return parseSettings({ flags: { ...base, ...flags }, env });
}

function messages(flags: SettingsInput["flags"], env: SettingsInput["env"] = {}): string {
  const parsed = parse(flags, env);
  return parsed.ok ? "" : parsed.problems.map(({ message }) => message).join("\n");
}

describe("settings", () => {
  it("have defaults for all but the cluster and the repository", () => {
    const parsed = parse();
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        cluster: { name: "eu" },
        mode: "agent",
        enforce: true,
        namespace: "holdfast-system",
        source: { ref: "main", path: ".", intervalMs: 60_000, jitter: 0.1, auth: {} },
        lease: { durationMs: 45_000, renewDeadlineMs: 12_000, writeTimeoutMs: 30_000 },
        metrics: { port: 8080 },
        statusPage: { port: 8081 },
        log: { level: "info" },
        remotes: [],
        protect: [],
        statusRecords: { carrier: "none" },
      },
    });
    expect(parseSettings({ flags: {}, env: {} })).toMatchObject({
      ok: false,
      problems: [{ field: "cluster.name" }, { field: "source.url" }],
    });
  });

  it("come from the environment, and a flag wins", () => {
    const env = {
      HOLDFAST_SOURCE_REF: "prod",
      HOLDFAST_LOG_LEVEL: "debug",
      HOLDFAST_PROTECT: "Foo, x.org/*",
      HOLDFAST_ENFORCE: "false",
    };
    expect(parse({ "log-level": "warn" }, env)).toMatchObject({
      value: {
        source: { ref: "prod" },
        log: { level: "warn" },
        protect: ["Foo", "x.org/*"],
        enforce: false,
      },
    });
  });

  it("pass over empty variables and the ones Kubernetes makes for a Service", () => {
    const env = {
      HOLDFAST_METRICS_PORT: "tcp://10.0.0.1:8080",
      HOLDFAST_SOURCE_REF: "",
      HOLDFAST_SERVICE_HOST: "10.0.0.1",
    };
    expect(parse({}, env)).toMatchObject({
      ok: true,
      value: { metrics: { port: 8080 }, source: { ref: "main" } },
    });
  });

  it("name every problem at once, with flag and variable", () => {
    const all = messages({
      "log-levle": "info",
      "source-interval": "1e999h",
      "metrics-port": "99999",
      mode: "hubb",
      enforce: "no",
    });
    expect(all.split("\n")).toHaveLength(5);
    expect(all).toContain("did you mean --log-level?");
    expect(all).toContain("--source-interval, HOLDFAST_SOURCE_INTERVAL");
  });

  it.each([
    [{ "lease-duration": "42s" }, "less than lease.duration"],
    [
      { "lease-duration": "6s", "lease-renew-deadline": "2s", "lease-write-timeout": "4s" },
      "less than lease.duration",
    ],
    [{ "status-records-carrier": "git" }, "statusRecords.git.url"],
    [{ "status-records-carrier": "kubernetes" }, "statusRecords.kubernetes.kubeconfig"],
    [{ "source-verify": "head" }, "must be one of off"],
  ])("refuse %j", (flags, message) => {
    expect(messages(flags)).toContain(message);
  });

  it("take the lease times that tests use", () => {
    expect(
      parse({ "lease-duration": "6s", "lease-renew-deadline": "1s", "lease-write-timeout": "4s" })
        .ok,
    ).toBe(true);
  });

  it.each([
    "http://git.example.com/x",
    "https://user:geheim@git.example.com/x",
    "ftp://x/y",
    "file:///x",
    "x",
  ])("refuse the address %s, and never repeat it", (url) => {
    const text = messages({ "source-url": url });
    expect(text).toContain("source.url");
    expect(text).not.toContain("geheim");
  });

  it("take plain http to this machine", () => {
    expect(parse({ "source-url": "http://127.0.0.1:4000/fleet.git" }).ok).toBe(true);
  });

  it("are all described", () => {
    expect(settingsList.filter(({ description }) => description === "")).toEqual([]);
    expect(new Set(settingsList.map(({ flag }) => flag)).size).toBe(settingsList.length);
  });
});
