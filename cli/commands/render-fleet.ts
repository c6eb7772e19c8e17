import type { Desired } from "../../agent/model/change.ts";
import { defaultNamespace } from "../../agent/model/names.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import type { Parsed, Problem } from "../../agent/model/problem.ts";
import type { Unit } from "../../agent/model/unit.ts";
import type { Render } from "../../agent/render/from-tool.ts";
import type { NormalizeContext, RenderWarning, Scope } from "../../agent/render/normalize.ts";
import { render, renderInput } from "../../agent/render/render.ts";
import type { Capabilities, RenderTools } from "../../agent/render/tool.ts";
import { normalizeRender } from "../../agent/render/unstable.ts";
import type { CommandContext } from "./context.ts";
import type { FleetView } from "./fleet-view.ts";
import { builtInScopes, definedScopes, type ScopeOf, scopesOf } from "./scopes.ts";

/** What only a cluster knows. */
export interface LiveFacts {
  readonly installation: string;
  readonly scopeOf: ScopeOf;
  /** For charts that ask; offline it is what the Cluster document says. */
  readonly capabilities?: Capabilities;
}

type Renderer = Pick<CommandContext, "ports" | "signal" | "terminal"> & {
  /** Absent: offline. */
  readonly live?: LiveFacts;
};

/** Offline the installation of a cluster is not known; its marks are taken off what is shown. */
const offline: LiveFacts = {
  installation: "offline",
  scopeOf: (kind) => scopesOf(builtInScopes())(kind),
};

/** What one app is on one cluster. */
export interface RenderedUnit {
  readonly unit: Unit;
  /** Empty when anything stops the whole app. */
  readonly desired: readonly Desired[];
  /** Jobs and the like that run around them. */
  readonly hooks: readonly Desired[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly RenderWarning[];
  readonly renderer: Render["renderer"] | undefined;
  /** Needs a tool or a download that is not there: neither valid nor invalid (exit 3). */
  readonly isUnreached: boolean;
}

interface FirstStage {
  readonly unit: Unit;
  readonly result: Parsed<Render>;
}

/** Renders units offline, in their order. CustomResourceDefinitions of one unit tell the scope of kinds in all the others. */
export async function renderUnits(
  context: Renderer,
  view: FleetView,
  units: readonly Unit[],
): Promise<readonly RenderedUnit[]> {
  const tools = await context.ports.renderTools();
  const capabilities = context.live?.capabilities;
  const first: FirstStage[] = [];
  for (const unit of units) {
    context.signal.throwIfAborted();
    context.terminal.progress(`rendering ${unit.app} for ${unit.cluster.name}`);
    first.push({
      unit,
      result: await renderOne({ unit, view, tools, capabilities }, context.signal),
    });
  }
  const objects = first.flatMap(({ result }) => (result.ok ? objectsOf(result.value) : []));
  const { installation, scopeOf: served } = context.live ?? offline;
  const defined = definedScopes(objects);
  const scopeOf: ScopeOf = (kind) => served(kind) ?? scopesOf(defined, guesses)(kind);
  return first.map((one) => normalized(one, { installation, scopeOf, hasher: view.hasher }));
}

/** A kind that nobody defines here is taken for a namespaced one, as most are; the cluster will tell. */
const guesses = {
  has: () => true,
  get: (): Scope => "namespaced",
} satisfies Pick<ReadonlyMap<string, Scope>, "has" | "get">;

function objectsOf({ objects }: Render): readonly KubeObject[] {
  return objects.map(({ object }) => object);
}

interface OneUnit {
  readonly unit: Unit;
  readonly view: FleetView;
  readonly tools: RenderTools;
  readonly capabilities: Capabilities | undefined;
}

async function renderOne(
  { unit, view, tools, capabilities }: OneUnit,
  signal: AbortSignal,
): Promise<Parsed<Render>> {
  const input = renderInput(unit, view.tree);
  if (!input.ok) return input;
  const files = await view.view.read(input.value.paths, signal);
  const asked = capabilities === undefined ? {} : { capabilities };
  return await render(unit, files, { tree: view.tree, tools, signal, ...asked });
}

type NormalizeParts = Pick<NormalizeContext, "scopeOf" | "hasher" | "installation">;

function normalized({ unit, result }: FirstStage, parts: NormalizeParts): RenderedUnit {
  if (!result.ok) {
    const { problems } = result;
    const isUnreached = problems.every(needsMore);
    return {
      unit,
      desired: [],
      hooks: [],
      problems,
      warnings: [],
      renderer: undefined,
      isUnreached,
    };
  }
  const { renderer } = result.value;
  const where = { unit, agentNamespace: defaultNamespace };
  const context = { ...where, ...parts };
  const { desired, hooks, problems, unsendable, warnings } = normalizeRender(result.value, context);
  return {
    unit,
    desired: problems.length === 0 ? desired : [],
    hooks: problems.length === 0 ? hooks : [],
    problems: [...problems, ...unsendable.map(({ problem }) => problem)],
    warnings: [...result.value.warnings, ...warnings],
    renderer,
    isUnreached: false,
  };
}

function needsMore({ reason }: Problem): boolean {
  return reason === "ToolMissing" || reason === "RemoteRefused" || reason === "RemoteUnavailable";
}
