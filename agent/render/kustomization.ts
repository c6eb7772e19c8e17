import type { Files } from "../model/artifact.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { Parsed, Problem } from "../model/problem.ts";
import type { Unit } from "../model/unit.ts";
import { kustomizationNames } from "./files.ts";
import { chartsIn, type Ref, refsOf } from "./kustomization-refs.ts";
import { type Reached, type Reading, reach, readingOf } from "./reach.ts";
import { parseYaml, type YamlDocument } from "./yaml.ts";

/** What a kustomization is made of, all of it inside what the unit may read. */
export interface Kustomization {
  readonly file: string;
  /** Files of objects, of all bases and components. */
  readonly resources: readonly string[];
}

/** Far more than anybody layers; a circle ends by itself. */
const maxFolders = 500;

/**
 * Reads a kustomization and all that it builds on, before kustomize is started: a remote base, an inflated chart or a path
 * that leaves the unit never reaches the tool (R15, NEG-01).
 */
export function readKustomization(unit: Unit, files: Files): Parsed<Kustomization> {
  const walk: Walk = {
    reading: readingOf(unit, files),
    open: [unit.path],
    seen: new Set([unit.path]),
    resources: [],
    problems: [],
  };
  for (let folder = walk.open.pop(); folder !== undefined; folder = walk.open.pop()) {
    if (walk.seen.size > maxFolders) return tooMany(unit);
    readFolder(walk, folder);
  }
  if (walk.problems.length > 0) return { ok: false, problems: walk.problems };
  const file = kustomizationIn(unit.path, files) ?? unit.path;
  return { ok: true, value: { file, resources: walk.resources } };
}

interface Walk {
  readonly reading: Reading;
  readonly open: string[];
  readonly seen: Set<string>;
  readonly resources: string[];
  readonly problems: Problem[];
}

function tooMany({ file }: Unit): Parsed<never> {
  const message = `the kustomization builds on more than ${maxFolders} folders`;
  return { ok: false, problems: [{ reason: "RenderLimit", file, message }] };
}

function kustomizationIn(folder: string, files: Files): string | undefined {
  const paths = kustomizationNames.map((name) => (folder === "." ? name : `${folder}/${name}`));
  return paths.find((path) => files.has(path));
}

function readFolder(walk: Walk, folder: string): void {
  const { files } = walk.reading;
  const file = kustomizationIn(folder, files);
  const bytes = file === undefined ? undefined : files.get(file);
  if (file === undefined || bytes === undefined) {
    const message = "this folder has no kustomization.yaml";
    walk.problems.push({ reason: "RenderFailed", file: folder, message });
    return;
  }
  const parsed = parseYaml(bytes, { file });
  if (!parsed.ok) {
    walk.problems.push(...parsed.problems);
    return;
  }
  for (const document of parsed.value) {
    if (!isJsonObject(document.value)) continue;
    readDocument(walk, { folder, file, document, value: document.value });
  }
}

interface Written {
  readonly folder: string;
  readonly file: string;
  readonly document: YamlDocument;
  readonly value: JsonObject;
}

function readDocument(walk: Walk, written: Written): void {
  walk.problems.push(...chartsIn(written.value).map((pointer) => inflated(written, pointer)));
  for (const ref of refsOf(written.value)) {
    if (!ref.isInline) take(walk, written, ref);
    else if (ref.text.includes("HelmChartInflationGenerator")) {
      walk.problems.push(inflated(written, ref.pointer));
    }
  }
}

function take(walk: Walk, written: Written, ref: Ref): void {
  const reached = reach(ref.text, written.folder, walk.reading);
  if (reached.kind === "file") {
    if (ref.holds === "objects") walk.resources.push(reached.path);
    return;
  }
  if (reached.kind === "folder" && ref.holds !== "data") {
    if (walk.seen.has(reached.path)) return;
    walk.seen.add(reached.path);
    walk.open.push(reached.path);
    return;
  }
  walk.problems.push(refusal(written, ref, reached));
}

function refusal(written: Written, { text, pointer }: Ref, reached: Reached): Problem {
  const at = placeOf(written, pointer);
  if (reached.kind === "remote") {
    const message = `${text} is remote, and this agent may not download it`;
    return { ...at, reason: "RemoteRefused", message, next: remoteNext(text) };
  }
  const why = reached.kind === "outside" ? reached.why : "is a folder, where a file is needed";
  return { ...at, reason: "RenderFailed", message: `${text} ${why}` };
}

function inflated(written: Written, pointer: string): Problem {
  return {
    ...placeOf(written, pointer),
    reason: "RemoteRefused",
    message: "a chart inside a kustomization is not inflated",
    next: "make the chart an app of its own (render.helm), or put its rendered objects there",
  };
}

/** Downloads are asked for by the `remotes` setting; vendoring needs none. */
export function remoteNext(address: string): string {
  return `put a copy into the repository, or, operator: allow it with --remotes=${address} once this agent downloads`;
}

function placeOf({ file, document }: Written, pointer: string) {
  const position = document.positionOf(pointer) ?? { line: document.line };
  return { file, ...position, field: pointer.slice(1).replaceAll("/", ".") };
}
