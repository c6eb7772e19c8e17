import { isJsonObject, type JsonObject } from "../model/json.ts";

/** One place in a kustomization that names something else. */
export interface Ref {
  readonly text: string;
  /** JSON pointer. */
  readonly pointer: string;
  /** What lies there: objects (a file, or a folder with a kustomization), configuration of kustomize, or data of any form. */
  readonly holds: "objects" | "configuration" | "data";
  /** It is the YAML itself, not a path. */
  readonly isInline: boolean;
}

/** Lists of paths at the top of a kustomization. */
const lists: Readonly<Record<string, Ref["holds"]>> = {
  resources: "objects",
  bases: "objects",
  components: "objects",
  generators: "configuration",
  transformers: "configuration",
  validators: "configuration",
  crds: "data",
  configurations: "data",
  patchesStrategicMerge: "data",
  patches: "data",
};

/** Every path, address or inline document in a kustomization. What a field's type forbids is kustomize's to refuse. */
export function refsOf(kustomization: JsonObject): readonly Ref[] {
  const root = { value: kustomization, pointer: "" };
  const named = Object.entries(lists).flatMap(([key, holds]) =>
    itemsAt(root, key).flatMap((item) => refAt(item, holds)),
  );
  const paths = ["patches", "patchesJson6902", "replacements"]
    .flatMap((key) => itemsAt(root, key))
    .flatMap((item) => fieldsAt(item, "path"));
  const openapi = fieldsAt(root, "openapi").flatMap((item) => fieldsAt(item, "path"));
  const generated = ["configMapGenerator", "secretGenerator"]
    .flatMap((key) => itemsAt(root, key))
    .flatMap(generatorData);
  return [...named, ...[...paths, ...openapi, ...generated].flatMap((item) => refAt(item, "data"))];
}

/** The fields of a kustomization that inflate charts. */
export function chartsIn(kustomization: JsonObject): readonly string[] {
  const root = { value: kustomization, pointer: "" };
  return ["helmCharts", "helmChartInflationGenerator"]
    .flatMap((key) => fieldsAt(root, key))
    .map(({ pointer }) => pointer);
}

interface Place {
  readonly value: unknown;
  readonly pointer: string;
}

/** Go reads field names whatever their case, so two spellings of one field both count. */
function fieldsAt({ value, pointer }: Place, key: string): readonly Place[] {
  if (!isJsonObject(value)) return [];
  return Object.keys(value)
    .filter((name) => name.toLowerCase() === key.toLowerCase())
    .map((name) => ({ value: value[name], pointer: `${pointer}/${name}` }));
}

function itemsAt(place: Place, key: string): readonly Place[] {
  return fieldsAt(place, key).flatMap(({ value, pointer }) =>
    Array.isArray(value)
      ? value.map((item: unknown, index) => ({ value: item, pointer: `${pointer}/${index}` }))
      : [],
  );
}

function generatorData(generator: Place): readonly Place[] {
  const files = itemsAt(generator, "files").map(({ value, pointer }) => ({
    // `key=path`, or a path alone.
    value: typeof value === "string" ? value.slice(value.indexOf("=") + 1) : value,
    pointer,
  }));
  return [...files, ...itemsAt(generator, "envs"), ...fieldsAt(generator, "env")];
}

function refAt({ value, pointer }: Place, holds: Ref["holds"]): readonly Ref[] {
  if (typeof value !== "string" || value === "") return [];
  return [{ text: value, pointer, holds, isInline: /\n|^\s*\{/.test(value) }];
}
