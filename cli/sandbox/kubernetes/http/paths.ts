import { Fault } from "./fault.ts";

/** Nothing is served at this path. */
export function pathNotFound(): Fault {
  const message = "the server could not find the requested resource";
  return new Fault(404, "NotFound", { message, details: {} });
}

/** Not even the API group is known: the server answers in plain text. */
export class PageNotFound extends Error {
  override readonly name = "PageNotFound";
}
