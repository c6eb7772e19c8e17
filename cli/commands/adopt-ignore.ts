import { describeRef, refId } from "../../agent/model/object.ts";
import type { DriftedObject } from "../output/drift-report.ts";
import { type IgnoreEdit, withIgnore } from "../output/edit-app.ts";
import type { Report } from "../output/error.ts";
import type { Adoption, AdoptPlace } from "./adoption.ts";
import type { CommandContext } from "./context.ts";
import { checkNames } from "./fleet-view.ts";
import { openFleet } from "./repository.ts";
import { CliError } from "./result.ts";

/** Rules in app.yaml by which these fields of these objects are nobody's drift any more. */
export async function ignoreFiles(
  context: CommandContext,
  { view, app, objects }: AdoptPlace,
): Promise<Adoption> {
  const { fleet, tree } = await openFleet(context, view);
  checkNames("app", [app], [...fleet.apps.keys()]);
  const path = fleet.apps.get(app)?.file ?? "";
  const content = (await view.read([path], context.signal)).get(path);
  if (content === undefined) throw new CliError({ what: `${path} cannot be read` });
  const same = [...Map.groupBy(objects, ({ ref }) => refId(ref)).values()];
  const rules = same.flatMap(ruleFor);
  const left = same.flatMap(withoutFields);
  if (rules.length === 0) return { files: new Map(), lines: [], left };
  const edited = withIgnore(new TextDecoder().decode(content), rules);
  const mode = tree.get(path)?.mode ?? "100644";
  return {
    files: new Map([[path, { content: new TextEncoder().encode(edited), mode }]]),
    lines: rules.map(
      (rule) => `${path}  ignore ${rule.kind} ${rule.name} ${rule.fields.join(" ")}`,
    ),
    left,
  };
}

function ruleFor(objects: readonly DriftedObject[]): readonly IgnoreEdit[] {
  const [first] = objects;
  const fields = objects.flatMap(({ declared }) => declared.filter((one) => one !== null));
  if (first === undefined || fields.length === 0) return [];
  const { group, kind, namespace, name } = first.ref;
  return [
    {
      kind: group.includes(".") ? `${kind}.${group}` : kind,
      name,
      ...(namespace === "" ? {} : { namespace }),
      fields: [...new Set(fields)].sort(),
    },
  ];
}

/** A rule is about fields of an object that is there. */
function withoutFields(objects: readonly DriftedObject[]): readonly Report[] {
  const [first] = objects;
  if (first === undefined || objects.some(({ declared }) => declared.some(Boolean))) return [];
  const why = first.isMissing ? "it is missing" : "it would have to be made anew";
  return [
    {
      what: `${describeRef(first.ref)} cannot be ignored field by field`,
      why,
      next: "annotate it in Git: holdfast.dev/reconcile: disabled",
    },
  ];
}
