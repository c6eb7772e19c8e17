import type { AgentEvent } from "../model/event.ts";
import { reasonInfo } from "../model/reason.ts";
import type { Note } from "./event-notes.ts";

/** An older render runs, or why it does not although a person asked for it. */
export function rolledBackNote(event: Extract<AgentEvent, { type: "rolled-back" }>): Note {
  const { app, by, from, to, why, whyNot } = event;
  const asked = by === "request" ? "by hand" : "it failed";
  const said = { app, type: "Warning", action: "gated", commit: from } as const;
  if (whyNot !== undefined) {
    const message = `not rolled back: ${whyNot}.`;
    const next = "Revert the change in Git.";
    return { ...said, reason: "RollbackRefused", message, next, key: `${app} ${message}` };
  }
  const message = `left for the last healthy render, of ${to.slice(0, 7)}: ${asked} (${why}).`;
  const { next } = reasonInfo("RolledBack");
  return { ...said, reason: "RolledBack", message, next, key: `${app} RolledBack ${from}` };
}
