import type {
  AppDocument,
  ApprovalDocument,
  ClusterDocument,
  Document,
  FleetDocument,
  RolloutDocument,
} from "../config/document.ts";
import { type BrokenDocument, parseDocuments } from "../config/parse.ts";
import type { Files, Tree } from "../model/artifact.ts";
import { type Parsed, type Problem, placeOf } from "../model/problem.ts";
import { appFileName, fleetFileName, type Layout, layoutOf, parseFleetFile } from "./documents.ts";

/** The config repository as read at one commit. A document with problems is missing in the maps and stands in `broken`. */
export interface Fleet {
  readonly document: FleetDocument;
  /** The cluster label that names the environment. */
  readonly environmentLabel: string;
  readonly tree: Tree;
  readonly clusters: ReadonlyMap<string, ClusterDocument>;
  readonly apps: ReadonlyMap<string, AppDocument>;
  readonly rollouts: ReadonlyMap<string, RolloutDocument>;
  readonly approvals: readonly ApprovalDocument[];
  readonly broken: readonly BrokenDocument[];
  /** Everything that is wrong, those of `broken` among them. */
  readonly problems: readonly Problem[];
}

/**
 * Paths of the documents to read below the root of the configuration: `fleet.yaml` and, once its bytes are given, what lies
 * below its folders. So it is called twice.
 */
export function documentPaths(
  tree: Tree,
  fleetFile: Uint8Array | undefined,
): Parsed<readonly string[]> {
  if (fleetFile === undefined && tree.has(fleetFileName))
    return { ok: true, value: [fleetFileName] };
  const fleet = parseFleetFile(fleetFile);
  if (!fleet.ok) return fleet;
  const { apps, others } = layoutOf(tree, fleet.value);
  return { ok: true, value: [fleetFileName, ...apps, ...others] };
}

/** Not ok: fleet.yaml itself is missing or invalid, and the caller keeps its last good fleet (R26). */
export function parseFleet(tree: Tree, files: Files): Parsed<Fleet> {
  const fleet = parseFleetFile(files.get(fleetFileName));
  if (!fleet.ok) return fleet;
  const layout = layoutOf(tree, fleet.value);
  const read = readAll(layout, files);
  const apps = unique(read.documents.filter((document) => document.kind === "App"));
  const clusters = unique(read.documents.filter((document) => document.kind === "Cluster"));
  const rollouts = unique(read.documents.filter((document) => document.kind === "Rollout"));
  const broken = [...read.broken, ...apps.broken, ...clusters.broken, ...rollouts.broken];
  return {
    ok: true,
    value: {
      document: fleet.value,
      environmentLabel: fleet.value.spec.environmentLabel ?? "env",
      tree,
      clusters: clusters.byName,
      apps: apps.byName,
      rollouts: rollouts.byName,
      approvals: read.documents.filter((document) => document.kind === "Approval"),
      broken,
      problems: [...layout.problems, ...broken.flatMap((item) => item.problems)],
    },
  };
}

interface Read {
  readonly documents: readonly Document[];
  readonly broken: readonly BrokenDocument[];
}

function readAll(layout: Layout, files: Files): Read {
  const apps = layout.apps.map((path) => readApp(path, files, layout.nested.get(path)));
  const others = layout.others.map((path) => readOther(path, files));
  const read = [...apps, ...others];
  return {
    documents: read.flatMap((item) => item.documents),
    broken: read.flatMap((item) => item.broken),
  };
}

function readFile(path: string, files: Files): Read {
  const bytes = files.get(path);
  if (bytes !== undefined) return parseDocuments(path, bytes);
  return {
    documents: [],
    broken: [brokenFile({ file: path, message: "the file could not be read" })],
  };
}

/** An app file holds one App and nothing else; a second app below it makes both unusable. */
function readApp(path: string, files: Files, nested: string | undefined): Read {
  const { documents, broken } = readFile(path, files);
  const [app] = documents;
  const named = { kind: "App", ...(app === undefined ? {} : { name: app.name }) } as const;
  if (broken.length > 0) {
    const problems = broken.flatMap((item) => item.problems);
    return {
      documents: [],
      broken: [{ ...named, ...broken[0], kind: "App", file: path, problems }],
    };
  }
  const message = appFileFault(documents, nested);
  if (message === undefined) return { documents, broken };
  return { documents: [], broken: [{ ...named, ...brokenFile({ file: path, message }) }] };
}

function appFileFault(
  documents: readonly Document[],
  nested: string | undefined,
): string | undefined {
  if (nested !== undefined) {
    return `apps cannot lie in each other: ${nested} is in the same folder or above or below`;
  }
  const others = documents.filter(({ kind }) => kind !== "App");
  if (others.length > 0) return `${appFileName} holds one App; here is a ${others[0]?.kind}`;
  return documents.length === 1
    ? undefined
    : `${appFileName} holds one App; here are ${documents.length}`;
}

function readOther(path: string, files: Files): Read {
  const { documents, broken } = readFile(path, files);
  const wrong = documents.filter(({ kind }) => kind === "App" || kind === "Fleet");
  return {
    documents: documents.filter((document) => !wrong.includes(document)),
    broken: [...broken, ...wrong.map(misplaced)],
  };
}

function misplaced({ kind, name, file, line }: Document): BrokenDocument {
  const place = kind === "App" ? `a file named ${appFileName} beside its manifests` : fleetFileName;
  return {
    kind,
    name,
    ...brokenFile({ file, line, message: `the ${kind} ${name} belongs into ${place}` }),
  };
}

function brokenFile(problem: Omit<Problem, "reason"> & { readonly file: string }): BrokenDocument {
  return { file: problem.file, problems: [{ reason: "ConfigInvalid", ...problem }] };
}

/** Documents by name; those that share one are all refused, each naming the others' places (R28). */
function unique<D extends Document>(
  documents: readonly D[],
): { readonly byName: ReadonlyMap<string, D>; readonly broken: readonly BrokenDocument[] } {
  const groups = Map.groupBy(documents, ({ name }) => name);
  const broken: BrokenDocument[] = [];
  const byName = new Map<string, D>();
  for (const [name, same] of groups) {
    const [only] = same;
    if (same.length === 1 && only !== undefined) byName.set(name, only);
    else broken.push(...same.map((document) => twin(document, same)));
  }
  return { byName, broken };
}

function twin(document: Document, same: readonly Document[]): BrokenDocument {
  const { kind, name, file, line } = document;
  const others = same.filter((other) => other !== document).map(placeOf);
  const message = `two documents are the ${kind} "${name}"; the other is ${others.join(", ")}`;
  return { kind, name, ...brokenFile({ file, line, field: "metadata.name", message }) };
}
