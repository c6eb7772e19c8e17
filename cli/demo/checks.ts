import type { JsonObject } from "../../agent/model/json.ts";
import { type DemoApi, fieldAt } from "./api.ts";
import { missing, type Seen, saw } from "./expect.ts";
import { appPath, paths } from "./paths.ts";

/** UIDs by path: proof that objects are the very same ones. */
export type Uids = ReadonlyMap<string, string>;

/** A Deployment runs an image, and all of its replicas are ready for it. */
export async function runsImage(api: DemoApi, path: string, image: string): Promise<Seen> {
  const live = await api.get(path);
  if (live === undefined) return missing(`${path} is not there`);
  const found = fieldAt(live, "spec", "template", "spec", "containers", 0, "image");
  if (found !== image) return missing(`${path} runs ${String(found)}, not ${image}`);
  const replicas = Number(fieldAt(live, "spec", "replicas"));
  return isReady(live, replicas)
    ? saw(`${replicas} of ${replicas} replicas ready with ${image}`)
    : missing(`${path} has not all of its ${replicas} replicas ready`);
}

function isReady(live: JsonObject, replicas: number): boolean {
  const current =
    fieldAt(live, "status", "observedGeneration") === fieldAt(live, "metadata", "generation");
  const counts = ["replicas", "updatedReplicas", "readyReplicas"] as const;
  return current && counts.every((name) => fieldAt(live, "status", name) === replicas);
}

/** A field has a value. */
export async function hasValue(
  api: DemoApi,
  path: string,
  { keys, value }: { readonly keys: readonly string[]; readonly value: unknown },
): Promise<Seen> {
  const found = fieldAt(await api.get(path), ...keys);
  const name = keys.join(".");
  return found === value
    ? saw(`${name} is ${String(value)}`)
    : missing(`${name} of ${path} is ${String(found)}, not ${String(value)}`);
}

/** What the agent tells about an app on its App object. */
export async function appSays(
  api: DemoApi,
  app: string,
  { state, reason }: { readonly state: string; readonly reason?: string },
): Promise<Seen> {
  const object = await api.get(appPath(app));
  const told = String(fieldAt(object, "status", "state"));
  const why = String(fieldAt(object, "status", "reason"));
  const fits = told === state && (reason === undefined || why === reason);
  return fits ? saw(`it says ${state}, ${why}`) : missing(`App ${app} says ${told}, ${why}`);
}

/** The UIDs of all objects of an app; undefined for what is not there. */
export async function uidsOf(api: DemoApi, app: keyof typeof paths): Promise<Uids> {
  const entries = await Promise.all(
    Object.values(paths[app]).map(async (path): Promise<[string, string]> => {
      const uid = fieldAt(await api.get(path), "metadata", "uid");
      return [path, typeof uid === "string" ? uid : "absent"];
    }),
  );
  return new Map(entries);
}

/** Nothing was deleted, and nothing was made anew. */
export async function sameObjects(
  api: DemoApi,
  app: keyof typeof paths,
  before: Uids,
): Promise<Seen> {
  const now = await uidsOf(api, app);
  const changed = [...before].filter(([path, uid]) => uid === "absent" || now.get(path) !== uid);
  return changed.length === 0
    ? saw(`all ${before.size} objects are still there, with the UIDs they had`)
    : missing(`${changed.map(([path]) => path).join(", ")}: not the objects they were`);
}
