import type { Versions } from "../apply/updater.ts";
import { isMap } from "../json.ts";
import { emptySet, type FieldSet, setOf } from "../typed/field-set.ts";
import { builtinResources } from "./builtin.ts";
import { apiVersionAt, type Resource, resourceId, type Served } from "./resource.ts";

/** Everything that is served now: built-in kinds and those of Established CRDs. */
export class Registry {
  readonly #builtin: readonly Resource[] = builtinResources();
  readonly #custom = new Map<string, Resource>();

  all(): readonly Resource[] {
    return [...this.#builtin, ...this.#custom.values()];
  }

  find(group: string, version: string, plural: string): Served | undefined {
    const resource = this.byId(`${group}/${plural}`);
    const at = resource?.versions.find((candidate) => candidate.version === version);
    return resource === undefined || at === undefined ? undefined : { resource, version: at };
  }

  byId(id: string): Resource | undefined {
    return this.#custom.get(id) ?? this.#builtin.find((resource) => resourceId(resource) === id);
  }

  byKind(group: string, kind: string): Resource | undefined {
    return this.all().find((resource) => resource.group === group && resource.kind === kind);
  }

  /** Groups in discovery's order, custom ones last. */
  groups(): string[] {
    return [...new Set(this.all().map(({ group }) => group))];
  }

  setCustom(name: string, resource: Resource | undefined): void {
    for (const [id, { plural, group }] of this.#custom) {
      if (`${plural}.${group}` === name) this.#custom.delete(id);
    }
    if (resource !== undefined) this.#custom.set(resourceId(resource), resource);
  }
}

/** The versions of a kind as server-side apply asks for them. */
export function versionsOf(resource: Resource, subresource: string): Versions {
  return {
    ignored: ignoredBy(resource, subresource),
    at: (apiVersion) => {
      const version = resource.versions.find(
        (candidate) => apiVersionAt({ resource, version: candidate }) === apiVersion,
      );
      if (version === undefined) return undefined;
      return {
        schema: version.schema,
        convert: (object) => (isMap(object) ? { ...object, apiVersion } : object),
      };
    },
  };
}

function ignoredBy(resource: Resource, subresource: string): FieldSet {
  if (subresource === "status") {
    return resource.builtin
      ? setOf(["f:spec"], ["f:metadata", "f:labels"])
      : setOf(["f:spec"], ["f:metadata"]);
  }
  return resource.hasStatus && subresource === "" ? setOf(["f:status"]) : emptySet;
}
