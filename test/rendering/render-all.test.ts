import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Agent } from "../../agent/agent.ts";
import { connectTo } from "../../agent/cluster/connection.ts";
import { parseSettings } from "../../agent/config/settings.ts";
import type { AgentEvent } from "../../agent/model/event.ts";
import { isJsonObject } from "../../agent/model/json.ts";
import { createAgentPorts } from "../../agent/ports.ts";
import { runRender } from "../../agent/rendering/manifests.ts";
import { createGitSource } from "../../agent/source/git.ts";
import { startGitServer } from "../../cli/sandbox/git/server.ts";
import { startApiServer } from "../../cli/sandbox/kubernetes/server.ts";
import { realClock } from "../doubles/ports.ts";
import { documentOf } from "../fleet/fleet-files.ts";
import { until } from "../pass/bench.ts";

function configMap(name: string, value = "1"): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { a: "${value}" }\n`;
}

/** Both write to one namespace, so that an object can move between them. */
const app = (name: string) => ({
  [`apps/${name}/app.yaml`]: documentOf("App", name, "{ namespace: shared, clusters: {} }"),
  [`apps/${name}/own.yaml`]: configMap(`${name}-own`),
});

const fleet = {
  "fleet.yaml": documentOf("Fleet", "acme", "{ folders: [clusters, apps] }"),
  "clusters/eu.yaml": documentOf("Cluster", "eu", "{ values: {} }"),
  ...app("quick"),
  ...app("slow"),
};

const tooSlow = { reason: "RenderLimit", message: "it took longer than 60 s" } as const;

/** A real agent whose renders of `slow` take as long as the test likes. */
async function start({ held = false } = {}) {
  const cluster = await startApiServer();
  const git = await startGitServer();
  git.commitFiles({ files: fleet, message: "first" });
  const folder = mkdtempSync(join(tmpdir(), "holdfast-agent-"));
  const flags = { "cluster-name": "eu", "source-url": git.url, "store-path": folder };
  const settings = parseSettings({ flags, env: {} });
  if (!settings.ok) throw new Error(JSON.stringify(settings.problems));
  const events: AgentEvent[] = [];
  const facts = { version: "1", instance: "test", connection: connectTo(cluster) };
  const ports = createAgentPorts(settings.value, facts, (event) => void events.push(event));
  const place = { url: git.url, ref: "main", storePath: folder, worker: false, clock: realClock };
  let gate = held ? Promise.withResolvers<void>().promise : Promise.resolve();
  let waiting = 0;
  let renders = 0;
  let isBroken = false;
  const agent = new Agent(settings.value, {
    ...ports,
    source: createGitSource(place),
    connect: async (signal) => {
      const connected = await ports.connect(signal);
      const { hasher } = connected;
      return {
        ...connected,
        render: async (job, by) => {
          if (job.unit.app === "slow") {
            renders += 1;
            if (isBroken) return { ok: false, problems: [tooSlow] };
            waiting += 1;
            const ended = Promise.withResolvers<void>();
            by.addEventListener("abort", () => ended.resolve(), { once: true });
            await Promise.race([gate, ended.promise]);
            waiting -= 1;
            by.throwIfAborted();
          }
          return runRender(job, { hasher, tools: {} }, by);
        },
      };
    },
  });
  const stopping = new AbortController();
  const running = agent.run(stopping.signal);
  const stop = async () => {
    stopping.abort();
    await running;
  };
  onTestFinished(async () => {
    await stop();
    await ports.source.close();
    await git.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const statusOf = (name: string) => agent.snapshot().units.find((unit) => unit.app === name);
  return {
    stop,
    events,
    isRendering: () => waiting > 0,
    /** The loop goes on after the commit that was read last. */
    isTakenUp: () => {
      const read = events.findLastIndex(({ type }) => type === "fleet-read");
      return waiting > 0 && events.slice(read).some(({ type }) => type === "loop-ended");
    },
    /** So many renders of `slow` were begun. */
    renders: () => renders,
    /** From now on they end at a limit. */
    fail(): void {
      isBroken = true;
    },
    /** From now on renders of `slow` wait until they are let go. */
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    push(files: Readonly<Record<string, string | undefined>>): string {
      const id = git.commitFiles({ files, message: "change" });
      agent.nudge();
      return id;
    },
    statusOf,
    live(name: string): { readonly uid: unknown; readonly value: unknown } | undefined {
      const found: unknown = cluster.store.get("/configmaps", `shared/${name}`);
      if (!(isJsonObject(found) && isJsonObject(found.metadata) && isJsonObject(found.data)))
        return undefined;
      return { uid: found.metadata.uid, value: found.data.a };
    },
    synced: () =>
      until(
        () => ["quick", "slow"].every((name) => statusOf(name)?.state === "Synced"),
        "both Synced",
      ).catch((error: unknown) => {
        const all = agent
          .snapshot()
          .units.map(({ app: name, state, message }) => [name, state, message]);
        throw new Error(`${String(error)}: ${JSON.stringify(all)}`);
      }),
    reasonsOf: (name: string, from = 0) =>
      new Set(
        events
          .slice(from)
          .flatMap((event) =>
            event.type === "status" && event.after.app === name ? event.after.reason : [],
          ),
      ),
  };
}

/** Longer than everybody waits for everybody's render. */
const patient = { timeout: 30_000 };

describe("an app whose render takes long", () => {
  it("holds up only itself, and syncs when its render is there", patient, async () => {
    const site = await start();
    await site.synced();
    const release = site.hold();
    site.push({
      "apps/quick/own.yaml": configMap("quick-own", "2"),
      "apps/slow/own.yaml": configMap("slow-own", "2"),
    });
    await until(() => site.live("quick-own")?.value === "2", "quick is there");
    await until(() => site.statusOf("quick")?.state === "Synced", "quick is Synced");
    expect(site.isRendering()).toBe(true);
    expect(site.live("slow-own")?.value).toBe("1");
    expect(site.statusOf("slow")?.state).toBe("Progressing");
    // So does the next commit; the render goes on.
    const renders = site.renders();
    site.push({ "apps/quick/own.yaml": configMap("quick-own", "3") });
    await until(() => site.live("quick-own")?.value === "3", "the next commit is there");
    expect([site.isRendering(), site.renders()]).toEqual([true, renders]);
    release();
    await until(() => site.live("slow-own")?.value === "2", "slow is there");
    await site.synced();
  });

  /** A commit moves an object between the two while slow renders: quick waits with it alone, and it stays as it is. */
  async function handedOver(name: string, { from, to }: { from: string; to: string }) {
    const site = await start();
    site.push({ [`apps/${from}/${name}.yaml`]: configMap(name) });
    await until(() => site.live(name) !== undefined, "it is there");
    await site.synced();
    const before = site.live(name);
    const release = site.hold();
    site.push({
      [`apps/${from}/${name}.yaml`]: undefined,
      [`apps/${to}/${name}.yaml`]: configMap(name),
      "apps/quick/new.yaml": configMap("new"),
    });
    await until(() => site.live("new") !== undefined, "quick goes on with the rest");
    await until(() => site.statusOf("quick")?.state === "Progressing", "quick waits");
    expect(site.statusOf("quick")?.message).toContain("slow");
    release();
    await site.synced();
    expect(site.live(name)).toEqual(before);
    return site;
  }

  it("4.5-1: what it may come to declare is not deleted", patient, async () => {
    await handedOver("a", { from: "quick", to: "slow" });
  });

  it("4.5-1: what nobody declares goes when all is known", patient, async () => {
    const site = await start();
    site.push({ "apps/quick/gone.yaml": configMap("gone") });
    await until(() => site.live("gone") !== undefined, "it is there");
    await site.synced();
    const release = site.hold();
    site.push({
      "apps/quick/gone.yaml": undefined,
      "apps/slow/own.yaml": configMap("slow-own", "2"),
    });
    await until(site.isTakenUp, "nobody waits for it any more");
    await until(() => site.statusOf("quick")?.state === "Progressing", "quick waits");
    expect(site.live("gone")).toBeDefined();
    release();
    await until(() => site.live("gone") === undefined, "it is gone");
    await site.synced();
  });

  it("is rendered once, however many commits come meanwhile", patient, async () => {
    const site = await start({ held: true });
    await until(() => site.live("quick-own") !== undefined, "quick is there");
    for (const value of ["2", "3"]) {
      site.push({ "apps/quick/own.yaml": configMap("quick-own", value) });
      await until(() => site.live("quick-own")?.value === value, "quick goes on");
    }
    expect([site.renders(), site.isRendering()]).toEqual([1, true]);
  });

  it("P-63: what it may still declare is not taken over, and no conflict", patient, async () => {
    const site = await handedOver("b", { from: "slow", to: "quick" });
    expect(site.reasonsOf("quick")).not.toContain("ObjectConflict");
  });

  it("that is broken is not tried at every commit, and stays Failed", patient, async () => {
    const site = await start();
    await site.synced();
    site.fail();
    site.push({ "apps/slow/own.yaml": configMap("slow-own", "2") });
    await until(() => site.statusOf("slow")?.reason === "RenderLimit", "it fails");
    const [renders, from] = [site.renders(), site.events.length];
    for (const value of ["2", "3"]) {
      site.push({ "apps/quick/own.yaml": configMap("quick-own", value) });
      await until(() => site.live("quick-own")?.value === value, "quick goes on");
    }
    expect(site.renders()).toBe(renders);
    const reasons = [...site.reasonsOf("slow", from)];
    expect(reasons.filter((reason) => reason !== "RenderLimit")).toEqual([]);
    // A new input is tried at once.
    site.push({ "apps/slow/own.yaml": configMap("slow-own", "3") });
    await until(() => site.renders() > renders, "the new input is tried");
  });

  it("is not overtaken by an older render of its own", patient, async () => {
    const site = await start();
    await site.synced();
    const releaseOld = site.hold();
    site.push({ "apps/slow/own.yaml": configMap("slow-own", "2") });
    await until(site.isRendering, "the old render is under way");
    await until(() => site.statusOf("slow")?.state === "Progressing", "it takes long");
    site.hold()();
    site.push({ "apps/slow/own.yaml": configMap("slow-own", "3") });
    await until(() => site.live("slow-own")?.value === "3", "the new one is there");
    releaseOld();
    await until(() => !site.isRendering(), "nothing is rendered any more");
    for (const value of ["2", "3"]) {
      site.push({ "apps/quick/own.yaml": configMap("quick-own", value) });
      await until(() => site.live("quick-own")?.value === value, "others go on");
    }
    await site.synced();
    expect(site.live("slow-own")?.value).toBe("3");
  });

  it("C14: ends with the agent", patient, async () => {
    const site = await start();
    await site.synced();
    site.hold();
    site.push({ "apps/slow/own.yaml": configMap("slow-own", "2") });
    await until(() => site.statusOf("slow")?.state === "Progressing", "it takes long");
    expect(site.isRendering()).toBe(true);
    await site.stop();
    expect(site.isRendering()).toBe(false);
    expect(site.events.filter(({ type }) => type === "error")).toEqual([]);
  });
});
