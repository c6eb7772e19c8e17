import { describe, expect, it } from "vitest";
import type { KeptRecord } from "../../../agent/cluster/kept-format.ts";
import { isJsonObject } from "../../../agent/model/json.ts";
import type { KubeObject } from "../../../agent/model/object.ts";
import type { ConnectedCluster } from "../../../cli/commands/context.ts";
import { createManualClock } from "../../doubles/ports.ts";
import { appObject, id } from "../app-objects.ts";
import { fleetTexts } from "../fleet-texts.ts";
import { clusterOf, runWith } from "../host.ts";

const ref = (kind: string, name: string) => ({ group: "", kind, namespace: "shop", name });
const map = (name: string, value: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "shop" },
  data: { a: value },
});
const records: readonly KeptRecord[] = [
  {
    app: "shop",
    commit: id("3f1c2d9"),
    at: "2026-11-20T22:00:00Z",
    objects: [
      { ref: ref("ConfigMap", "a"), object: map("a", "new") },
      { ref: ref("Secret", "s"), sealed: "c2VhbGVk" },
    ],
  },
  {
    app: "shop",
    commit: id("aaaaaaa"),
    at: "2026-11-19T22:00:00Z",
    objects: [
      { ref: ref("ConfigMap", "a"), object: map("a", "old") },
      { ref: ref("ConfigMap", "b"), object: map("b", "1") },
    ],
  },
];

interface Request {
  readonly id: string;
  readonly objects: readonly string[];
  readonly from: string;
}

/** A cluster whose agent obeys: what is asked for is there afterwards, unless it is `stubborn`. */
function cluster({ there = [] as string[], stubborn = [] as string[], hasApp = true } = {}) {
  const asked: Request[] = [];
  const present = new Set(there);
  let app = appObject("prod");
  const metadata = { ...app.metadata, uid: "u1", resourceVersion: "7", annotations: {} };
  app = { ...app, metadata };
  const base = clusterOf(hasApp ? [app] : []);
  const obey = (request: Request) => {
    asked.push(request);
    for (const one of request.objects) present.add(one.split("_")[1] ?? "");
    const status = isJsonObject(app["status"]) ? app["status"] : {};
    app = { ...app, status: { ...status, handled: { restore: request.id } } };
  };
  const connected: ConnectedCluster = {
    ...base,
    kept: { list: async (name) => (name === "shop" ? records : []) },
    client: {
      ...base.client,
      discover: async () => ({
        kinds: new Map(),
        versions: new Map([
          ["/ConfigMap", ["v1"]],
          ["/Secret", ["v1"]],
        ]),
        unknownGroups: new Set(),
        kubernetes: "v1.36.3",
      }),
      create: async (object) => {
        obey(JSON.parse(object.metadata.annotations?.["holdfast.dev/request-restore"] ?? ""));
        return object; // and it goes again
      },
      get: async ({ kind, name }) => {
        if (kind === "App") return hasApp ? app : undefined;
        return present.has(name) ? map(name, "live") : undefined;
      },
      patch: async (_at, operations) => {
        const said = operations.flatMap(({ path, value }) =>
          path.endsWith("request-restore") ? [JSON.parse(String(value)) as Request] : [],
        );
        for (const request of said) obey(request);
        for (const name of stubborn) present.delete(name);
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

describe("restore", () => {
  it("lists what is kept, newest first, and which values are sealed", async () => {
    const { given } = cluster();
    const { code, stdout, stderr } = await runWith(given, "restore", "shop", ...on);
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.replace(/ {2,}/g, " | ").trim())).toEqual([
      "OBJECT | DROPPED BY | AGE | NOTE",
      "ConfigMap shop/a | 3f1c2d9 | 2h",
      "Secret shop/s | 3f1c2d9 | 2h | values sealed",
      "ConfigMap shop/a | aaaaaaa | 1d",
      "ConfigMap shop/b | aaaaaaa | 1d",
      "",
    ]);
    expect(stderr).toContain("holdfast restore shop KIND/NAME --cluster prod");
  });

  it("shows, asks, asks the agent for the newest copy of each, and looks", async () => {
    const { given, asked } = cluster();
    const tty = { ...given, isTty: true, answer: true };
    const ran = await runWith(tty, "restore", "shop", "configmap/*", ...on);
    expect(ran.questions).toEqual([
      "Bring back 2 objects of shop on prod, owned by nobody until Git declares them? [y/N] ",
    ]);
    expect(ran.stderr).toContain("ConfigMap shop/b");
    expect(asked.map(({ objects, from }) => [from, objects])).toEqual([
      [id("aaaaaaa"), ["shop_b__ConfigMap"]],
      [id("3f1c2d9"), ["shop_a__ConfigMap"]],
    ]);
    expect([ran.code, ran.stdout]).toEqual([0, "Brought back 2 of 2 objects of shop on prod.\n"]);
  });

  it("--from takes all that one commit dropped, or one object as it was then", async () => {
    const all = cluster();
    await runWith(all.given, "restore", "shop", "--from", "aaaa", "--yes", ...on);
    expect(all.asked).toMatchObject([
      {
        from: id("aaaaaaa"),
        objects: expect.arrayContaining(["shop_a__ConfigMap", "shop_b__ConfigMap"]),
      },
    ]);
    const one = cluster();
    await runWith(
      one.given,
      "restore",
      "shop",
      "ConfigMap/shop/a",
      "--from",
      "aaaa",
      "--yes",
      ...on,
    );
    expect(one.asked).toMatchObject([{ from: id("aaaaaaa"), objects: ["shop_a__ConfigMap"] }]);
  });

  it("says what is there already and what did not come", async () => {
    const there = cluster({ there: ["a"], stubborn: ["b"] });
    const preview = await runWith(
      there.given,
      "restore",
      "shop",
      "ConfigMap/*",
      "--dry-run",
      ...on,
    );
    expect(preview.stdout).toMatch(/ConfigMap shop\/a .*exists: let alone/);
    expect([preview.code, there.asked]).toEqual([0, []]);
    const ran = await runWith(there.given, "restore", "shop", "ConfigMap/*", "--yes", ...on);
    expect(ran.stdout).toBe(
      "Brought back 0 of 2 objects of shop on prod.\nNot there: ConfigMap shop/b\n",
    );
    expect(ran.code).toBe(3);
  });

  it("prints the copies as documents, but nothing of a Secret", async () => {
    const { given } = cluster();
    const args = ["restore", "shop", "*/*", "--dry-run", "-o", "json", ...on];
    const { stdout } = await runWith(given, ...args);
    expect(JSON.parse(stdout)).toMatchObject({ kind: "RestoreReport", requested: false });
    expect(stdout).toContain('"new"');
    expect(stdout).not.toContain("c2VhbGVk");
  });

  it("writes nothing on a no, nor where there is nobody to ask", async () => {
    const { given, asked } = cluster();
    const no = await runWith(
      { ...given, isTty: true, answer: false },
      "restore",
      "shop",
      "*/a",
      ...on,
    );
    expect([no.code, no.stdout]).toEqual([1, "Declined. Nothing was written.\n"]);
    const nobody = await runWith(given, "restore", "shop", "*/a", ...on);
    expect(nobody.code).toBe(2);
    expect(nobody.stderr).toContain("holdfast restore shop */a --cluster prod --yes");
    expect(asked).toEqual([]);
  });

  it("is a no where nothing is kept", async () => {
    const { given } = cluster();
    const dev = await runWith(given, "restore", "shop", "--cluster", "dev");
    expect([dev.code, dev.stdout]).toEqual([
      1,
      expect.stringContaining("Nothing of shop is kept on dev"),
    ]);
    const other = await runWith(given, "restore", "shop", "ConfigMap/zzz", ...on);
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringContaining("no copy is kept of ConfigMap/zzz"),
    ]);
  });

  it("makes the App object anew for an app that is gone", async () => {
    const { given, asked } = cluster({ hasApp: false });
    const ran = await runWith(given, "restore", "shop", "ConfigMap/b", "--yes", ...on);
    expect([ran.code, ran.stdout]).toEqual([0, "Brought back 1 of 1 object of shop on prod.\n"]);
    expect(asked).toMatchObject([{ objects: ["shop_b__ConfigMap"] }]);
  });
});
