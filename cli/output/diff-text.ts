import type { FieldDiff } from "../../agent/model/change.ts";
import { describeRef } from "../../agent/model/object.ts";
import { placeOf } from "../../agent/model/problem.ts";
import { type AppDiff, type ObjectDiff, objectEffect, type Variant } from "./diff-report.ts";
import { valueLines } from "./diff-value.ts";
import { escapeLine } from "./escape.ts";
import type { Colours, Style } from "./style.ts";
import { count, sections } from "./text.ts";
import { pad } from "./width.ts";
import { toYaml } from "./yaml.ts";

export interface DiffDetail {
  /** Counts only. */
  readonly short: boolean;
  /** Every cluster of a variant by name. */
  readonly clusters: boolean;
  /** Objects that come and go in full, variants without reference to the first. */
  readonly full: boolean;
}

const titleWidth = 52;
/** A variant that differs from the first in at most so many objects is told by the difference. */
const shortDifference = 3;

/** All apps, one section each (cli.md §3). */
export function diffText(apps: readonly AppDiff[], detail: DiffDetail, style: Style): string {
  return sections(...apps.flatMap((app) => appText(app, detail, style)));
}

function appText(app: AppDiff, detail: DiffDetail, style: Style): readonly string[] {
  const variants = app.variants.length === 1 ? "" : ` in ${app.variants.length} variants`;
  const place = app.environment === "" ? "" : ` · ${escapeLine(app.environment)}`;
  const title = `${escapeLine(app.app)}${place} · ${count(app.clusters, "cluster")}${variants}`;
  const head = `${style.colours.bold(pad(title, titleWidth))} ${countsText(app)}\n`;
  if (detail.short) return [head];
  const [first] = app.variants;
  return [
    head,
    ...app.variants.map((variant) =>
      variant === first || detail.full || first === undefined
        ? variantText(variant, detail, style)
        : laterVariant(variant, { first, detail, style }),
    ),
  ];
}

function countsText({ counts }: AppDiff): string {
  const parts = Object.entries(counts).filter(([, number]) => number > 0);
  return parts.map(([action, number]) => `${number} ${action}`).join("  ");
}

function heading(variant: Variant, { clusters }: DiffDetail): string {
  const shown = clusters ? variant.clusters : variant.clusters.slice(0, 3);
  const more = shown.length < variant.clusters.length ? " … (--clusters)" : "";
  const names = shown.map(escapeLine).join(", ");
  return `variant ${variant.name} · ${count(variant.clusters.length, "cluster")}: ${names}${more}`;
}

function variantText(variant: Variant, detail: DiffDetail, style: Style): string {
  const note = variant.note === undefined ? [] : [escapeLine(variant.note)];
  const objects = variant.objects.flatMap((object) => objectLines(object, detail, style));
  return `${[heading(variant, detail), ...note, ...objects].join("\n")}\n`;
}

interface Comparison {
  readonly first: Variant;
  readonly detail: DiffDetail;
  readonly style: Style;
}

function laterVariant(variant: Variant, { first, detail, style }: Comparison): string {
  const mine = new Set(variant.objects.map(objectEffect));
  const firsts = new Set(first.objects.map(objectEffect));
  const missing = first.objects.filter((object) => !mine.has(objectEffect(object)));
  const extra = variant.objects.filter((object) => !firsts.has(objectEffect(object)));
  const isShort = missing.length + extra.length <= shortDifference;
  const sameNote = variant.note === first.note;
  if (!isShort || !sameNote || missing.length === first.objects.length) {
    return variantText(variant, detail, style);
  }
  const without = missing
    .filter(({ ref }) => !extra.some((other) => describeRef(other.ref) === describeRef(ref)))
    .map(({ ref }) => escapeLine(describeRef(ref)));
  const less = without.length === 0 ? "" : `, without ${without.join(", ")}`;
  const but = extra.length === 0 ? "" : ", but:";
  const lines = extra.flatMap((object) => objectLines(object, detail, style));
  return `${[`${heading(variant, detail)}: as ${first.name}${less}${but}`, ...lines].join("\n")}\n`;
}

const signs = {
  create: "+",
  update: "~",
  recreate: "±",
  delete: "-",
  run: "»",
  hold: "!",
  fail: "✗",
} as const;
const asciiSigns = { ...signs, recreate: "-/+", run: ">", fail: "x" } as const;

function paintOf({ action }: ObjectDiff, colours: Colours): (text: string) => string {
  switch (action) {
    case "create":
      return colours.green;
    case "delete":
    case "fail":
      return colours.red;
    case "update":
    case "recreate":
    case "run":
    case "hold":
      return colours.yellow;
  }
}

function objectLines(object: ObjectDiff, detail: DiffDetail, style: Style): readonly string[] {
  const { colours, ascii } = style;
  const sign = (ascii ? asciiSigns : signs)[object.action];
  const title = `${sign} ${escapeLine(describeRef(object.ref))}`;
  const note = [object.note, placeOf(object)].filter((part) => part !== undefined && part !== "");
  const side = note.map((part) => escapeLine(part ?? "")).join("  ");
  const painted = paintOf(object, colours)(pad(title, titleWidth));
  return [
    side === "" ? painted.trimEnd() : `${painted} ${colours.dim(side)}`,
    ...object.fields.flatMap((field) => fieldLines(field, style)),
    ...(detail.full ? wholeObject(object, style) : []),
  ];
}

function fieldLines(field: FieldDiff, { colours }: Style): readonly string[] {
  const owner = ownerText(field);
  const lines = valueLines(field.live, field.desired).map(({ sign, text }) => {
    if (sign === " ") return `    ${text}`;
    return (sign === "-" ? colours.red : colours.green)(`  ${sign} ${text}`);
  });
  const path = `    ${escapeLine(field.path)}`;
  return [owner === "" ? path : `${path}  ${colours.dim(owner)}`, ...lines];
}

/** Who set what is there now, by the server's record: a client's claim. */
function ownerText({ manager, time }: FieldDiff): string {
  if (manager === undefined || manager === "unknown") return "";
  return [`set by ${escapeLine(manager)}`, time ?? ""].filter((part) => part !== "").join(", ");
}

function wholeObject({ object, action }: ObjectDiff, { colours }: Style): readonly string[] {
  if (object === undefined) return [];
  const paint = action === "delete" ? colours.red : colours.green;
  const sign = action === "delete" ? "-" : "+";
  return toYaml(object)
    .trimEnd()
    .split("\n")
    .map((line) => paint(`  ${sign} ${line}`));
}
