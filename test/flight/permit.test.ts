import { afterEach, expect, it } from "vitest";
import type { Held } from "../../agent/cluster/client.ts";
import { createRights } from "../../agent/cluster/rights.ts";
import { findMarked } from "../../agent/flight/marked.ts";
import { runPass } from "../../agent/flight/run-pass.ts";
import type { Right, Rule } from "../../agent/model/rule.ts";
import { realClock } from "../doubles/ports.ts";
import { Bench } from "../pass/bench.ts";
import { object } from "../plan/builders.ts";

const never = new AbortController().signal;
const map = object("ConfigMap", "web", { metadata: { name: "web", namespace: "shop" } });

let bench: Bench;
afterEach(() => bench.stop());

const core = { namespace: "shop", apiGroups: [""] };
const maps: Rule = {
  ...core,
  resources: ["configmaps"],
  resourceNames: ["web"],
  verbs: ["get", "create", "patch", "delete"],
};
const own: Rule = { ...core, resources: ["namespaces"], resourceNames: ["shop"], verbs: ["get"] };
const lists: Rule = { ...core, resources: ["configmaps"], verbs: ["list", "watch"] };

interface Reviewed {
  rules: readonly Rule[];
  isComplete?: boolean;
  /** What an authorizer allows that cannot list it. */
  allowed?: (right: Right) => boolean;
}

/** A bench whose server reviews our rights like this; the object may be changed. */
async function reviewedBy(reviewed: Reviewed) {
  bench = await Bench.start();
  const asked: string[] = [];
  const rules = async (namespace: string): Promise<Held> => {
    asked.push(`rules of ${namespace || "the cluster"}`);
    return {
      rules: reviewed.rules.filter((rule) => (rule.namespace ?? "") === namespace),
      isComplete: reviewed.isComplete ?? true,
    };
  };
  const may = async (right: Right) => {
    asked.push(`${right.verb} ${right.resource} ${right.name}`.trim());
    return reviewed.allowed?.(right) ?? false;
  };
  const world = {
    ...bench.world,
    cluster: { ...bench.world.cluster, rights: createRights({ rules, may }, realClock) },
  };
  bench.declare("shop", { objects: [map] });
  const slot = bench.slot("shop");
  const fly = async () => {
    const mark = bench.mark;
    const flight = await runPass(world, slot, never);
    return { flight, writes: bench.writesSince(mark) };
  };
  return { world, slot, asked, fly };
}

it("a missing right stops a unit before its first write, and names the rule (security §8)", async () => {
  const reviewed: Reviewed = {
    rules: [own, lists, { ...maps, verbs: ["get", "create", "delete"] }],
  };
  const { fly } = await reviewedBy(reviewed);
  const { flight, writes } = await fly();
  expect(writes).toEqual([]);
  expect(flight).toMatchObject({ ended: "trouble", problem: { reason: "Forbidden" } });
  const problem = flight.ended === "trouble" ? flight.problem : undefined;
  expect(problem?.message).toContain("may not patch configmaps in shop: web; nothing");
  expect(problem?.next).toContain(
    '{ namespace: shop, apiGroups: [""], resources: [configmaps], resourceNames: [web], verbs: [patch] }',
  );
  reviewed.rules = [own, lists, maps];
  expect((await fly()).flight.ended).toBe("pass"); // asked anew at once
});

it("goes on without the rights to list and watch (C-8)", async () => {
  const { fly } = await reviewedBy({ rules: [own, maps] });
  expect((await fly()).flight.ended).toBe("pass");
});

it("asks once for a render, and again when it changes", async () => {
  const { fly, asked } = await reviewedBy({ rules: [own, maps] });
  await fly();
  await fly();
  expect(asked).toEqual(["rules of the cluster", "rules of shop"]);
  const other = object("ConfigMap", "more", { metadata: { name: "more", namespace: "shop" } });
  bench.declare("shop", { objects: [map, other] });
  expect((await fly()).flight).toMatchObject({ ended: "trouble" });
});

it("believes right by right an authorizer that cannot list what it allows", async () => {
  const allowed = ({ verb, name }: Right) => verb !== "delete" || name === "web";
  const { fly, asked } = await reviewedBy({ rules: [], isComplete: false, allowed });
  expect((await fly()).flight.ended).toBe("pass");
  expect(asked).toContain("delete configmaps web");
  expect(asked).not.toContain("patch configmaps web"); // any name is allowed
});

it("needs no right to write where nothing is written", async () => {
  const { world, slot } = await reviewedBy({ rules: [] });
  const { manifests } = slot;
  if (manifests === undefined) throw new Error("nothing is declared");
  const unit = { ...manifests.unit, mode: "observe" as const };
  const flown = await runPass(
    { ...world, settings: { ...world.settings, enforce: false } },
    slot,
    never,
  );
  expect(flown.ended).toBe("pass");
  slot.manifests = { ...manifests, unit };
  expect((await runPass(world, slot, never)).ended).toBe("pass");
});

it("P-19: looks for marks in the namespaces that Git names where the cluster may not be listed", async () => {
  bench = await Bench.start({
    fail: ({ method, path }) => {
      const isWide = method === "GET" && /^\/(api|apis\/[^/]+)\/v\d[^/]*\/[a-z]+\?/.test(path);
      return isWide && path.includes("labelSelector") ? { code: 403, body: forbidden } : undefined;
    },
  });
  await bench.sync("shop", [map]);
  const held = async (namespace: string): Promise<Held> => ({
    rules: namespace === "shop" ? [lists] : [],
    isComplete: true,
  });
  const rights = createRights({ rules: held, may: async () => false }, realClock);
  const world = { ...bench.world, cluster: { ...bench.world.cluster, rights } };
  const mark = bench.mark;
  const found = await findMarked(world, "shop", never);
  expect(found.map(({ metadata }) => metadata.name)).toEqual(["web"]);
  expect(bench.requestsSince(mark)).toEqual(["GET /api/v1/namespaces/shop/configmaps"]);
});

it("P-19: new apps share one look at the cluster; whoever asks again, or had an inventory, gets a new one", async () => {
  bench = await Bench.start();
  await bench.sync("shop", [map]);
  for (const app of ["blog", "news"]) bench.declare(app, { objects: [] });
  bench.slot("shop").inventory = undefined; // as in a new agent whose inventory was lost
  const looks = async (app: string) => {
    const mark = bench.mark;
    const found = await findMarked(bench.world, app, never);
    return { found: found.length, isNew: bench.requestsSince(mark).length > 0 };
  };
  expect(await looks("blog")).toEqual({ found: 0, isNew: true });
  expect(await looks("news")).toEqual({ found: 0, isNew: false });
  expect(await looks("shop")).toEqual({ found: 1, isNew: false });
  expect(await looks("news")).toEqual({ found: 0, isNew: true }); // it may have written since
  bench.declare("docs", { objects: [] });
  expect(await looks("docs")).toEqual({ found: 0, isNew: true }); // unknown when the others looked
  bench.laterMs += 61_000;
  bench.declare("wiki", { objects: [] });
  expect(await looks("wiki")).toEqual({ found: 0, isNew: true });
});

const forbidden = {
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  reason: "Forbidden",
  message: "no",
  code: 403,
};

it("asks nothing for a unit that goes", async () => {
  const { fly, slot, asked } = await reviewedBy({ rules: [own, maps] });
  const { flight } = await fly();
  if (flight.ended !== "pass") throw new Error(flight.ended);
  slot.inventory = flight.reconciled.inventory;
  slot.removal = { how: "hold", reason: "AppRemoved", why: "x" };
  const before = asked.length;
  expect((await fly()).flight.ended).not.toBe("trouble");
  expect(asked).toHaveLength(before);
});
