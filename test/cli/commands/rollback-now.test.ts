import { describe, expect, it } from "vitest";
import type { Inventory, KeptRender } from "../../../agent/model/inventory.ts";
import { isJsonObject } from "../../../agent/model/json.ts";
import type { ConnectedCluster } from "../../../cli/commands/context.ts";
import { createManualClock } from "../../doubles/ports.ts";
import { appObject, id } from "../app-objects.ts";
import { fleetTexts } from "../fleet-texts.ts";
import { clusterOf, runWith } from "../host.ts";

const older: KeptRender = { digest: "d1", commit: id("a91b044"), at: "2026-11-19T22:00:00Z" };
const newest: KeptRender = { digest: "d2", commit: id("3f1c2d9"), at: "2026-11-20T22:00:00Z" };

/** A cluster whose agent kept these, and obeys. */
function cluster(renders: readonly KeptRender[]) {
  const asked: Readonly<Record<string, string>>[] = [];
  let app = appObject("prod", { digest: "d2" });
  const base = clusterOf([app]);
  const inventory: Inventory = {
    installation: "i",
    clusterUid: "c",
    app: "shop",
    namespace: "shop",
    onRemove: "hold",
    accepts: [],
    implicit: [],
    entries: new Map(),
    ...(renders.length > 0 && { renders }),
  };
  const connected: ConnectedCluster = {
    ...base,
    inventories: {
      ...base.inventories,
      read: async () => ({ value: inventory, resourceVersion: "1" }),
    },
    client: {
      ...base.client,
      get: async () => app,
      patch: async (_at, operations) => {
        for (const { path, value } of operations) {
          if (!path.endsWith("request-rollback")) continue;
          const request = JSON.parse(String(value)) as Record<string, string>;
          asked.push(request);
          const status = isJsonObject(app["status"]) ? app["status"] : {};
          const problems = [{ reason: "RolledBack", message: "by hand" }];
          const handled = { rollback: request["id"] };
          app = { ...app, status: { ...status, handled, problems, state: "Held" } };
        }
        return { object: app, created: false, warnings: [] };
      },
    },
  };
  const given = {
    files: fleetTexts,
    contexts: ["dev", "prod"],
    clusters: { dev: clusterOf([]), prod: connected },
    clock: createManualClock(),
  };
  return { given, asked };
}

const on = ["--cluster", "prod"] as const;

describe("rollback --now (R-9)", () => {
  it("shows, asks, and asks the agent by the digest that was shown", async () => {
    const { given, asked } = cluster([older, newest]);
    const tty = { ...given, isTty: true, answer: true };
    const ran = await runWith(
      tty,
      "rollback",
      "shop",
      "--now",
      "--reason",
      "orders fail",
      "--until",
      "2h",
      ...on,
    );
    expect(ran.questions).toEqual(["Roll shop back on prod now, against what Git says? [y/N] "]);
    expect(asked).toMatchObject([
      { to: "d1", reason: "orders fail", until: "2026-11-21T02:00:00Z" },
    ]);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/prod +3f1c2d9 +a91b044 .*rolled back: Held/);
    expect(ran.stderr).toContain("holdfast rollback shop --to a91b044 --pr");
  });

  it("says no where nothing older is kept, and writes nothing", async () => {
    for (const renders of [
      [],
      [newest],
      [older, { ...newest, lost: ["PersistentVolumeClaim shop/db"] }],
    ]) {
      const { given, asked } = cluster(renders);
      const ran = await runWith(given, "rollback", "shop", "--now", "--yes", ...on);
      expect([ran.code, asked]).toEqual([1, []]);
    }
    const { given } = cluster([older, { ...newest, lost: ["PersistentVolumeClaim shop/db"] }]);
    const ran = await runWith(given, "rollback", "shop", "--now", "--yes", ...on);
    expect(ran.stdout).toContain("PersistentVolumeClaim shop/db was deleted");
  });

  it("takes a named render, and no end that is over", async () => {
    const { given, asked } = cluster([older, newest]);
    const none = await runWith(given, "rollback", "shop", "--now", "--to", "bbb", "--yes", ...on);
    expect(none.stdout).toContain("kept are: a91b044");
    const over = await runWith(given, "rollback", "shop", "--now", "--until", "2020-01-01", ...on);
    expect(over.stderr).toContain("is no time to come");
    const dry = await runWith(
      given,
      "rollback",
      "shop",
      "--now",
      "--to",
      "a91",
      "--dry-run",
      ...on,
    );
    expect([dry.code, asked]).toEqual([0, []]);
    const json = await runWith(
      given,
      "rollback",
      "shop",
      "--now",
      "--to",
      "a91",
      "--yes",
      "-o",
      "json",
      ...on,
    );
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: "RollbackReport", requested: true });
  });
});
