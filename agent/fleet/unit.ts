import type { AppDocument } from "../config/document.ts";
import { durationMs, share } from "../config/text.ts";
import { folderOf, isInside, joinPath } from "../model/paths.ts";
import type { Parsed, Problem } from "../model/problem.ts";
import type { ChartRef, ClusterTarget, IgnoreRule, Renderer, Unit } from "../model/unit.ts";
import type { AppSettings } from "./app-settings.ts";
import type { Fleet } from "./fleet.ts";

/** Fields that controllers own by design; a fleet's `defaults.drift.ignore` replaces them. */
const shippedIgnore: readonly IgnoreRule[] = [
  {
    kind: "*",
    fields: [],
    managers: [
      "kube-controller-manager:scale",
      "keda",
      "keda:scale",
      "flagger",
      "cainjector",
      "cert-manager-cainjector",
      "vpa-updater",
      "vpa-admission-controller",
    ],
  },
];

const figures = { healthTimeout: "5m", holdUntilMax: "4h", pruneMax: "20%" } as const;

export interface UnitInput {
  readonly app: AppDocument;
  readonly cluster: ClusterTarget;
  readonly fleet: Fleet;
  readonly changeId: string;
}

/** Settings of an app on one cluster, with everything that is not said filled in. */
export function makeUnit(settings: AppSettings, input: UnitInput): Parsed<Unit> {
  const { app, fleet } = input;
  const folder = folderOf(app.file);
  const shared = (fleet.document.spec.shared ?? []).map((path) => joinPath(".", path) ?? path);
  const path = joinPath(folder, settings.path ?? ".");
  const isReadable = path !== undefined && [folder, ...shared].some((root) => isInside(path, root));
  const renderer = rendererOf(settings, app.name);
  const problems: Problem[] = [];
  if (!isReadable) {
    const message = `${settings.path} lies outside of ${folder} and of the shared folders (${shared.join(", ") || "none"})`;
    problems.push(problemIn(app, "path", message));
  }
  if (!renderer.ok) problems.push(problemIn(app, "render", renderer.message));
  if (path === undefined || !renderer.ok || problems.length > 0) return { ok: false, problems };
  const places = { folder, path, shared, renderer: renderer.value };
  return {
    ok: true,
    value: { ...places, ...fixedParts(settings, input), ...behaviour(settings, fleet) },
  };
}

function problemIn({ file, positionOf }: AppDocument, field: string, message: string): Problem {
  return {
    reason: "ConfigInvalid",
    file,
    ...positionOf(`/spec/${field}`),
    field: `spec.${field}`,
    message,
  };
}

function fixedParts(settings: AppSettings, { app, cluster, fleet, changeId }: UnitInput) {
  const { rollout, serviceAccount } = settings;
  return {
    app: app.name,
    cluster,
    file: app.file,
    namespace: settings.namespace,
    changeId,
    values: settings.values ?? {},
    dependsOn: settings.dependsOn ?? [],
    protect: [...(fleet.document.spec.protect ?? []), ...(settings.protect ?? [])],
    ...(rollout === undefined ? {} : { rollout }),
    ...(app.spec.owner === undefined ? {} : { owner: ownerOf(app.spec.owner) }),
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
  };
}

function ownerOf({ team, contact }: { readonly team?: string; readonly contact?: string }) {
  return { ...(team === undefined ? {} : { team }), ...(contact === undefined ? {} : { contact }) };
}

function behaviour(settings: AppSettings, fleet: Fleet) {
  const { mode = "enforce", onFailure = "keep", onRemove = "hold" } = settings;
  return {
    mode,
    onFailure,
    onRemove,
    prune: pruneOf(settings.prune),
    drift: driftOf(settings.drift, fleet),
    health: healthOf(settings.health, fleet),
    holdUntilMaxMs: milliseconds(fleet.document.spec.holdUntilMax ?? figures.holdUntilMax),
  };
}

function pruneOf({ enabled = true, max, accept }: NonNullable<AppSettings["prune"]> = {}) {
  const maxShare = share(max ?? figures.pruneMax) ?? 0;
  return { enabled, maxShare, ...(accept === undefined ? {} : { accept }) };
}

function driftOf(
  { mode = "heal", grace = "0s", ignore = [] }: NonNullable<AppSettings["drift"]> = {},
  fleet: Fleet,
) {
  const shipped = fleet.document.spec.defaults?.drift?.ignore?.map(ignoreRule) ?? shippedIgnore;
  // An app's own rules come on top: naming one must not take away those that keep autoscalers working.
  return { mode, graceMs: milliseconds(grace), ignore: [...ignore.map(ignoreRule), ...shipped] };
}

function healthOf({ timeout, rules = [] }: NonNullable<AppSettings["health"]> = {}, fleet: Fleet) {
  const fleetRules = fleet.document.spec.defaults?.health?.rules ?? [];
  const timeoutMs = milliseconds(timeout ?? figures.healthTimeout);
  return { timeoutMs, rules: [...rules, ...fleetRules] };
}

type WrittenIgnore = NonNullable<NonNullable<AppSettings["drift"]>["ignore"]>[number];

function ignoreRule({ fields = [], managers = [], ...rest }: WrittenIgnore): IgnoreRule {
  return { ...rest, fields, managers };
}

function milliseconds(text: string): number {
  return durationMs(text) ?? 0;
}

type RendererResult =
  | { readonly ok: true; readonly value: Renderer }
  | { readonly ok: false; readonly message: string };

function rendererOf({ render = {}, version }: AppSettings, app: string): RendererResult {
  if (render.plain !== undefined) return { ok: true, value: { kind: "plain" } };
  if (render.kustomize !== undefined) return { ok: true, value: { kind: "kustomize" } };
  if (render.helm === undefined) return { ok: true, value: { kind: "auto" } };
  const { chart = ".", releaseName = app, valuesFiles = [] } = render.helm;
  const ref = chartOf(chart, version);
  if (typeof ref === "string") return { ok: false, message: ref };
  return { ok: true, value: { kind: "helm", chart: ref, releaseName, valuesFiles } };
}

type WrittenChart = NonNullable<NonNullable<NonNullable<AppSettings["render"]>["helm"]>["chart"]>;

/** The chart, or what is wrong with how it is written. */
function chartOf(chart: WrittenChart, override: string | undefined): ChartRef | string {
  if (typeof chart === "string") return { from: "path", path: chart };
  const { oci, repository, name } = chart;
  const version = override ?? chart.version;
  if (version === undefined) return "a remote chart needs a version";
  if (oci !== undefined && repository === undefined && name === undefined) {
    return { from: "oci", url: oci, version };
  }
  if (oci === undefined && repository !== undefined && name !== undefined) {
    return { from: "repository", url: repository, name, version };
  }
  return "a remote chart is either oci and version, or repository, name and version";
}
