import { describe, expect, it } from "vitest";
import type { Inventory, InventoryEntry } from "../../../agent/model/inventory.ts";
import { refId } from "../../../agent/model/object.ts";
import { id, withInventory } from "../app-objects.ts";
import { fleetTexts } from "../fleet-texts.ts";
import { clusterOf, type Given, runWith } from "../host.ts";

function entry(
  name: string,
  more: Partial<InventoryEntry> = {},
): readonly [string, InventoryEntry] {
  const ref = { group: "", kind: "ConfigMap", namespace: "shop", name };
  const base = { ref, version: "v1", plural: "configmaps", uid: `uid-${name}` };
  return [refId(ref), { ...base, state: "applied", since: "2026-11-20T22:00:00Z", ...more }];
}

const inventory: Inventory = {
  installation: "aaaaaaaaaa",
  clusterUid: "cluster",
  app: "shop",
  namespace: "shop",
  onRemove: "hold",
  commit: id("3f1c2d9"),
  accepts: [],
  implicit: [],
  entries: new Map([entry("cfg"), entry("old", { state: "stale", why: "PruneGuard" })]),
};

const given: Given = {
  files: fleetTexts,
  contexts: ["dev", "prod"],
  clusters: { dev: clusterOf([]), prod: withInventory(inventory) },
};

describe("inventory", () => {
  it("lists what is tracked on one cluster, and how full the list is", async () => {
    const { code, stdout } = await runWith(given, "inventory", "shop", "--cluster", "prod");
    expect(code).toBe(0);
    const [head] = stdout.split("\n");
    expect(head).toMatch(
      /^shop on prod: 2 objects · 0\.\d KiB of 900\.0 KiB \(0\.0 %\) · commit 3f1c2d9$/,
    );
    expect(stdout).toMatch(/ConfigMap shop\/cfg +applied +2h/);
    expect(stdout).toMatch(/ConfigMap shop\/old +stale +2h +PruneGuard/);
    expect(stdout).not.toContain("uid-cfg");
  });

  it("shows UIDs with -o wide and everything with -o json", async () => {
    const wide = await runWith(given, "inventory", "shop", "--cluster", "prod", "-o", "wide");
    expect(wide.stdout).toContain("uid-cfg");
    const json = await runWith(given, "inventory", "shop", "--cluster", "prod", "-o", "json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: "InventoryReport",
      cluster: "prod",
      size: { capBytes: 921_600 },
      entries: [{ state: "applied" }, { state: "stale", why: "PruneGuard" }],
    });
  });

  it("names the renders that a rollback can go to, newest first (R-9)", async () => {
    const renders = ["a91b044", "3f1c2d9"].map((commit, n) => ({
      digest: commit,
      commit: id(commit),
      at: `2026-11-20T2${n}:00:00Z`,
    }));
    const clusters = { ...given.clusters, prod: withInventory({ ...inventory, renders }) };
    const ran = await runWith({ ...given, clusters }, "inventory", "shop", "--cluster", "prod");
    expect(ran.stdout).toContain("healthy renders kept: 3f1c2d9 (3h), a91b044 (4h)\n");
  });

  it("is a no where nothing was ever applied", async () => {
    const { code, stdout } = await runWith(given, "inventory", "shop", "--cluster", "dev");
    expect(code).toBe(1);
    expect(stdout).toBe("shop has no inventory on dev: nothing of it was ever applied there.\n");
  });

  it("wants one cluster", async () => {
    const { code, stderr } = await runWith(given, "inventory", "shop");
    expect(code).toBe(2);
    expect(stderr).toContain("name it: holdfast inventory shop --cluster dev");
  });

  it("cannot answer for a cluster that does not: exit 3", async () => {
    const silent = { ...given, clusters: {} };
    const { code, stderr } = await runWith(silent, "inventory", "shop", "--cluster", "prod");
    expect(code).toBe(3);
    expect(stderr).toContain("prod cannot be asked");
  });
});
