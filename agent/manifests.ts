import { type Discovery, servedKind } from "./cluster/client.ts";
import type { Commit, Tree } from "./model/artifact.ts";
import type { Desired } from "./model/change.ts";
import type { Hasher } from "./model/digest.ts";
import type { GroupKind } from "./model/object.ts";
import type { Parsed, Problem } from "./model/problem.ts";
import type { Unit } from "./model/unit.ts";
import { normalize, type RenderWarning, type Scope } from "./render/normalize.ts";
import { type RendererKind, render, renderInput } from "./render/render.ts";
import type { RenderTools } from "./render/tool.ts";
import type { ConfigSource } from "./source/source.ts";

/** Exactly what one unit should be at one commit: complete, or it is a list of problems instead (P4). */
export interface Manifests {
  /** As it was at that commit: it goes on counting while a newer one is broken. */
  readonly unit: Unit;
  readonly commit: Commit;
  readonly renderer: RendererKind;
  readonly desired: readonly Desired[];
  /** Declared, hence never pruned, but too large to send. */
  readonly unsendable: readonly { readonly desired: Desired; readonly problem: Problem }[];
  readonly digest: string;
  readonly warnings: readonly RenderWarning[];
  /** Files below the path that are no manifests. */
  readonly ignored: readonly string[];
  /** Kinds that discovery did not know: their scope was a guess. */
  readonly unknownKinds: readonly GroupKind[];
}

export interface ManifestSource {
  readonly source: ConfigSource;
  readonly tools: RenderTools;
  readonly discovery: Discovery;
  readonly installation: string;
  readonly agentNamespace: string;
  readonly hasher: Hasher;
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
  const files = await from.source.read(commit.id, input.value.paths, signal);
  const rendered = await render(unit, files, { tree, tools: from.tools, signal });
  if (!rendered.ok) return rendered;
  const { discovery, installation, agentNamespace, hasher } = from;
  const scopeOf = (kind: GroupKind): Scope | undefined => scopeIn(discovery, kind);
  const normal = normalize(rendered.value.objects, {
    unit,
    installation,
    agentNamespace,
    scopeOf,
    hasher,
  });
  if (normal.problems.length > 0) return { ok: false, problems: normal.problems };
  const { desired, unsendable, digest, warnings } = normal;
  return {
    ok: true,
    value: {
      unit,
      commit,
      renderer: rendered.value.renderer,
      desired,
      unsendable,
      digest,
      warnings,
      ignored: input.value.ignored,
      unknownKinds: desired.map(({ ref }) => ref).filter((kind) => scopeOf(kind) === undefined),
    },
  };
}

function scopeIn(discovery: Discovery, kind: GroupKind): Scope | undefined {
  const served = servedKind(discovery, kind);
  if (served === undefined) return undefined;
  return served.namespaced ? "namespaced" : "cluster";
}

/** A unit that Git no longer has: complete, and nothing of it is declared (P-72, P-73). */
export function emptyManifests(unit: Unit, commit: Commit): Manifests {
  return {
    unit,
    commit,
    renderer: "plain",
    desired: [],
    unsendable: [],
    digest: "",
    warnings: [],
    ignored: [],
    unknownKinds: [],
  };
}
