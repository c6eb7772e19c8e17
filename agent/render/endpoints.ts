import { isJsonObject } from "../model/json.ts";
import type { KubeObject } from "../model/object.ts";

/** N-21: Endpoints whose Service has a selector are written by its controller; who declares them, too, hears of it. */
export function overwrittenEndpoints(objects: readonly KubeObject[]): ReadonlySet<KubeObject> {
  const services = new Set(objects.filter(selects).map(placeOf));
  return new Set(
    objects.filter((object) => isCore(object, "Endpoints") && services.has(placeOf(object))),
  );
}

function selects(object: KubeObject): boolean {
  if (!isCore(object, "Service") || !isJsonObject(object["spec"])) return false;
  const { selector } = object["spec"];
  return isJsonObject(selector) && Object.keys(selector).length > 0;
}

function isCore({ apiVersion, kind }: KubeObject, name: string): boolean {
  return apiVersion === "v1" && kind === name;
}

function placeOf({ metadata: { namespace = "", name } }: KubeObject): string {
  return `${namespace}/${name}`;
}
