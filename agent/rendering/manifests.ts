import type { Discovery } from "../cluster/client.ts";
import type { Commit, Files, Tree } from "../model/artifact.ts";
import type { Desired } from "../model/change.ts";
import type { Hasher } from "../model/digest.ts";
import type { GroupKind } from "../model/object.ts";
import { isInside } from "../model/paths.ts";
import type { Parsed, Problem } from "../model/problem.ts";
import { ReconcileError } from "../model/reason.ts";
import type { Unit } from "../model/unit.ts";
import type { RendererKind } from "../render/from-tool.ts";
import type { RenderWarning, Scope } from "../render/normalize.ts";
import { render, renderInput } from "../render/render.ts";
import type { Capabilities, RenderedText, RenderTools } from "../render/tool.ts";
import { normalizeRender } from "../render/unstable.ts";
import type { ConfigSource } from "../source/source.ts";
import { capabilitiesOf } from "./capabilities.ts";

/** Exactly what one unit should be at one commit: complete, or it is a list of problems instead (P4). */
export interface Manifests {
  /** As it was at that commit: it goes on counting while a newer one is broken. */
  readonly unit: Unit;
  readonly commit: Commit;
  readonly renderer: RendererKind;
  readonly desired: readonly Desired[];
  /** Run around a change, once each; no ordinary objects (O-18). */
  readonly hooks: readonly Desired[];
  /** Declared, hence never pruned, but too large to send. */
  readonly unsendable: readonly { readonly desired: Desired; readonly problem: Problem }[];
  readonly digest: string;
  readonly warnings: readonly RenderWarning[];
  /** Files below the path that are no manifests. */
  readonly ignored: readonly string[];
  /** Kinds that discovery did not know: their scope was a guess. */
  readonly unknownKinds: readonly GroupKind[];
  /** Rendered before, from the same input. */
  readonly isCached?: true;
}

/** Everything the render declares, also what cannot be sent. */
export function declaredIn({ desired, unsendable }: Manifests): readonly Desired[] {
  return [...desired, ...unsendable.map((each) => each.desired)];
}

/** Everything one render is a function of, as plain data: it may run in another thread. */
export interface RenderJob {
  readonly unit: Unit;
  readonly commit: Commit;
  /** What the unit may read. */
  readonly tree: Tree;
  readonly files: Files;
  /** By `group/Kind`. */
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly ignored: readonly string[];
  readonly installation: string;
  readonly agentNamespace: string;
  /** What this cluster serves, for charts that ask. */
  readonly capabilities?: Capabilities;
  /** What helm or kustomize printed, when it ran already. */
  readonly texts?: readonly RenderedText[];
}

/** Runs a job, here or in a worker; what it cannot finish is a problem, too. */
export type RunRender = (job: RenderJob, signal: AbortSignal) => Promise<Parsed<Manifests>>;

export interface ManifestSource {
  readonly source: ConfigSource;
  readonly run: RunRender;
  readonly discovery: Discovery;
  readonly installation: string;
  readonly agentNamespace: string;
}

export interface At {
  readonly unit: Unit;
  readonly commit: Commit;
  readonly tree: Tree;
}

/** From a unit at a commit to its objects: read, render, normalise. Problems of the app are values; of Git they are thrown. */
export async function readManifests(
  from: ManifestSource,
  { unit, commit, tree }: At,
  signal: AbortSignal,
): Promise<Parsed<Manifests>> {
  const input = renderInput(unit, tree);
  if (!input.ok) return input;
  const { paths, ignored } = input.value;
  const files = await readFiles(from.source, { unit, commit, paths }, signal);
  if (!files.ok) return files;
  const { discovery, installation, agentNamespace } = from;
  const scopes = scopesOf(discovery);
  const own = ownTree(unit, tree);
  const job = {
    unit,
    commit,
    tree: own,
    files: files.value,
    scopes,
    ignored,
    installation,
    agentNamespace,
    capabilities: capabilitiesOf(discovery),
  };
  return from.run(job, signal);
}

interface Wanted {
  readonly unit: Unit;
  readonly commit: Commit;
  readonly paths: readonly string[];
}

/** A file that is too large, or that the store refuses, is trouble of the app that needs it, and of no other (P9). */
async function readFiles(
  source: ConfigSource,
  { unit, commit, paths }: Wanted,
  signal: AbortSignal,
): Promise<Parsed<Files>> {
  try {
    return { ok: true, value: await source.read(commit.id, paths, signal) };
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    const { file } = unit;
    return { ok: false, problems: [{ reason: "RenderFailed", message: error.message, file }] };
  }
}

/** The job itself; pure but for the tools, which are children behind a port. */
export async function runRender(
  job: RenderJob,
  { hasher, tools }: { readonly hasher: Hasher; readonly tools: RenderTools },
  signal: AbortSignal,
): Promise<Parsed<Manifests>> {
  const { unit, commit, tree, files, installation, agentNamespace, ignored } = job;
  const { capabilities, texts } = job;
  const rendered = await render(unit, files, {
    tree,
    tools,
    signal,
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(texts === undefined ? {} : { texts }),
  });
  if (!rendered.ok) return rendered;
  const { renderer, warnings: said } = rendered.value;
  const scopeOf = ({ group, kind }: GroupKind) => job.scopes.get(`${group}/${kind}`);
  const context = { unit, installation, agentNamespace, scopeOf, hasher };
  const normal = normalizeRender(rendered.value, context);
  if (normal.problems.length > 0) return { ok: false, problems: normal.problems };
  const { desired, hooks, unsendable, digest } = normal;
  const warnings = [...said, ...normal.warnings];
  const kinds = [...desired, ...hooks].map(({ ref }) => ref);
  const unknownKinds = kinds.filter((kind) => scopeOf(kind) === undefined);
  const value = { unit, commit, renderer, desired, hooks, unsendable, digest, warnings, ignored };
  return { ok: true, value: { ...value, unknownKinds } };
}

function ownTree({ folder, shared }: Unit, tree: Tree): Tree {
  const roots = [folder, ...shared];
  return new Map([...tree].filter(([path]) => roots.some((root) => isInside(path, root))));
}

const scopesCache = new WeakMap<Discovery, ReadonlyMap<string, Scope>>();

/** Once per answer of the API server, not per unit. */
function scopesOf(discovery: Discovery): ReadonlyMap<string, Scope> {
  const known = scopesCache.get(discovery);
  if (known !== undefined) return known;
  const scopes = new Map(
    [...discovery.kinds.values()].map(({ group, kind, namespaced }) => {
      const scope: Scope = namespaced ? "namespaced" : "cluster";
      return [`${group}/${kind}`, scope] as const;
    }),
  );
  scopesCache.set(discovery, scopes);
  return scopes;
}

/** A unit that Git no longer has: complete, and nothing of it is declared (P-72, P-73). */
export function emptyManifests(unit: Unit, commit: Commit): Manifests {
  return {
    unit,
    commit,
    renderer: "plain",
    desired: [],
    hooks: [],
    unsendable: [],
    digest: "",
    warnings: [],
    ignored: [],
    unknownKinds: [],
  };
}
