import type { ClusterClient } from "../../agent/cluster/client.ts";
import { isConflict } from "../../agent/cluster/errors.ts";
import type { RequestKind } from "../../agent/model/names.ts";
import { requestAnnotation } from "../../agent/model/names.ts";
import { type KubeObject, versionedRefOf, versionOf } from "../../agent/model/object.ts";
import { isoTime } from "../../agent/schedule/clock.ts";
import type { CliPorts } from "./context.ts";

/** What a person asks of the agent (P-85). */
export interface RequestBody {
  readonly id: string;
  /** ISO 8601 */
  readonly at: string;
  readonly plan?: string;
  /** `restore`: which, by `refId`, and the commit that dropped them. */
  readonly objects?: readonly string[];
  readonly from?: string;
  /** `rollback`: which kept render. */
  readonly to?: string;
  /** `suspend`, `rollback`: why, and until when; a suspension that is over when it is made resumes. */
  readonly reason?: string;
  readonly until?: string;
  /** Who asks, as the cluster knows us. */
  readonly by?: string;
}

/** A request that nobody else has made. */
export function newRequest(
  { clock, random }: Pick<CliPorts, "clock" | "random">,
  plan?: string,
): RequestBody {
  const id = random.id();
  return { id, at: isoTime(clock.now()), ...(plan === undefined ? {} : { plan }) };
}

const tries = 5;

export interface RequestTarget {
  readonly kind: RequestKind;
  readonly body: RequestBody;
  /** The object as it was shown. */
  readonly object: KubeObject;
  /** Whether what was shown still holds, asked again of a newer object. */
  stillHolds(object: KubeObject): boolean;
}

/**
 * Writes the request annotation on the App object, over the version that was shown (P-85). False: it has changed meanwhile
 * so that the request would mean something else; nothing is written.
 */
export async function writeRequest(
  client: ClusterClient,
  { kind, body, object, stillHolds }: RequestTarget,
  signal: AbortSignal,
): Promise<boolean> {
  const annotation = { name: requestAnnotation(kind), value: JSON.stringify(body) };
  let current: KubeObject | undefined = object;
  for (let attempt = 1; current !== undefined && stillHolds(current); attempt++) {
    try {
      await annotate(client, { object: current, annotation }, signal);
      return true;
    } catch (error) {
      if (!isConflict(error) || attempt === tries) throw error;
      current = await client.get(versionedRefOf(object), signal);
    }
  }
  return false;
}

export interface Annotating {
  readonly object: KubeObject;
  readonly annotation: { readonly name: string; readonly value: string };
}

/** Sets one annotation and touches nothing else; a 409 when the object moved since it was read. */
export async function annotate(
  client: ClusterClient,
  { object, annotation: { name, value } }: Annotating,
  signal: AbortSignal,
): Promise<void> {
  const pointer = `/metadata/annotations/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  const hasAny = object.metadata.annotations !== undefined;
  const operations = [
    ...(hasAny ? [] : [{ op: "add", path: "/metadata/annotations", value: {} } as const]),
    { op: "add", path: pointer, value } as const,
  ];
  await client.patch(versionedRefOf(object), operations, versionOf(object), signal);
}
