import type { InventoryEntry, KeptRender } from "../../agent/model/inventory.ts";
import { describeRef } from "../../agent/model/object.ts";
import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { type Column, table } from "./table.ts";
import { ageOf, count, sections, shortId } from "./text.ts";

export interface InventoryView {
  readonly app: string;
  readonly cluster: string;
  /** Last one applied without error. */
  readonly commit: string | undefined;
  readonly entries: readonly InventoryEntry[];
  /** Healthy renders to go back to, newest last. */
  readonly renders: readonly KeptRender[];
  readonly bytes: number;
  readonly capBytes: number;
  readonly fillRatio: number;
  readonly nowMs: number;
}

const columns: readonly Column[] = [
  { title: "OBJECT" },
  { title: "STATE" },
  { title: "SINCE", align: "right" },
  { title: "API", wide: true },
  { title: "UID", wide: true },
  { title: "CHANGED IN", wide: true },
  { title: "WHY", wraps: true },
];

/** How full it is, then one line per object. */
export function inventoryText(view: InventoryView, style: Style): string {
  const { app, cluster, commit, entries, bytes, capBytes, nowMs } = view;
  const rows = entries.map(({ ref, version, state, since, uid, changedIn, protect, why }) => [
    escapeLine(describeRef(ref)),
    state,
    ageOf(since, nowMs),
    escapeLine(ref.group === "" ? version : `${ref.group}/${version}`),
    uid ?? "–",
    shortId(changedIn),
    escapeLine(
      [why, protect === undefined ? undefined : `protected: ${protect}`].filter(Boolean).join("; "),
    ),
  ]);
  const size = `${kib(bytes)} of ${kib(capBytes)} (${(view.fillRatio * 100).toFixed(1)} %)`;
  const head = `${escapeLine(app)} on ${escapeLine(cluster)}: ${count(entries.length, "object")} · ${size} · commit ${shortId(commit)}`;
  return sections(`${head}${keptText(view)}`, rows.length === 0 ? "" : table(columns, rows, style));
}

function keptText({ renders, nowMs }: InventoryView): string {
  if (renders.length === 0) return "";
  const kept = renders.toReversed().map(({ commit, at }) => {
    return `${shortId(commit)} (${ageOf(at, nowMs)})`;
  });
  return `\nhealthy renders kept: ${kept.join(", ")}`;
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
