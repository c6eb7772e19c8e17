import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { readRequests, type Seen } from "../bench/audit.ts";
import { seeded, seedOfRun } from "../faults/kill.ts";
import { haveControlPlane } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { fleetFiles } from "./documents.ts";
import { Load } from "./load.ts";
import { Repository } from "./repository.ts";
import { agentNamespace, pause, Site } from "./site.ts";
import { Admission } from "./soak/admission.ts";
import { apps, beside, calm, contestedMap, counted, rolled, soakFiles } from "./soak/documents.ts";
import {
  type Absence,
  annotator,
  comeAndGo,
  define,
  rival,
  rivalName,
  traffic,
} from "./soak/people.ts";
import { foughtOver, medianOfQuarter, type Sample, sample } from "./soak/samples.ts";
import { countByObject, memberWrites, mostWrites, ratePerSecond } from "./soak/writes.ts";

const have = haveControlPlane();
const seed = seedOfRun();
const chance = seeded(seed);
/** `npm run test:e2e:soak` is an hour of it; else a short form with the same demands. */
const minutes = Number(process.env.HOLDFAST_SOAK_MINUTES ?? 1.5);
const isLong = minutes >= 20;
const [sampleMs, turnMs] = [3000, isLong ? 120_000 : 25_000];
/** More often, and what comes back would itself be a fight: three drift writes within ten minutes (D-20). */
const absenceMs = 6 * 60_000;
/** Nothing that these apps may be said to be. */
const untrue = /Drift|Fight|Failed|Held|Degraded/;
const clusterName = "soak";

describe.skipIf(!have.ok)(
  `${minutes} minutes with a rival, an autoscaler, a webhook and a kind that comes and goes (${have.why}) (HOLDFAST_SEED=${seed})`,
  () => {
    let plane: ControlPlane;
    let repository: Repository;
    let site: Site;
    let load: Load;
    let admission: Admission;
    let before: KubeObject | undefined;
    let samples: readonly Sample[] = [];
    let absences: readonly Absence[] = [];
    let seen: readonly Seen[] = [];
    /** Writes of the rival and of those who note something. */
    let others: readonly unknown[] = [];
    let [fromMs, toMs] = [0, 0];

    beforeAll(async () => {
      plane = await startControlPlane({ clusters: 1, audit: "requests" });
      repository = await Repository.create(plane.folder);
      await repository.write({ ...fleetFiles([clusterName]), ...soakFiles() });
      await repository.push("five apps");
      const [cluster] = plane.clusters;
      if (cluster === undefined) throw new Error("there is no cluster");
      const program = { nodeFlags: ["--max-semi-space-size=8"] };
      site = new Site({ plane, cluster, name: clusterName, repository, program });
      await site.install();
      load = await Load.start(cluster, site.api);
      admission = await Admission.start(cluster, site.api, chance);
      await define(site);
      await site.start({ "source-interval": "5s" });
      for (const app of [apps.calm, apps.scaled, apps.tenants]) {
        await site.untilApp(app, ({ state }) => state === "Synced", { what: "Synced" });
      }
      before = await site.api.get(beside);
    });

    afterAll(async () => {
      await site?.stop();
      await admission?.stop();
      await load?.stop();
      await repository?.stop();
      await plane?.stop();
    });

    it(
      "lives through it",
      async () => {
        const end = new AbortController();
        const part = { site, chance, stop: end.signal };
        fromMs = Date.now();
        const going = Promise.all([
          sample(site, sampleMs, end.signal),
          comeAndGo(part, absenceMs),
          rival(part),
          annotator(part, [counted, rolled]),
          annotator(part, calm),
          traffic(part, load, turnMs),
        ]);
        await Promise.race([going, pause(minutes * 60_000)]);
        end.abort();
        [samples, absences, ...others] = await going;
        toMs = Date.now();
        const all = await readRequests(site.cluster.auditLog);
        seen = all.filter(({ user, arrivedMs }) => user === "holdfast" && arrivedMs >= fromMs);
        process.stderr.write(`soak: ${JSON.stringify(figures())}\n`);
        expect(site.agent.hasEnded).toBe(false);
        expect(others.every((writes) => writes !== 0)).toBe(true);
        expect(samples.length).toBeGreaterThan(((toMs - fromMs) / sampleMs) * 0.5);
      },
      (minutes + 8) * 60_000,
    );

    const written = () => countByObject(memberWrites(seen, agentNamespace));
    const writesIn = (app: string) =>
      Object.entries(written()).filter(([object]) => object.includes(` ${app}/`));
    const quarterRate = (quarter: number) => {
      const length = (toMs - fromMs) / 4;
      return ratePerSecond(seen, fromMs + quarter * length, fromMs + (quarter + 1) * length);
    };

    const statusWrites = (app: string) =>
      seen.filter(({ verb, resource, name }) => {
        return verb !== "get" && resource === "apps/status" && name === app;
      }).length;

    function figures(): object {
      const hours = (toMs - fromMs) / 3_600_000;
      const quarters = [0, 1, 2, 3];
      return {
        minutes: Math.round(hours * 60 * 10) / 10,
        seed,
        writes: written(),
        mostWritesAllowed: mostWrites(hours * 3600),
        othersWrote: others.slice(0, 3),
        webhookCalls: Object.fromEntries(admission.calls),
        replicas: [...new Set(samples.map(({ replicas }) => replicas))],
        absences: absences.map(({ noticedSeconds, backSeconds }) => [noticedSeconds, backSeconds]),
        rssMiB: quarters.map((quarter) => medianOfQuarter(samples, quarter)),
        requestsPerSecond: quarters.map(quarterRate),
        statusWrites: Object.fromEntries(
          Object.values(apps).map((app) => [app, statusWrites(app)]),
        ),
        states: Object.fromEntries(Object.values(apps).map((app) => [app, reasonsOf(app)])),
      };
    }

    function reasonsOf(app: string): Readonly<Record<string, number>> {
      const groups = Map.groupBy(samples, (each) => {
        const status = each.apps.get(app);
        return `${status?.state}/${status?.reason}`;
      });
      return Object.fromEntries([...groups].map(([reason, all]) => [reason, all.length]));
    }

    it("writes nothing into the app that nothing happens to, and none of its fields ever differs", () => {
      expect(writesIn(apps.calm)).toEqual([]);
      expect(Object.keys(reasonsOf(apps.calm)).join()).not.toMatch(untrue);
      expect(reasonsOf(apps.calm)["Synced/InSync"]).toBeGreaterThan(samples.length * 0.95);
      expect(new Set(samples.map(({ drift }) => drift.get(apps.calm)))).toEqual(new Set([0]));
    });

    it("leaves to the autoscaler what is its own, while it scales up and down (A-50)", () => {
      const replicas = new Set(samples.map((each) => each.replicas));
      expect(replicas.size).toBeGreaterThan(1);
      expect(writesIn(apps.scaled)).toEqual([]);
      expect(Object.keys(reasonsOf(apps.scaled)).join()).not.toMatch(untrue);
      expect(new Set(samples.map(({ drift }) => drift.get(apps.scaled)))).toEqual(new Set([0]));
    });

    it.each([apps.contested, apps.admitted])(
      "sets back what %s is fought over for ever less often (D-20, D-21)",
      (app) => {
        const allowed = mostWrites((toMs - fromMs) / 1000) * 1.25 + 2;
        const counts = writesIn(app);
        expect(counts.length).toBeGreaterThanOrEqual(2);
        expect(counts.filter(([, count]) => count > allowed)).toEqual([]);
      },
    );

    it("names the opponent and the field: a controller, and admission (D-21, A-141)", () => {
      const said = (app: string) =>
        samples.flatMap((each) => {
          const status = each.apps.get(app);
          return status === undefined ? [] : foughtOver(status);
        });
      const [byRival, byAdmission] = [said(apps.contested), said(apps.admitted)];
      expect(new Set(byRival.map(({ manager }) => manager))).toEqual(new Set([rivalName]));
      expect(new Set(byAdmission.map(({ manager }) => manager))).toEqual(new Set(["admission"]));
      expect(byRival).toContainEqual(
        expect.objectContaining({ name: contestedMap.metadata.name, path: "data.text" }),
      );
      expect(new Set(byAdmission.map(({ name }) => name))).toEqual(
        new Set([counted.metadata.name, rolled.metadata.name]),
      );
      for (const app of [apps.contested, apps.admitted]) {
        expect(reasonsOf(app)["Drifted/Fight"] ?? 0).toBeGreaterThan(samples.length / 2);
      }
    });

    it("writes what it says of an app when that changes, not whenever somebody writes (P8)", () => {
      expect(statusWrites(apps.calm)).toBe(0);
      for (const app of [apps.contested, apps.admitted]) {
        const own = writesIn(app).reduce((sum, [, count]) => sum + count, 0);
        expect(statusWrites(app)).toBeLessThanOrEqual(3 * own + 10);
      }
    });

    it("says KindMissing while the kind is away, and makes its resources again when it is back (A-102)", async () => {
      expect(absences.length).toBeGreaterThan(isLong ? minutes / 12 : 0);
      expect(absences.flatMap(({ wrong }) => wrong)).toEqual([]);
      expect(
        seen.filter(({ verb, resource }) => verb === "delete" && resource !== "leases"),
      ).toEqual([]);
      expect((await site.api.get(beside))?.metadata.uid).toBe(before?.metadata.uid);
    });

    it("takes no more memory and asks no more often as time goes by", () => {
      const [early, late] = [medianOfQuarter(samples, 1), medianOfQuarter(samples, 3)];
      // A minute tells nothing of a leak: there it only must not run away.
      const most = isLong ? Math.max(early * 1.1, early + 16) : early * 1.5;
      expect(late).toBeLessThanOrEqual(most);
      expect(quarterRate(3)).toBeLessThanOrEqual(quarterRate(1) * 1.5 + 1);
    });
  },
);
