import { valueAt } from "../../agent/fleet/merge.ts";
import type { Unit } from "../../agent/model/unit.ts";
import { renderInput } from "../../agent/render/render.ts";
import { cliApiVersion } from "../output/document.ts";
import { valueText } from "../output/value-text.ts";
import { type CommandContext, nowText } from "./context.ts";
import {
  appNames,
  type ChosenCluster,
  checkNames,
  chooseClusters,
  type FleetView,
} from "./fleet-view.ts";
import { usage } from "./globals.ts";
import { openFleet, viewAt, withRepository } from "./repository.ts";
import type { CommandResult } from "./result.ts";
import { chartLayers, clusterSources, type ValueSource, valueSources } from "./value-sources.ts";

export interface ValueWish {
  readonly app: string;
  /** `image.tag`, `spec.values.image.tag` or a JSON pointer. */
  readonly path: string;
  readonly rev: string | undefined;
}

/** `explain APP --value PATH`: which file and line a value of an app comes from on one cluster, and what it hides. */
export async function explainValue(
  context: CommandContext,
  { app, path, rev }: ValueWish,
): Promise<CommandResult> {
  return await withRepository(context, async (repository) => {
    const view = await openFleet(context, await viewAt(repository, rev));
    const chosen = chooseClusters(view, context.options);
    checkNames("app", [app], appNames(chosen));
    const { cluster, unit } = oneUnit(chosen, { app, path });
    const layers = unit === undefined ? [] : await filesOf(context, view, unit);
    const found = pointersOf(path)
      .map((pointer) => ({
        pointer,
        sources: valueSources({ view, app, cluster, pointer }, layers),
      }))
      .find(({ sources }) => sources.length > 0);
    const pointer = found?.pointer ?? "";
    const sources = found?.sources ?? clusterSources(view, cluster, path);
    const value = resolved(unit, pointer, sources);
    const meant = `cluster.values.${path}`;
    const isOfCluster = value === undefined && clusterSources(view, cluster, meant).length > 0;
    return {
      ...answer(context, { app, cluster, path, sources, value }),
      hints: isOfCluster ? [`holdfast explain ${app} --value ${meant} --cluster ${cluster}`] : [],
    };
  });
}

/** Values are what is asked about most, so their path may be written without `values`. */
function pointersOf(path: string): readonly string[] {
  const pointer = path.startsWith("/")
    ? path
    : `/${path.replace(/^spec\./, "").replaceAll(".", "/")}`;
  return [pointer, `/values${pointer}`];
}

function oneUnit(chosen: readonly ChosenCluster[], { app, path }: Pick<ValueWish, "app" | "path">) {
  const running = chosen.filter(({ selection: { units, broken } }) =>
    [...units, ...broken].some((one) => one.app === app),
  );
  const [first, second] = running;
  if (first === undefined || second !== undefined) {
    const name = (first ?? chosen[0])?.target.name ?? "NAME";
    const what =
      first === undefined
        ? `${app} runs on none of these clusters`
        : "a value is that of one cluster";
    throw usage(what, `name it: holdfast explain ${app} --value ${path} --cluster ${name}`);
  }
  const unit = first.selection.units.find((one) => one.app === app);
  return { cluster: first.target.name, unit };
}

async function filesOf({ signal }: CommandContext, view: FleetView, unit: Unit) {
  const input = renderInput(unit, view.tree);
  if (!input.ok) return [];
  return chartLayers(unit, view, await view.view.read(input.value.paths, signal));
}

/** With expressions worked in, where the app is valid; else as it is written. */
function resolved(
  unit: Unit | undefined,
  pointer: string,
  [first]: readonly ValueSource[],
): unknown {
  if (first === undefined || first.use === "unmatched") return undefined;
  const inUnit = unit === undefined ? undefined : valueAt({ values: unit.values }, pointer);
  return inUnit ?? first.value;
}

interface ValueView {
  readonly app: string;
  readonly cluster: string;
  readonly path: string;
  readonly value: unknown;
  readonly sources: readonly ValueSource[];
}

function answer(context: CommandContext, view: ValueView): CommandResult {
  const { app, cluster, path, value, sources } = view;
  return {
    exitCode: value === undefined ? 1 : 0,
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "ValueExplanation",
        generatedAt: nowText(context),
        complete: true,
        problems: [],
        app,
        cluster,
        path,
        ...(value === undefined ? {} : { value }),
        sources,
      },
      draw: (style) => valueText(view, style),
    },
  };
}
