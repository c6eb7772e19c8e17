import { isDeepStrictEqual } from "node:util";
import { isJsonObject } from "../../../agent/model/json.ts";
import type { KubeObject } from "../../../agent/model/object.ts";
import type { Load } from "../load.ts";
import { pause, type Site, until } from "../site.ts";
import {
  apps,
  contestedDeployment,
  contestedMap,
  tenantDefinition,
  tenantObjects,
} from "./documents.ts";

/** Of each part of the soak that goes on by itself. */
export interface Part {
  readonly site: Site;
  readonly chance: () => number;
  readonly stop: AbortSignal;
}

export const rivalName = "rival";
const mergePatch = "application/merge-patch+json";
const image = "example.com/rival:1";

/** A controller that looks each second and writes its own into fields that Git declares; now and then something new. */
export async function rival({ site, chance, stop }: Part): Promise<number> {
  let writes = 0;
  let text = "theirs-0";
  const set = async (object: KubeObject, body: object) => {
    const path = `${await site.api.pathOf(object)}?fieldManager=${rivalName}`;
    writes += await patch(site, path, body);
  };
  while (!stop.aborted) {
    if (chance() < 0.05) text = `theirs-${Math.floor(chance() * 1e9)}`;
    const map = await site.api.get(contestedMap);
    if (!isDeepStrictEqual(map?.data, { text })) await set(contestedMap, { data: { text } });
    const web = await site.api.get(contestedDeployment);
    if (!JSON.stringify(web?.spec).includes(image)) {
      const containers = [{ name: "web", image }];
      await set(contestedDeployment, { spec: { template: { spec: { containers } } } });
    }
    await pause(1000);
  }
  return writes;
}

/** 1 if it was done: who fails now tries again later. */
async function patch({ api }: Site, path: string, body: object): Promise<number> {
  const answer = await api
    .ask("PATCH", path, { body, contentType: mergePatch })
    .catch(() => undefined);
  return answer?.status === 200 ? 1 : 0;
}

/** Somebody who notes something on an object every so often: no field of Git's, and each time a reason to look again. */
export async function annotator(
  { site, chance, stop }: Part,
  objects: readonly KubeObject[],
): Promise<number> {
  let notes = 0;
  while (!stop.aborted) {
    const object = objects[Math.floor(chance() * objects.length)];
    if (object === undefined) break;
    const body = { metadata: { annotations: { "example.com/note": `${notes}` } } };
    const path = `${await site.api.pathOf(object)}?fieldManager=annotator`;
    notes += await patch(site, path, body);
    await pause(1500 + chance() * 3000, stop);
  }
  return notes;
}

/** Busy and idle in turns; the real HPA controller decides what follows. */
export async function traffic({ chance, stop }: Part, load: Load, turnMs: number): Promise<void> {
  for (let turn = 0; !stop.aborted; turn++) {
    load.use(apps.scaled, turn % 2 === 0 ? 400 : 5);
    await pause(turnMs * (0.75 + chance() / 2), stop);
  }
}

/** What one absence of the kind looked like. */
export interface Absence {
  /** From the kind's end until the app says so. */
  readonly noticedSeconds: number;
  /** From the kind's return until the app is Synced. */
  readonly backSeconds: number;
  /** Resources that were not as declared then. */
  readonly wrong: readonly string[];
}

/** A resource without a status counts as healthy after a minute (semantics §5.4). */
const timeoutMs = 240_000;
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

export async function define({ api }: Site): Promise<void> {
  const { status } = await api.ask("POST", definitions, { body: tenantDefinition });
  if (status !== 201) throw new Error(`the definition was answered with ${status}`);
}

/** Takes the kind away with all its resources, and brings it back without them: at least once, and every so often. */
export async function comeAndGo(part: Part, everyMs: number): Promise<readonly Absence[]> {
  const absences: Absence[] = [];
  do {
    absences.push(await absence(part));
    await pause(everyMs * (0.75 + part.chance() / 2), part.stop);
  } while (!part.stop.aborted);
  return absences;
}

async function absence({ site, chance }: Part): Promise<Absence> {
  const path = `${definitions}/${tenantDefinition.metadata.name}`;
  await site.api.ask("DELETE", path);
  await until("the definition is gone", async () => {
    return (await site.api.ask("GET", path)).status === 404;
  });
  const goneMs = Date.now();
  const isMissed = ({ reason }: { readonly reason: string }) => reason === "KindMissing";
  await site.untilApp(apps.tenants, isMissed, { what: "KindMissing", timeoutMs });
  const noticedMs = Date.now();
  await pause(chance() * 20_000);
  const backMs = Date.now();
  await define(site);
  await site.untilApp(apps.tenants, ({ state }) => state === "Synced", {
    what: "Synced again",
    timeoutMs,
  });
  return {
    noticedSeconds: Math.round((noticedMs - goneMs) / 1000),
    backSeconds: Math.round((Date.now() - backMs) / 1000),
    wrong: await wrongOnes(site),
  };
}

async function wrongOnes({ api }: Site): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const tenant of tenantObjects) {
    const live = await api.get(tenant);
    if (!(isJsonObject(live?.spec) && isDeepStrictEqual(live.spec, tenant.spec))) {
      wrong.push(tenant.metadata.name);
    }
  }
  return wrong;
}
