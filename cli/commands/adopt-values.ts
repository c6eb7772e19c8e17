import { selectUnits } from "../../agent/fleet/units.ts";
import type { Desired } from "../../agent/model/change.ts";
import { jsonEqual } from "../../agent/model/json.ts";
import { describeRef, refId } from "../../agent/model/object.ts";
import { placeOf } from "../../agent/model/problem.ts";
import { valueAt } from "../../agent/plan/compare.ts";
import { isSecret } from "../../agent/plan/mask.ts";
import type { DriftedObject } from "../output/drift-report.ts";
import { type ManifestEdit, withValue } from "../output/edit-manifest.ts";
import type { Report } from "../output/error.ts";
import { problemReport } from "../output/error.ts";
import type { Adoption, AdoptPlace } from "./adoption.ts";
import type { CommandContext, NewBranch, RepositoryView } from "./context.ts";
import { type Leaf, leavesOf, withLeaf } from "./declared-pointer.ts";
import { overlay } from "./overlay.ts";
import { type RenderedUnit, renderUnits } from "./render-fleet.ts";
import { openFleet } from "./repository.ts";
import { CliError } from "./result.ts";

/** The files of a plain app with the values that live, where a person wrote others. Everything else is left, with a reason. */
export async function valueFiles(context: CommandContext, place: AdoptPlace): Promise<Adoption> {
  const texts = new Map<string, string>();
  const written: Written[] = [];
  const left: Report[] = [];
  const clusters = Map.groupBy(place.objects, ({ cluster }) => cluster);
  const rendered = new Map<string, RenderedUnit | undefined>();
  for (const cluster of clusters.keys()) {
    rendered.set(cluster, await renderedFor(context, { ...place, cluster }));
  }
  // From below, so that the lines above stay where they are.
  const wishes = wishesOf(place.objects, rendered).toSorted((a, b) => lineIn(b) - lineIn(a));
  for (const wish of wishes) {
    const why = wish.why ?? (await edit(context, place.view, { wish, texts }));
    if (why !== undefined) left.push(leftAs(wish, why, place.app));
    else if (wish.why === undefined) written.push(wish);
  }
  const files = await asFiles(context, place.view, texts);
  await prove(context, place, { files, written, rendered });
  const lines = written.map(lineOf);
  return { files, lines: lines.toSorted(), left };
}

function lineIn(wish: Wish): number {
  return wish.why === undefined ? wish.desired.line : 0;
}

interface OnCluster extends AdoptPlace {
  readonly cluster: string;
}

async function renderedFor(
  context: CommandContext,
  { view, app, cluster }: OnCluster,
): Promise<RenderedUnit | undefined> {
  const fleet = await openFleet(context, view);
  const { units } = selectUnits(fleet.fleet, cluster, fleet.hasher);
  const unit = units.find((one) => one.app === app);
  if (unit === undefined) return undefined;
  const [rendered] = await renderUnits(context, fleet, [unit]);
  const problems = rendered?.problems ?? [];
  if (problems.length === 0) return rendered;
  throw new CliError(
    problems.map((problem) => problemReport(problem, `${app} does not render`, cluster)),
    1,
  );
}

/** One value in one file, or why it cannot be written. */
type Wish =
  | { readonly why: string; readonly object: DriftedObject; readonly path: string }
  | {
      readonly why?: undefined;
      readonly object: DriftedObject;
      readonly path: string;
      readonly desired: Desired;
      readonly leaf: Leaf;
    };

type Written = Extract<Wish, { readonly desired: Desired }>;

function wishesOf(
  objects: readonly DriftedObject[],
  rendered: ReadonlyMap<string, RenderedUnit | undefined>,
): readonly Wish[] {
  const all = objects.flatMap((object) => wishesFor(object, rendered.get(object.cluster)));
  const seen = new Map<string, Wish>();
  for (const wish of all) {
    const key = `${refId(wish.object.ref)} ${wish.why === undefined ? JSON.stringify(wish.leaf.path) : wish.why}`;
    const other = seen.get(key);
    if (other !== undefined && !isSame(other, wish)) throw disagreeing(other, wish);
    seen.set(key, wish);
  }
  return [...seen.values()];
}

function isSame(a: Wish, b: Wish): boolean {
  if (a.why !== undefined || b.why !== undefined) return a.why === b.why;
  return jsonEqual(a.leaf.value ?? null, b.leaf.value ?? null);
}

/** One file cannot say two things. */
function disagreeing({ object, path }: Wish, { object: other }: Wish): CliError {
  return new CliError({
    what: `${describeRef(object.ref)} ${path} lives with different values`,
    where: `${object.cluster}, ${other.cluster}`,
    next: `choose whose is adopted: --cluster ${object.cluster}`,
  });
}

function wishesFor(object: DriftedObject, rendered: RenderedUnit | undefined): readonly Wish[] {
  const { ref, fields, declared } = object;
  const desired = rendered?.desired.find(({ id }) => id === refId(ref));
  const why = whyNot(object, rendered, desired);
  if (why !== undefined || desired === undefined) return [{ why: why ?? "", object, path: "" }];
  return fields.flatMap((field, at): readonly Wish[] => {
    const pointer = declared[at];
    const { path } = field;
    if (pointer === null || pointer === undefined) {
      return [{ why: "Git does not declare this list item", object, path }];
    }
    const leaves = leavesOf(pointer, field);
    const open = leaves.filter((leaf) => !says(desired, leaf));
    return open.map((leaf) => ({ object, path, desired, leaf }));
  });
}

function whyNot(
  { ref, isMissing, fields }: DriftedObject,
  rendered: RenderedUnit | undefined,
  desired: Desired | undefined,
): string | undefined {
  if (rendered === undefined || desired === undefined)
    return "the newest commit does not declare it";
  if (isMissing) return "it is missing: to agree, take it out of Git";
  if (fields.length === 0) return "it would have to be made anew";
  if (isSecret(ref)) return "values of a Secret do not go into Git in the open";
  if (rendered.renderer === "plain") return undefined;
  const maker = rendered.renderer === "helm" ? "a chart" : "a kustomization";
  return `${maker} makes it: set the value where that takes it from`;
}

function leftAs({ object, path }: Wish, why: string, app: string): Report {
  const { ref, cluster } = object;
  const about = `${describeRef(ref)} ${path}`.trim();
  return {
    what: `${about} is not adopted`,
    where: placeOf(object),
    why,
    next: `holdfast drift adopt ${app} ${ref.kind}/${ref.name} --as ignore --cluster ${cluster}`,
  };
}

interface Editing {
  readonly wish: Written;
  /** As edited so far, by path. */
  readonly texts: Map<string, string>;
}

/** undefined: done. */
async function edit(
  { signal }: CommandContext,
  view: RepositoryView,
  { wish: { desired, leaf }, texts }: Editing,
): Promise<string | undefined> {
  const { file, line, ref } = desired;
  const before =
    texts.get(file) ?? new TextDecoder().decode((await view.read([file], signal)).get(file));
  const change: ManifestEdit = { line, kind: ref.kind, path: leaf.path, value: leaf.value };
  const edited = withValue(before, change);
  if (!edited.ok) return edited.why;
  texts.set(file, edited.text);
  return undefined;
}

function lineOf({ desired, path, leaf }: Written): string {
  const value = leaf.value === undefined ? "taken out" : JSON.stringify(leaf.value);
  return `${placeOf(desired)}  ${describeRef(desired.ref)} ${path}: ${value}`;
}

async function asFiles(
  { signal }: CommandContext,
  view: RepositoryView,
  texts: ReadonlyMap<string, string>,
): Promise<NewBranch["files"]> {
  const tree = await view.tree(signal);
  const files = [...texts].map(([path, edited]) => {
    const mode = tree.get(path)?.mode ?? "100644";
    return [path, { content: new TextEncoder().encode(edited), mode }] as const;
  });
  return new Map(files);
}

interface Proof {
  readonly files: NewBranch["files"];
  readonly written: readonly Written[];
  /** As it was, by cluster. */
  readonly rendered: ReadonlyMap<string, RenderedUnit | undefined>;
}

/** What was written is read back as the agent reads it: that, and nothing else, has changed. */
async function prove(
  context: CommandContext,
  place: AdoptPlace,
  { files, written, rendered }: Proof,
): Promise<void> {
  const view = overlay(place.view, files);
  for (const [cluster, before] of files.size === 0 ? [] : rendered) {
    const after = await renderedFor(context, { ...place, view, cluster });
    const now = new Map(after?.desired.map(({ id, object }) => [id, object]));
    const wrong = before?.desired.find(
      (desired) => !jsonEqual(now.get(desired.id), adopted(desired, written)),
    );
    if (wrong === undefined && now.size === before?.desired.length) continue;
    throw new CliError({
      what: `${[...files.keys()].join(", ")} cannot be edited without changing more`,
      why: wrong === undefined ? "an object would come" : `${describeRef(wrong.ref)} would differ`,
      next: "write it by hand: holdfast drift show says what",
    });
  }
}

function adopted({ id, object }: Desired, written: readonly Written[]): unknown {
  const leaves = written.filter(({ desired }) => desired.id === id).map(({ leaf }) => leaf);
  return leaves.reduce<unknown>((all, { path, value }) => withLeaf(all, path, value), object);
}

function says(desired: Desired | undefined, { path, value }: Leaf): boolean {
  return desired !== undefined && jsonEqual(valueAt(desired.object, path) ?? null, value ?? null);
}
