import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { refId, refOf } from "../../agent/model/object.ts";
import { seeded, seedOfRun } from "../faults/kill.ts";
import { describeViolations, judgeHistory } from "../faults/oracle/oracle.ts";
import { testLease } from "../faults/process.ts";
import { Told } from "../faults/told.ts";
import { haveControlPlane } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { appFiles, configMap, deployment, fleetFiles, objectPath } from "./documents.ts";
import { Repository } from "./repository.ts";
import { agentNamespace, clusterNames, pause, Site, until } from "./site.ts";

const have = haveControlPlane();
/** Of each site, after an undisturbed one: on three clusters 21 kills of a first sync and 21 of a prune. */
const rounds = Number(process.env.HOLDFAST_E2E_ROUNDS ?? 7);
const seed = seedOfRun();

/** Twenty objects, of which eight go: as many as go without asking (semantics P-50). */
function objectsOf(app: string): {
  readonly all: readonly KubeObject[];
  readonly kept: readonly KubeObject[];
} {
  const maps = Array.from({ length: 16 }, (_, index) => configMap(app, `map-${index}`));
  const accounts = Array.from({ length: 2 }, (_, index) => ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: `account-${index}`, namespace: app },
  }));
  const all = [...maps, ...accounts, deployment(app, "stays"), deployment(app, "goes")];
  const gone = new Set([
    ...maps.slice(0, 6).map(({ metadata }) => metadata.name),
    "account-0",
    "goes",
  ]);
  return { all, kept: all.filter(({ metadata }) => !gone.has(metadata.name)) };
}

class Run {
  readonly site: Site;
  readonly told = new Told();
  readonly random: () => number;
  /** How long the undisturbed first sync and prune took, from the lease on. */
  syncMs = 0;
  pruneMs = 0;

  constructor(site: Site, random: () => number) {
    this.site = site;
    this.random = random;
  }

  async push(
    app: string,
    objects: readonly KubeObject[],
    all: readonly KubeObject[],
  ): Promise<string> {
    const { repository, recorder } = this.site;
    this.told.declare(app, objects);
    const kept = new Set(objects);
    const gone = all.filter((object) => !kept.has(object)).map((object) => objectPath(app, object));
    await repository.write({
      ...appFiles(app, objects),
      ...Object.fromEntries(gone.map((path) => [path, undefined])),
    });
    const from = await recorder.mark();
    const id = await repository.push(`${app}: ${objects.length} objects`);
    this.told.committed(id, from);
    return id;
  }

  /** Starts an agent and waits until it may write; then the clock runs. */
  async startHolding(): Promise<void> {
    const before = await this.#holder();
    const agent = await this.site.start();
    await until(
      `${this.site.name}: the new agent holds the lease`,
      async () => {
        if (agent.hasEnded) throw new Error(`the agent ended:\n${agent.logTail()}`);
        const now = await this.#holder();
        return now !== "" && now !== before;
      },
      30_000,
    );
  }

  async #holder(): Promise<string> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${agentNamespace}/leases/holdfast`;
    const { body } = await this.site.api.ask("GET", path);
    return /"holderIdentity":"([^"]*)"/.exec(JSON.stringify(body))?.[1] ?? "";
  }

  /** Kills the agent at a random moment of the work, starts another, and waits for the end of it. */
  async disturb(durationMs: number): Promise<void> {
    await this.startHolding();
    await pause(this.random() * durationMs);
    await this.site.agent.kill();
    await this.startHolding();
  }

  async untilDone(app: string, commit: string, objects: readonly KubeObject[]): Promise<void> {
    const { site } = this;
    // What the killed agent said last is no answer.
    await until(`${site.name}: a whole pass over ${app} by this agent`, async () => {
      return (await site.metric("holdfast_reconciles_total", `app="${app}"`)) >= 1;
    });
    await site.untilApp(app, ({ state, applied }) => state === "Synced" && applied === commit, {
      what: `Synced at ${commit}`,
    });
    const wanted = objects.map((object) => refId(refOf(object))).sort();
    await until(`${site.name}: exactly the declared objects of ${app} are there`, async () => {
      const live = await this.#liveIn(app);
      expect(live).toEqual(wanted);
      return true;
    });
  }

  /** Identities of the app's objects: in its namespace, without what controllers make. */
  async #liveIn(app: string): Promise<readonly string[]> {
    const found: string[] = [];
    for (const [path, kind, apiVersion] of [
      ["/api/v1", "ConfigMap", "v1"],
      ["/api/v1", "ServiceAccount", "v1"],
      ["/apis/apps/v1", "Deployment", "apps/v1"],
    ] as const) {
      const items = await this.site.api.items(`${path}/namespaces/${app}/${kind.toLowerCase()}s`);
      for (const { metadata } of items) {
        if (["default", "kube-root-ca.crt"].includes(metadata.name)) continue;
        found.push(refId(refOf({ apiVersion, kind, metadata })));
      }
    }
    return found.sort();
  }

  async round(number: number): Promise<void> {
    const app = `run-${number}`;
    const { all, kept } = objectsOf(app);
    const isDisturbed = number > 0;
    const first = await this.push(app, all, all);
    const started = await this.#work(isDisturbed ? this.syncMs : undefined);
    await this.untilDone(app, first, all);
    if (!isDisturbed) this.syncMs = Date.now() - started;
    await this.site.stop();
    const second = await this.push(app, kept, all);
    const restarted = await this.#work(isDisturbed ? this.pruneMs : undefined);
    await this.untilDone(app, second, kept);
    if (!isDisturbed) this.pruneMs = Date.now() - restarted;
    expect(await this.site.stop()).toBe(0);
  }

  async #work(disturbedAfterMs: number | undefined): Promise<number> {
    if (disturbedAfterMs === undefined) await this.startHolding();
    else await this.disturb(disturbedAfterMs);
    return Date.now();
  }
}

describe.skipIf(!have.ok)(`an agent killed at random moments (${have.why})`, () => {
  let plane: ControlPlane;
  const repositories: Repository[] = [];
  const runs: Run[] = [];

  beforeAll(async () => {
    plane = await startControlPlane({ clusters: clusterNames.length, audit: true });
    for (const [index, cluster] of plane.clusters.entries()) {
      const repository = await Repository.create(plane.folder);
      repositories.push(repository);
      await repository.write(fleetFiles([cluster.name]));
      const site = new Site({ plane, cluster, name: cluster.name, repository, flags: testLease });
      await site.install();
      runs.push(new Run(site, seeded(seed + index)));
    }
  });

  afterAll(async () => {
    for (const { site } of runs) await site.stop();
    for (const repository of repositories) await repository.stop();
    await plane?.stop();
  });

  it(`ends in the state of an undisturbed run, each time (HOLDFAST_SEED=${seed})`, async () => {
    await Promise.all(
      runs.map(async (run) => {
        for (let number = 0; number <= rounds; number++) await run.round(number);
      }),
    );
  });

  it("has lost, orphaned, wrongly deleted, half-rendered and taken back nothing", async () => {
    for (const { site, told } of runs) {
      const history = await site.recorder.read(told);
      expect(describeViolations(judgeHistory(history)), `seed ${seed}`).toBe("");
      // An oracle that saw nothing proves nothing.
      const done = (verb: string) =>
        history.requests.filter((one) => one.verb === verb && one.revision !== undefined).length;
      expect(done("apply")).toBeGreaterThanOrEqual((rounds + 1) * 20);
      expect(done("delete")).toBeGreaterThanOrEqual((rounds + 1) * 8);
    }
  });
});
