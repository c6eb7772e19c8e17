import { pause } from "../e2e/site.ts";
import { countVerbs, isObjectRequest, readRequests, type Seen } from "./audit.ts";
import type { Bench, BenchOptions } from "./bench.ts";
import { configMapOf, type Load, loadApp } from "./config-maps.ts";
import { type Goal, type Measured, type Round, rounded } from "./report.ts";
import { progress, type Stage, setStage, usedBy } from "./stage.ts";

const intervals = 10;
const intervalMs = 5000;
const edits = 20;
/** Longer than the stride in which events are gathered while more come, and a flight. */
const editPauseMs = 2800;

const memory: Goal = {
  what: "memory of the agent",
  goal: 256,
  unit: " MiB",
  figure: "rssMiB",
  worst: true,
};

/** Ten intervals in which nothing changes. */
export const b3: Bench = {
  what: "steady state of 10,000 objects over ten intervals",
  goals: [
    {
      what: "object requests per interval",
      goal: 0,
      unit: "",
      figure: "requestsPerInterval",
      worst: true,
    },
    { what: "CPU of one core", goal: 1, unit: " %", figure: "cpuPercent" },
    memory,
  ],
  run: (options) => play("B3", options, rest),
};

/** One field of one object edited by hand, again and again. */
export const b4: Bench = {
  what: "one hand edit among 10,000 objects, until it is corrected",
  goals: [
    {
      what: "edit answered → correction answered, p99",
      goal: 1,
      unit: " s",
      figure: "p99Seconds",
      worst: true,
    },
    memory,
  ],
  run: (options) => play("B4", options, editByHand),
};

interface Watched {
  readonly stage: Stage;
  readonly load: Load;
}

type Scene = (watched: Watched) => Promise<Round>;

async function play(bench: string, options: BenchOptions, scene: Scene): Promise<Measured> {
  const load: Load = { app: loadApp, objects: options.objects, files: options.files };
  const rounds: Round[] = [];
  let requests: Measured["requests"] = {};
  for (let number = 1; number <= options.rounds; number++) {
    const stage = await setStage(load, options.program);
    try {
      const fromMs = await settle(stage);
      const round = await scene({ stage, load });
      const { rssMiB } = await usedBy(stage.site.agent.pid);
      rounds.push({ ...round, rssMiB });
      requests = countVerbs(await ownSince(stage, fromMs));
      progress(`round ${number}: ${JSON.stringify(rounds.at(-1))}`);
    } finally {
      await stage.stop();
    }
  }
  return { bench, settings: { objects: load.objects, files: load.files }, rounds, requests };
}

/** Synced, and what follows a sync is over. Gives back the time. */
async function settle({ site }: Stage): Promise<number> {
  progress("  the agent: clone, render, apply");
  await site.start({ "source-interval": `${intervalMs / 1000}s` });
  const is = ({ state }: { readonly state: string }) => state === "Synced";
  await site.untilApp(loadApp, is, { what: "Synced" });
  await pause(2 * intervalMs);
  return Date.now();
}

async function ownSince({ cluster }: Stage, fromMs: number): Promise<readonly Seen[]> {
  const seen = await readRequests(cluster.auditLog);
  return seen.filter(({ user, arrivedMs }) => user === "holdfast" && arrivedMs >= fromMs);
}

async function rest({ stage }: Watched): Promise<Round> {
  progress(`  ${intervals} intervals in which nothing changes`);
  const { pid } = stage.site.agent;
  const fromMs = Date.now();
  const before = await usedBy(pid);
  await pause(intervals * intervalMs);
  const after = await usedBy(pid);
  const asked = (await ownSince(stage, fromMs)).filter(isObjectRequest);
  for (const { verb, resource, name } of asked) progress(`  asked: ${verb} ${resource} ${name}`);
  const seconds = (intervals * intervalMs) / 1000;
  return {
    requestsPerInterval: asked.length / intervals,
    cpuPercent: rounded(((after.cpuSeconds - before.cpuSeconds) / seconds) * 100),
  };
}

async function editByHand({ stage, load }: Watched): Promise<Round> {
  progress(`  ${edits} edits by hand`);
  const fromMs = Date.now();
  const names = Array.from({ length: edits }, (_, index) => {
    const at = Math.floor(((index + 0.5) / edits) * load.objects);
    return configMapOf(at, loadApp).metadata.name;
  });
  for (const name of names) {
    const path = `/api/v1/namespaces/${loadApp}/configmaps/${name}?fieldManager=kubectl-edit`;
    const contentType = "application/merge-patch+json";
    const body = { data: { "log.level": "by-hand" } };
    const { status } = await stage.site.api.ask("PATCH", path, { body, contentType });
    if (status !== 200) throw new Error(`the edit of ${name} was answered with ${status}`);
    await pause(editPauseMs);
  }
  const seen = (await readRequests(stage.cluster.auditLog)).filter(
    ({ arrivedMs, resource }) => arrivedMs >= fromMs && resource === "configmaps",
  );
  const waits = names.map((name) => healingMs(seen, name)).toSorted((a, b) => a - b);
  return {
    medianSeconds: rounded((waits[Math.floor(waits.length / 2)] ?? Number.NaN) / 1000),
    p99Seconds: rounded((waits[Math.ceil(waits.length * 0.99) - 1] ?? Number.NaN) / 1000),
  };
}

/** From the answer to the person to the answer to the agent. */
function healingMs(seen: readonly Seen[], name: string): number {
  const about = seen.filter((each) => each.name === name && each.status < 300);
  const edit = about.find(({ user, verb }) => user === "admin" && verb === "patch");
  const heal = about.find(
    ({ user, verb, arrivedMs }) =>
      user === "holdfast" && verb === "apply" && arrivedMs >= (edit?.arrivedMs ?? 0),
  );
  if (edit === undefined || heal === undefined) throw new Error(`${name} was not corrected`);
  return heal.answeredMs - edit.answeredMs;
}
