import type { ObjectRef } from "../../agent/model/object.ts";
import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { count, sections } from "./text.ts";

/** `unknown`: it cannot be judged now, and stays with its app's inventory. */
export type Fate = "delete" | "keep" | "unknown";

export interface Leaving {
  readonly app: string;
  readonly ref: ObjectRef;
  readonly fate: Fate;
  readonly why: string | undefined;
}

export interface Departure {
  /** Of the installation itself. */
  readonly own: readonly ObjectRef[];
  readonly apps: readonly string[];
  readonly objects: readonly Leaving[];
}

const columns = [
  { title: "APP" },
  { title: "OBJECT" },
  { title: "BECOMES" },
  { title: "WHY", wraps: true },
] as const;

const become: Readonly<Record<Fate, string>> = {
  delete: "deleted",
  keep: "kept, without our mark",
  unknown: "not touched now",
};

/** What goes and what stays, before it does. */
export function departureText({ own, apps, objects }: Departure, style: Style): string {
  const kinds = Map.groupBy(own, ({ kind }) => kind);
  const names = [...kinds].map(([kind, refs]) =>
    refs.length === 1 ? kind : `${refs.length} ${kind}s`,
  );
  const agent = own.length === 0 ? "nothing is left" : names.join(", ");
  const sum = (fate: Fate) => objects.filter((one) => one.fate === fate).length;
  const rows = objects.map(({ app, ref, fate, why }) => [
    escapeLine(app),
    escapeLine(`${ref.kind} ${ref.namespace === "" ? "" : `${ref.namespace}/`}${ref.name}`),
    become[fate],
    escapeLine(why ?? ""),
  ]);
  return sections(
    `The agent goes: ${agent}; and what it says of ${count(apps.length, "app")}\n`,
    rows.length === 0 ? "" : table(columns, rows, style),
    `${count(sum("delete"), "object")} of apps deleted, ${sum("keep")} kept. The namespace and the kind App stay.\n`,
  );
}
