import { Fault } from "./fault.ts";

/** Nothing is served at this path. */
export function pathNotFound(): Fault {
  const message = "the server could not find the requested resource";
  return new Fault(404, "NotFound", { message, details: {} });
}
