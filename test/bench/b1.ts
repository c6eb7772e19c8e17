import { installationOf } from "../../agent/cluster/installation.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { applySetIdOf, marked } from "../../agent/render/mark.ts";
import { createHasher } from "../../agent/rendering/hasher.ts";
import { pause } from "../e2e/site.ts";
import { countVerbs, readRequests, type Seen, spanOf } from "./audit.ts";
import type { Bench, BenchOptions, Program } from "./bench.ts";
import { configMapOf, type Load, loadApp } from "./config-maps.ts";
import { applyBare } from "./limit.ts";
import { type Measured, type Round, rounded } from "./report.ts";
import { progress, type Stage, setStage, usedBy } from "./stage.ts";

const limitNamespace = "limit-settings";

/** First sync of many ConfigMaps, beside a bare client that applies the same to the same server. */
export const b1: Bench = {
  what: "first sync of 10,000 ConfigMaps",
  goals: [
    { what: "first apply → last answer", goal: 1.15, unit: " × limit", figure: "ratioToLimit" },
    {
      what: "process start → last answer",
      goal: 1.4,
      unit: " × limit",
      figure: "ratioFromStart",
    },
    { what: "process start → first object", goal: 2, unit: " s", figure: "firstObjectSeconds" },
    { what: "memory of the agent", goal: 256, unit: " MiB", figure: "rssMiB", worst: true },
  ],
  async run(options: BenchOptions): Promise<Measured> {
    const load: Load = { app: loadApp, objects: options.objects, files: options.files };
    const rounds: { readonly round: Round; readonly requests: Measured["requests"] }[] = [];
    for (let number = 1; number <= options.rounds; number++) {
      const done = await playRound(load, number, options.program);
      progress(`round ${number}: ${JSON.stringify(done.round)}`);
      rounds.push(done);
    }
    const [most] = rounds.map(({ requests }) => requests).toSorted((a, b) => sum(b) - sum(a));
    return {
      bench: "B1",
      settings: { objects: load.objects, files: load.files },
      rounds: rounds.map(({ round }) => round),
      requests: most ?? {},
    };
  },
};

/** A server of its own per round, and turn about who comes first, so that neither meets a fuller or a colder one. */
async function playRound(load: Load, number: number, program: Program) {
  const stage = await setStage(load, program);
  try {
    await warmUp(stage);
    if (number % 2 === 1) await limit(stage, load);
    const agent = await sync(stage, load);
    if (number % 2 === 0) await limit(stage, load);
    const seen = await readRequests(stage.cluster.auditLog);
    const own = seen.filter(
      ({ user, arrivedMs }) => user === "holdfast" && arrivedMs <= agent.endMs,
    );
    return { round: figures({ seen, load, agent }), requests: countVerbs(own) };
  } finally {
    await stage.stop();
  }
}

/** The server's first moments are not like the rest. */
async function warmUp({ site, cluster }: Stage): Promise<void> {
  await makeNamespace(site, "warm-up");
  await applyBare(cluster, bodies({ count: 500, namespace: "warm-up" }));
  await makeNamespace(site, limitNamespace);
  await pause(2000);
}

async function makeNamespace(site: Stage["site"], name: string): Promise<void> {
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  const { status } = await site.api.ask("POST", "/api/v1/namespaces", { body });
  if (status !== 201) throw new Error(`namespace ${name}: ${status}`);
}

async function limit({ cluster }: Stage, { objects }: Load): Promise<void> {
  progress("  the limit: a bare client applies the same bodies");
  await applyBare(cluster, bodies({ count: objects, namespace: limitNamespace }));
}

/** As the agent sends them: with a mark and labels, though of another installation. */
function bodies({ count, namespace }: { readonly count: number; readonly namespace: string }) {
  const owner = {
    installation: installationOf("limit", namespace),
    app: namespace,
    applySet: applySetIdOf(namespace, namespace, createHasher()),
  };
  return Array.from(
    { length: count },
    (_, index): KubeObject => marked(configMapOf(index, namespace), owner),
  );
}

interface Synced {
  readonly startMs: number;
  readonly endMs: number;
  readonly rssMiB: number;
  readonly cpuSeconds: number;
}

async function sync({ site }: Stage, { objects }: Load): Promise<Synced> {
  progress("  the agent: clone, render, apply");
  const startMs = Date.now();
  const agent = await site.start({ "source-interval": "1m" });
  await site.untilApp(loadApp, ({ state }) => state === "Synced", { what: "Synced" });
  const endMs = Date.now();
  const held = await site.api.items(`/api/v1/namespaces/${loadApp}/configmaps`);
  if (held.length !== objects) throw new Error(`${held.length} of ${objects} objects are there`);
  const used = await usedBy(agent.pid);
  const code = await site.stop();
  if (code !== 0) throw new Error(`the agent ended with ${code}:\n${agent.logTail()}`);
  return { startMs, endMs, ...used };
}

interface Played {
  readonly seen: readonly Seen[];
  readonly load: Load;
  readonly agent: Synced;
}

function figures({ seen, load, agent }: Played): Round {
  const applies = seen.filter(
    ({ verb, resource }) => verb === "apply" && resource === "configmaps",
  );
  const inNamespace = (name: string) => applies.filter(({ namespace }) => namespace === name);
  const bare = spanOf(inNamespace(limitNamespace), load.objects);
  const own = spanOf(inNamespace(loadApp), load.objects);
  const ofAgent = seen.filter(({ user }) => user === "holdfast");
  const firstAt = ofAgent[0]?.arrivedMs ?? Number.NaN;
  return {
    ratioToLimit: rounded(own.durationMs / bare.durationMs),
    ratioFromStart: rounded((own.lastMs - agent.startMs) / bare.durationMs),
    firstObjectSeconds: rounded((own.firstMs - agent.startMs) / 1000),
    rssMiB: agent.rssMiB,
    limitSeconds: rounded(bare.durationMs / 1000),
    applySeconds: rounded(own.durationMs / 1000),
    fromStartSeconds: rounded((own.lastMs - agent.startMs) / 1000),
    firstRequestSeconds: rounded((firstAt - agent.startMs) / 1000),
    syncedSeconds: rounded((agent.endMs - agent.startMs) / 1000),
    cpuSeconds: rounded(agent.cpuSeconds),
  };
}

function sum(requests: Measured["requests"]): number {
  return Object.values(requests).reduce((all, count) => all + count, 0);
}
