import type { AppDocument, ClusterDocument } from "../config/document.ts";
import { dependencyCycles } from "../model/cycles.ts";
import type { Hasher } from "../model/digest.ts";
import { fileNameOf, folderOf } from "../model/paths.ts";
import type { Parsed, Problem } from "../model/problem.ts";
import type { ClusterTarget, Unit } from "../model/unit.ts";
import { appSettings } from "./app-settings.ts";
import { changeIdOf } from "./change-id.ts";
import type { Fleet } from "./fleet.ts";
import { failingTerm } from "./selector.ts";
import { makeUnit } from "./unit.ts";

/** An app that cannot be a unit here. It declares its whole inventory (4.5-1): nothing of it counts as removed. */
export interface BrokenApp {
  /** Its name; the folder's where the document does not even tell its name, see `isNamed`. */
  readonly app: string;
  /** False: the document is too broken to know the name, so any app may be this one. */
  readonly isNamed: boolean;
  readonly file: string;
  readonly problems: readonly Problem[];
}

export interface UnselectedApp {
  readonly app: string;
  readonly file: string;
  /** The first selector term that fails, with what the cluster has. */
  readonly why: string;
}

/** What one cluster should run, from one fleet. */
export interface Selection {
  /** Absent when no valid document names this cluster. */
  readonly cluster?: ClusterTarget;
  /** What is wrong with this cluster's own documents; empty when it is simply not named. */
  readonly clusterProblems: readonly Problem[];
  /** A tombstone: nothing is ever applied here again. */
  readonly isRemoved: boolean;
  /** Names of all clusters, for the message when this one is not among them. */
  readonly known: readonly string[];
  readonly units: readonly Unit[];
  readonly broken: readonly BrokenApp[];
  readonly unselected: readonly UnselectedApp[];
  /** No document has a problem: only then may an app that is not named here count as removed (P-70). */
  readonly isComplete: boolean;
}

/** Which apps run on a cluster, with overrides, expressions and defaults worked in. Problems of one app stay with it. */
export function selectUnits(fleet: Fleet, clusterName: string, hasher: Hasher): Selection {
  const document = fleet.clusters.get(clusterName);
  const clusterProblems = fleet.broken
    .filter(({ kind, name }) => kind === "Cluster" && name === clusterName)
    .flatMap(({ problems }) => problems);
  const known = [...fleet.clusters.keys()].sort();
  const isComplete = fleet.problems.length === 0;
  const base = { clusterProblems, known, isComplete, broken: brokenDocuments(fleet) };
  if (document === undefined) return { ...base, isRemoved: false, units: [], unselected: [] };
  const cluster = targetOf(document);
  if (document.spec.removed !== undefined) {
    return { ...base, cluster, isRemoved: true, units: [], unselected: [] };
  }
  const { units, broken, unselected } = sortApps(fleet, document, hasher);
  return {
    ...base,
    cluster,
    isRemoved: false,
    units,
    unselected,
    broken: [...base.broken, ...broken],
  };
}

/** The label that names the environment, for metrics; `""` where the cluster has none. */
export function environmentOf(cluster: ClusterTarget, fleet: Fleet): string {
  const label = fleet.environmentLabel;
  return Object.hasOwn(cluster.labels, label) ? (cluster.labels[label] ?? "") : "";
}

function brokenDocuments(fleet: Fleet): readonly BrokenApp[] {
  return fleet.broken
    .filter(({ kind }) => kind === "App")
    .map(({ name, file, problems }) => ({
      app: name ?? fileNameOf(folderOf(file)),
      isNamed: name !== undefined,
      file,
      problems,
    }));
}

function targetOf({ name, labels, spec }: ClusterDocument): ClusterTarget {
  return {
    name,
    labels,
    values: spec.values ?? {},
    ...(spec.uid === undefined ? {} : { uid: spec.uid }),
    ...(spec.kubernetes === undefined ? {} : { kubernetes: spec.kubernetes }),
    ...(spec.suspend === undefined ? {} : { suspend: spec.suspend }),
  };
}

type Sorted = Pick<Selection, "units" | "broken" | "unselected">;

function sortApps(fleet: Fleet, cluster: ClusterDocument, hasher: Hasher): Sorted {
  const units: Unit[] = [];
  const broken: BrokenApp[] = [];
  const unselected: UnselectedApp[] = [];
  const apps = [...fleet.apps.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const app of apps) {
    const why = failingTerm(app.spec.clusters, cluster.labels);
    if (why !== undefined) {
      unselected.push({ app: app.name, file: app.file, why });
      continue;
    }
    const unit = unitOf(app, cluster, { fleet, hasher });
    if (unit.ok) units.push(unit.value);
    else broken.push(brokenApp(app, unit.problems));
  }
  const circular = cyclesIn(units, fleet);
  return {
    units: units.filter(({ app }) => !circular.some((item) => item.app === app)),
    broken: [...broken, ...circular],
    unselected,
  };
}

function unitOf(
  app: AppDocument,
  cluster: ClusterDocument,
  { fleet, hasher }: { readonly fleet: Fleet; readonly hasher: Hasher },
): Parsed<Unit> {
  const settings = appSettings(app, cluster, fleet);
  if (!settings.ok) return settings;
  const { rollout } = settings.value;
  if (rollout !== undefined && !fleet.rollouts.has(rollout)) {
    // Without its gates an app must not go out at once.
    const known = [...fleet.rollouts.keys()].join(", ") || "none";
    const message = `there is no valid Rollout "${rollout}"; there are: ${known}`;
    return { ok: false, problems: [problemIn(app, "rollout", message)] };
  }
  const changeId = changeIdOf(app, fleet, hasher);
  return makeUnit(settings.value, { app, cluster: targetOf(cluster), fleet, changeId });
}

function problemIn(
  { file, line, positionOf }: AppDocument,
  field: string,
  message: string,
): Problem {
  const position = positionOf(`/spec/${field}`) ?? { line };
  return { reason: "ConfigInvalid", file, ...position, field: `spec.${field}`, message };
}

function brokenApp({ name, file }: AppDocument, problems: readonly Problem[]): BrokenApp {
  return { app: name, isNamed: true, file, problems };
}

function cyclesIn(units: readonly Unit[], fleet: Fleet): readonly BrokenApp[] {
  const cycles = dependencyCycles(new Map(units.map(({ app, dependsOn }) => [app, dependsOn])));
  return [...cycles].flatMap(([name, path]) => {
    const app = fleet.apps.get(name);
    const message = `apps wait for each other: ${path.join(" → ")}`;
    return app === undefined ? [] : [brokenApp(app, [problemIn(app, "dependsOn", message)])];
  });
}
