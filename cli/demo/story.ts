import type { DemoApi } from "./api.ts";
import { appSays, hasValue, runsImage, sameObjects, type Uids, uidsOf } from "./checks.ts";
import { type ClusterName, clusterNames, prodNames } from "./clusters.ts";
import { all, eventually, missing, type Seen, saw } from "./expect.ts";
import type { DemoFleet } from "./fleet.ts";
import { namedDrift } from "./named-drift.ts";
import { paths } from "./paths.ts";
import { demoFiles } from "./repository.ts";

/** One step of the tour: what is done, and what must be seen afterwards, by reading the API servers. */
export interface Step {
  readonly title: string;
  run(): Promise<Seen>;
}

/** Generous: a slow machine is no failure. */
const stepMs = 90_000;
/** How long nothing must happen before it counts as held. */
const quietMs = 2000;

const firstImage = "ghcr.io/acme/web:1.8.1";
const secondImage = "ghcr.io/acme/web:1.8.2";
const cartImage = "ghcr.io/acme/cart:2.3.0";

/** The steps of `demo --once`, in order; each builds on the one before. */
export function tour(fleet: DemoFleet, signal: AbortSignal): readonly Step[] {
  const { clock } = fleet;
  const within = (check: () => Promise<Seen>) =>
    eventually(clock, { check, withinMs: stepMs }, signal);
  const before = new Map<ClusterName, Uids>();
  return [
    {
      title: "Three clusters start empty; one commit says what they run",
      run: () => within(() => everywhere(fleet, firstImage)),
    },
    {
      title: "A pull request is merged: web 1.8.1 → 1.8.2",
      run: () => {
        fleet.commit("bump web to 1.8.2", { "apps/web/deployment.yaml": nextDeployment() });
        return within(() => everywhere(fleet, secondImage));
      },
    },
    {
      title: "Someone edits prod-eu by hand: the greeting of web",
      run: () => handEdit(fleet, within),
    },
    {
      title: "A commit deletes the whole folder apps/shop",
      run: async () => {
        for (const name of prodNames) before.set(name, await uidsOf(fleet.api(name), "shop"));
        fleet.commit("clean up", { "apps/shop/": undefined });
        const held = await within(() =>
          onProd(fleet, (api) => appSays(api, "shop", { state: "Held" })),
        );
        await clock.sleep(quietMs, signal);
        return held.ok ? await stillThere(fleet, before) : held;
      },
    },
    {
      title: "The commit is reverted",
      run: () => {
        fleet.commit('Revert "clean up"', shopFiles());
        return within(() => backAgain(fleet, before));
      },
    },
  ];
}

function nextDeployment(): string {
  return (demoFiles["apps/web/deployment.yaml"] ?? "").replace(firstImage, secondImage);
}

function shopFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(demoFiles).filter(([path]) => path.startsWith("apps/shop/")),
  );
}

type Within = (check: () => Promise<Seen>) => Promise<Seen>;

async function everywhere(fleet: DemoFleet, image: string): Promise<Seen> {
  const seen = await all([
    ...clusterNames.map((name) => () => runsWeb(fleet.api(name), name, image)),
    ...prodNames.map((name) => () => runsImage(fleet.api(name), paths.shop.cart, cartImage)),
  ]);
  return seen.ok
    ? saw(`every replica of web on ${clusterNames.join(", ")} is ready with ${image}`)
    : seen;
}

async function runsWeb(api: DemoApi, name: ClusterName, image: string): Promise<Seen> {
  const greeting = { keys: ["data", "greeting"], value: `hello from ${name}` };
  return await all([
    () => runsImage(api, paths.web.deployment, image),
    () => hasValue(api, paths.web.config, greeting),
    () => appSays(api, "web", { state: "Synced" }),
  ]);
}

async function onProd(fleet: DemoFleet, check: (api: DemoApi) => Promise<Seen>): Promise<Seen> {
  const seen = await all(prodNames.map((name) => () => check(fleet.api(name))));
  return seen.ok ? seen : missing(seen.missing);
}

/** Healed on the server, and named: the field and who wrote it. */
async function handEdit(fleet: DemoFleet, within: Within): Promise<Seen> {
  const api = fleet.api("prod-eu");
  const keys = ["data", "greeting"];
  await api.patch(paths.web.config, { data: { greeting: "hacked" } }, "kubectl-edit");
  const edited = await hasValue(api, paths.web.config, { keys, value: "hacked" });
  if (!edited.ok) return missing("the edit was not even stored");
  const healed = await within(() =>
    hasValue(api, paths.web.config, { keys, value: "hello from prod-eu" }),
  );
  if (!healed.ok) return healed;
  const named = await within(() => namedDrift(api, { field: "greeting", manager: "kubectl-edit" }));
  return named.ok ? saw(`${named.saw}; on the server ${healed.saw} again`) : named;
}

async function stillThere(fleet: DemoFleet, before: ReadonlyMap<ClusterName, Uids>): Promise<Seen> {
  const seen = await all(
    prodNames.map((name) => async () => {
      const api = fleet.api(name);
      return await all([
        () =>
          sameObjects(api, "shop", before.get(name) ?? new Map([["nothing was read", "absent"]])),
        () => appSays(api, "shop", { state: "Held" }),
      ]);
    }),
  );
  return seen.ok ? saw(`on ${prodNames.join(" and ")}: ${onlyOnce(seen.saw)}`) : seen;
}

async function backAgain(fleet: DemoFleet, before: ReadonlyMap<ClusterName, Uids>): Promise<Seen> {
  const seen = await all(
    prodNames.map((name) => async () => {
      const api = fleet.api(name);
      return await all([
        () =>
          sameObjects(api, "shop", before.get(name) ?? new Map([["nothing was read", "absent"]])),
        () => runsImage(api, paths.shop.cart, cartImage),
        () => appSays(api, "shop", { state: "Synced" }),
      ]);
    }),
  );
  return seen.ok ? saw(`on ${prodNames.join(" and ")}: ${onlyOnce(seen.saw)}`) : seen;
}

/** What is equal for several clusters is said once. */
function onlyOnce(text: string): string {
  return [...new Set(text.split("; "))].join("; ");
}
