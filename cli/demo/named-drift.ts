import { type DemoApi, fieldAt } from "./api.ts";
import { missing, type Seen, saw } from "./expect.ts";
import { appPath, eventsPath } from "./paths.ts";

export interface Drift {
  /** Last part of the field's path. */
  readonly field: string;
  readonly manager: string;
}

/** The agent told which field differed and who had set it: on the App object, or in an Event. */
export async function namedDrift(api: DemoApi, { field, manager }: Drift): Promise<Seen> {
  const app = await api.get(appPath("web"));
  const events = await api.get(eventsPath);
  const told = [
    ...listOf(fieldAt(app, "status", "drift")).flatMap(fieldsOf),
    ...listOf(fieldAt(events, "items")).map((event) => String(fieldAt(event, "message"))),
  ].find((text) => text.includes(field) && text.includes(manager));
  return told === undefined
    ? missing(`nobody named field ${field} and manager ${manager}`)
    : saw(`the drift has a name: ${told}`);
}

function fieldsOf(entry: unknown): readonly string[] {
  const kind = String(fieldAt(entry, "ref", "kind"));
  const name = String(fieldAt(entry, "ref", "name"));
  return listOf(fieldAt(entry, "fields")).map((field) => {
    const by = String(fieldAt(field, "manager"));
    return `${kind} ${name}, ${String(fieldAt(field, "path"))}, set by ${by}`;
  });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
