import type { ApiFailure } from "../model/api-failure.ts";
import type { Desired } from "../model/change.ts";
import { describeRef } from "../model/object.ts";
import type { Problem } from "../model/problem.ts";
import type { Reason } from "../model/reason.ts";

/** causes outside metadata that speak of fields which cannot change, on an object that existed. */
const immutableWords =
  /immutable|(may not|cannot) (be )?(chang|updat|modif)|updates? to .* forbidden/i;

/** and of nothing else. What is wrong besides would be wrong anew, and then nothing would be left. */
export function isImmutable({ status, causes }: ApiFailure): boolean {
  return (
    status === 422 &&
    causes.length > 0 &&
    causes.every(
      ({ field, message }) => !field.startsWith("metadata") && immutableWords.test(message),
    )
  );
}

/** A write raced with another: observe and plan that object again. */
export function isRace({ status, reason, causes }: ApiFailure): boolean {
  if (status === 409) return reason !== "AlreadyExists" || causes.length === 0;
  return status === 422 && causes.some(({ field }) => field === "metadata.uid");
}

/** A row of A-75. The first whose test holds gives the reason. */
interface ErrorClass {
  readonly reason: Reason;
  readonly test: (failure: ApiFailure) => boolean;
}

const classes: readonly ErrorClass[] = [
  { reason: "NamespaceUnavailable", test: isTerminating },
  { reason: "QuotaExceeded", test: ({ message }) => message.includes("exceeded quota") },
  { reason: "AdmissionDenied", test: ({ message }) => isDenied(message) },
  { reason: "Forbidden", test: ({ status }) => status === 403 },
  {
    reason: "NamespaceUnavailable",
    test: ({ status, detailsKind }) => status === 404 && detailsKind === "namespaces",
  },
  // Of the resource there are no details; of the object itself it is an observation: look again.
  { reason: "WriteRaced", test: ({ status, detailsKind }) => status === 404 && !!detailsKind },
  {
    reason: "KindMissing",
    test: ({ status, reason }) => reason === "KindUnknown" || status === 404,
  },
  { reason: "ImmutableField", test: isImmutable },
  // rival managers too, since only a create is not forced.
  { reason: "WriteRaced", test: isRace },
  { reason: "Rejected", test: ({ status }) => [400, 405, 413, 415, 422].includes(status) },
  { reason: "Rejected", test: isBadTyping }, // a key twice, or a key that is missing
  { reason: "Rejected", test: ({ message }) => message.includes("request is too large") },
  { reason: "ClusterUnreachable", test: ({ status }) => status === 401 },
  {
    reason: "ClusterUnreachable",
    test: ({ status, indeterminate }) => status === 0 && !indeterminate,
  },
];

/** What a refused request means for the object; all that is not known is transient, like a webhook that cannot be called. */
export function reasonOf(failure: ApiFailure): Reason {
  return classes.find(({ test }) => test(failure))?.reason ?? "ApiError";
}

/** it is waited for, and made again. */
function isTerminating({ status, causes }: ApiFailure): boolean {
  return status === 403 && causes.some(({ reason }) => reason === "NamespaceTerminating");
}

function isDenied(message: string): boolean {
  return /admission webhook .* denied|ValidatingAdmissionPolicy .* denied|denied the request/i.test(
    message,
  );
}

function isBadTyping({ status, message }: ApiFailure): boolean {
  return (
    status === 500 && /typed patch object|duplicate entries|not declared in schema/.test(message)
  );
}

const nextSteps: Partial<Record<Reason, string>> = {
  Rejected:
    "fix the object at that place; holdfast diff shows the server's answer before the merge",
  ImmutableField:
    "undo the change, allow it to be deleted and made again (annotate it holdfast.dev/recreate: enabled in Git), or delete it by hand",
  AdmissionDenied: "change the object as the policy asks, or ask the owner of the policy",
};

/** The failure of one object as a person needs it: where it is written, what the server says, what to do. */
export function problemOf(failure: ApiFailure, desired: Desired): Problem {
  const reason = reasonOf(failure);
  const next = nextSteps[reason];
  return {
    reason,
    message: `${describeRef(desired.ref)}: ${failure.message}`,
    ref: desired.ref,
    file: desired.file,
    line: desired.line,
    ...(failure.causes[0]?.field ? { field: failure.causes[0].field } : {}),
    ...(next === undefined ? {} : { next }),
  };
}
