import type { AgentEvent } from "./model/event.ts";

/** A bug, as it is told: its message, its stack, and whose flight it ended. */
export function crashEvent(error: unknown, app?: string): AgentEvent {
  const isError = error instanceof Error;
  return {
    type: "error",
    message: isError ? error.message : String(error),
    ...(app === undefined ? {} : { app }),
    ...(isError && error.stack !== undefined ? { stack: error.stack } : {}),
  };
}
