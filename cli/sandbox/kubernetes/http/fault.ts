import type { Json } from "../json.ts";

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

export interface FaultDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** A request that the server refuses, as the Status object that it answers. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: number;
  readonly status: Json;

  constructor(
    code: number,
    reason: string,
    { message, details }: { message: string; details?: FaultDetails },
  ) {
    super(message);
    this.code = code;
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      ...(reason === "" ? {} : { reason }),
      ...(details === undefined ? {} : { details: { ...details } }),
      code,
    };
  }
}

/** What an error is about; messages name a resource as `deployments.apps`. */
export interface About {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly name: string;
}

function qualifiedName({ group, plural }: About): string {
  return group === "" ? plural : `${plural}.${group}`;
}

function detailsOf({ group, plural, name }: About): FaultDetails {
  return { ...(name === "" ? {} : { name }), ...(group === "" ? {} : { group }), kind: plural };
}

export function notFound(about: About): Fault {
  const message = `${qualifiedName(about)} "${about.name}" not found`;
  return new Fault(404, "NotFound", { message, details: detailsOf(about) });
}

export function alreadyExists(about: About): Fault {
  const message = `${qualifiedName(about)} "${about.name}" already exists`;
  return new Fault(409, "AlreadyExists", { message, details: detailsOf(about) });
}

export function conflict(about: About, why: string): Fault {
  const message = `Operation cannot be fulfilled on ${qualifiedName(about)} "${about.name}": ${why}`;
  return new Fault(409, "Conflict", { message, details: detailsOf(about) });
}

export const modified =
  "the object has been modified; please apply your changes to the latest version and try again";

export function invalid(about: About, causes: readonly Cause[]): Fault {
  const { group, kind, name } = about;
  const label = group === "" ? kind : `${kind}.${group}`;
  const texts = [
    ...new Set(
      causes.map(({ field, message }) => (field === undefined ? message : `${field}: ${message}`)),
    ),
  ];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  return new Fault(422, "Invalid", {
    message: `${label} "${name}" is invalid: ${list}`,
    details: {
      ...(name === "" ? {} : { name }),
      ...(group === "" ? {} : { group }),
      ...(kind === "" ? {} : { kind }),
      causes,
    },
  });
}

export function badRequest(message: string): Fault {
  return new Fault(400, "BadRequest", { message });
}

export function forbidden(about: About, why: string, causes?: readonly Cause[]): Fault {
  const message = `${qualifiedName(about)} "${about.name}" is forbidden: ${why}`;
  return new Fault(403, "Forbidden", {
    message,
    details: { ...detailsOf(about), ...(causes === undefined ? {} : { causes }) },
  });
}

export function internal(message: string): Fault {
  return new Fault(500, "", { message });
}

export function methodNotAllowed(): Fault {
  return new Fault(405, "MethodNotAllowed", {
    message: "the server does not allow this method on the requested resource",
    details: {},
  });
}

export function expired(message: string): Fault {
  return new Fault(410, "Expired", { message });
}

export function unsupported(message: string): Fault {
  return new Fault(415, "UnsupportedMediaType", { message, details: {} });
}
