import { describe, expect, it } from "vitest";
import { createMetrics, type Metrics } from "../../agent/telemetry/metrics.ts";
import { heldUnit, standingClock, unitStatus } from "./samples.ts";

const name = "holdfast_commit_to_live_seconds";

function leading(): Metrics {
  const metrics = createMetrics({
    cluster: "prod-eu-1",
    version: "0.1.0",
    commit: "abc1234",
    nodeVersion: "v24.21.0",
    clock: standingClock(),
    source: { url: "https://git.example.com/acme/fleet", ref: "main" },
    strict: true,
  });
  metrics.emit({ type: "lease", held: true, holder: "me" });
  return metrics;
}

function readFleet(metrics: Metrics, environment = "prod"): void {
  metrics.emit({ type: "fleet-read", environment, region: "", problems: 0 });
}

async function value(metrics: Metrics, suffix: string, labels: string): Promise<string> {
  const lines = (await metrics.text()).split("\n").filter((line) => line.startsWith(name));
  const found = lines.find(
    (line) => line.startsWith(`${name}_${suffix}{`) && line.includes(labels),
  );
  return found?.split(" ").at(-1) ?? "";
}

describe("commit to live", () => {
  it("is the time from the commit until it is live, by environment", async () => {
    const metrics = leading();
    readFleet(metrics);
    metrics.emit({ type: "status", before: heldUnit(), after: unitStatus() });
    expect(await value(metrics, "count", 'environment="prod"')).toBe("1");
    expect(await value(metrics, "sum", 'environment="prod"')).toBe("38"); // 09:14:02 to 09:14:40
    expect(await value(metrics, "bucket", 'le="30"')).toBe("0");
    expect(await value(metrics, "bucket", 'le="60"')).toBe("1");
  });

  it("is at 0 from the first fleet on, and stays what it was when a commit reads the fleet again", async () => {
    const metrics = leading();
    expect(await value(metrics, "count", "")).toBe("");
    readFleet(metrics);
    expect(await value(metrics, "count", 'environment="prod"')).toBe("0");
    metrics.emit({ type: "status", before: heldUnit(), after: unitStatus() });
    readFleet(metrics);
    expect(await value(metrics, "count", 'environment="prod"')).toBe("1");
  });

  it("counts an arrival once, however often the status is told", async () => {
    const metrics = leading();
    readFleet(metrics);
    metrics.emit({ type: "status", before: heldUnit(), after: unitStatus() });
    metrics.emit({ type: "status", before: unitStatus(), after: unitStatus() });
    expect(await value(metrics, "count", "")).toBe("1");
  });

  it("leaves first installations out: what is synced first may be years old", async () => {
    const metrics = leading();
    readFleet(metrics);
    const { live: _live, ...revisions } = unitStatus().revisions;
    metrics.emit({ type: "status", before: undefined, after: unitStatus() });
    metrics.emit({ type: "status", before: unitStatus({ revisions }), after: unitStatus() });
    expect(await value(metrics, "count", "")).toBe("0");
  });

  it("follows the cluster into another environment", async () => {
    const metrics = leading();
    readFleet(metrics, "staging");
    readFleet(metrics, "prod");
    metrics.emit({ type: "status", before: heldUnit(), after: unitStatus() });
    expect(await value(metrics, "count", 'environment="staging"')).toBe("0");
    expect(await value(metrics, "count", 'environment="prod"')).toBe("1");
  });
});
