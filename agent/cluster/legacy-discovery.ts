import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { ServedKind } from "./client.ts";
import { ApiError, isUnanswered } from "./errors.ts";
import { type Ask, type GroupVersion, objects, texts } from "./group-version.ts";
import { plainRequest } from "./requests.ts";

/** Discovery of servers that do not aggregate: one request for each group and version. One that fails is not fresh. */
export async function discoverLegacy(
  ask: Ask,
  { core, groups }: { readonly core: unknown; readonly groups: unknown },
): Promise<readonly GroupVersion[]> {
  const coreVersions = isJsonObject(core) ? texts(core.versions) : [];
  const named = isJsonObject(groups) ? objects(groups.groups).flatMap(versionsOf) : [];
  const wanted = [...coreVersions.map((version) => ({ group: "", version })), ...named];
  return Promise.all(wanted.map((each) => resourcesOf(ask, each)));
}

interface Wanted {
  readonly group: string;
  readonly version: string;
}

/** The preferred version first. */
function versionsOf(group: JsonObject): readonly Wanted[] {
  const { name, preferredVersion } = group;
  if (typeof name !== "string") return [];
  const preferred = isJsonObject(preferredVersion) ? preferredVersion.version : undefined;
  const versions = objects(group.versions).map(({ version }) => String(version));
  return [
    ...versions.filter((version) => version === preferred),
    ...versions.filter((version) => version !== preferred),
  ].map((version) => ({ group: name, version }));
}

async function resourcesOf(ask: Ask, { group, version }: Wanted): Promise<GroupVersion> {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  try {
    const { body } = await ask(plainRequest(root));
    const resources = isJsonObject(body) ? objects(body.resources) : [];
    const kinds = resources.flatMap((resource) => kindOf(resource, { group, version }));
    return { group, version, fresh: true, kinds };
  } catch (error) {
    if (!(error instanceof ApiError) || isUnanswered(error)) throw error;
    return { group, version, fresh: false, kinds: [] };
  }
}

function kindOf(resource: JsonObject, at: Wanted): readonly ServedKind[] {
  const { name, kind, namespaced, verbs } = resource;
  if (typeof name !== "string" || typeof kind !== "string" || name.includes("/")) return [];
  return [{ ...at, kind, plural: name, namespaced: namespaced === true, verbs: texts(verbs) }];
}
