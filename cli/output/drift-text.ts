import type { FieldDiff } from "../../agent/model/change.ts";
import { describeRef } from "../../agent/model/object.ts";
import { placeOf } from "../../agent/model/problem.ts";
import { valueLines } from "./diff-value.ts";
import { actionText, type DriftCount, type DriftedObject } from "./drift-report.ts";
import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { type Cell, type Column, table } from "./table.ts";
import { ageOf, sections } from "./text.ts";

const countColumns: readonly Column[] = [
  { title: "CLUSTER" },
  { title: "APP" },
  { title: "STATE" },
  { title: "REASON" },
  { title: "DRIFTED", align: "right" },
];

/** One line for each unit that differs. */
export function driftCountsText(counts: readonly DriftCount[], style: Style): string {
  const rows = counts.map(({ cluster, app, state, reason, drifted }) => [
    escapeLine(cluster),
    escapeLine(app),
    state,
    reason,
    String(drifted),
  ]);
  return table(countColumns, rows, style);
}

const fieldColumns: readonly Column[] = [
  { title: "CLUSTER" },
  { title: "APP" },
  { title: "OBJECT" },
  { title: "FIELD" },
  { title: "GIT" },
  { title: "LIVE" },
  { title: "MANAGER" },
  { title: "SINCE", align: "right" },
  { title: "ACTION", wraps: true },
];

/** One line for each field that differs (cli.md §3). */
export function driftText(objects: readonly DriftedObject[], nowMs: number, style: Style): string {
  return table(
    fieldColumns,
    objects.flatMap((object) => fieldRows(object, nowMs, style)),
    style,
  );
}

function fieldRows(object: DriftedObject, nowMs: number, style: Style): readonly Cell[][] {
  const { cluster, app, ref, since, action, fields, isMissing } = object;
  const head = [cluster, app, describeRef(ref)].map(escapeLine);
  const does = actionText(action);
  if (isMissing || fields.length === 0) {
    const [git, live] = isMissing ? ["declared", "missing"] : ["–", "cannot be changed in place"];
    return [[...head, "–", git, live, "–", ageOf(since, nowMs), does]];
  }
  return fields.map((field) => [
    ...head,
    escapeLine(style.wide ? field.path : shortPath(field.path)),
    inline(field.desired),
    inline(field.live),
    escapeLine(field.manager ?? "unknown"),
    ageOf(field.time ?? since, nowMs),
    does,
  ]);
}

/** The end of a long path says most: `…containers[web].image`. */
function shortPath(path: string): string {
  const names = path.match(/[^.[\]]+(?:\[[^\]]*\])*/g) ?? [path];
  return names.length <= 3 ? path : `…${names.slice(-2).join(".")}`;
}

function inline(value: unknown): string {
  if (value === undefined) return "–";
  return escapeLine(typeof value === "string" ? value : JSON.stringify(value));
}

/** Everything about each object: per field both values, and who, how, where and when (semantics §6.4). */
export function driftDetailText(objects: readonly DriftedObject[], style: Style): string {
  return sections(...objects.map((object) => objectText(object, style)));
}

function objectText(object: DriftedObject, style: Style): string {
  const { cluster, app, ref, action, isMissing, fields } = object;
  const title = [`${describeRef(ref)}`, `${app} on ${cluster}`, placeOf(object)].map(escapeLine);
  const { bold, dim } = style.colours;
  const head = `${bold(title[0] ?? "")}  ${title.slice(1).join("  ")}\n${actionText(action)}\n`;
  if (isMissing) return `${head}the object is missing\n`;
  const lines = fields.flatMap((field) => [
    `  ${escapeLine(field.path)}  ${dim(whoText(field))}`,
    ...valueLines(field.live, field.desired).map(({ sign, text }) => {
      if (sign === " ") return `    ${text}`;
      const word = sign === "-" ? "live" : "git ";
      const paint = sign === "-" ? style.colours.red : style.colours.green;
      return paint(`    ${word}  ${text}`);
    }),
  ]);
  return `${head}${lines.join("\n")}\n`;
}

/** A manager is a client's claim, not a user. */
function whoText({ manager = "unknown", operation, subresource, time }: FieldDiff): string {
  const how = [operation, subresource].filter((part) => part !== undefined).join(" of ");
  return [`set by ${escapeLine(manager)}`, escapeLine(how), time ?? ""]
    .filter((part) => part !== "")
    .join(", ");
}
