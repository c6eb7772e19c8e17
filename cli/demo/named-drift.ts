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
  const entries = listOf(fieldAt(app, "status", "drift")).map((entry) => JSON.stringify(entry));
  const words = listOf(fieldAt(events, "items")).map((event) => String(fieldAt(event, "message")));
  const told = [...entries, ...words].some(
    (text) => text.includes(field) && text.includes(manager),
  );
  return told
    ? saw(`drift was named: ConfigMap web/web, field data.${field}, set by ${manager}`)
    : missing(`nobody named field ${field} and manager ${manager}`);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
