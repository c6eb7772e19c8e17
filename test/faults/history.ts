import { readFile } from "node:fs/promises";
import { decodeInventory } from "../../agent/cluster/inventory-format.ts";
import { isJsonObject, parseJson } from "../../agent/model/json.ts";
import { inventoryName, ownerAnnotation, ownerMark } from "../../agent/model/names.ts";
import {
  groupOf,
  type KubeObject,
  type ObjectRef,
  refId,
  refOf,
} from "../../agent/model/object.ts";
import { Api, type ApiTarget, isKubeObject } from "./api.ts";
import { Etcd } from "./etcd.ts";
import type {
  AcceptedCommit,
  ApiWrite,
  DryRun,
  History,
  InventoryEvent,
  LiveEvent,
  Refusal,
  UnitCase,
} from "./oracle/model.ts";
import type { Told } from "./told.ts";

export interface RecorderOptions {
  readonly target: ApiTarget;
  readonly etcdUrl: string;
  /** Of this cluster's keys: `/cluster-1`. */
  readonly prefix: string;
  readonly auditLog: string;
  /** The user as which agents speak. */
  readonly user: string;
  /** The agent's namespace. */
  readonly namespace: string;
}

/** Puts together what happened on one cluster, from the API server's audit log and etcd's revision log. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #etcd: Etcd;
  readonly #api: Api;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#etcd = new Etcd(options.etcdUrl);
    this.#api = new Api(options.target);
  }

  /** A moment of the revision log: taken before a push, the commit cannot have been seen earlier. */
  mark(): Promise<number> {
    return this.#etcd.mark();
  }

  async read(told: Told): Promise<History> {
    const { namespace } = this.#options;
    const { commits, acceptances } = told;
    const units = told.units();
    await this.#untilAudited();
    const events = liveEvents(await this.#etcd.log(this.#options.prefix));
    const dryRuns: DryRun[] = [];
    for (const unit of units) dryRuns.push(...(await this.#compare(unit, commits.at(-1))));
    return {
      commits,
      acceptances,
      units,
      namespace,
      events,
      inventories: this.#inventoryEvents(events),
      ...(await this.#writes(events)),
      dryRuns,
    };
  }

  /** Asks the agent's user's own writes of the audit log; used alone to see that nothing was written. */
  async writesSince(time: number): Promise<readonly AuditLine[]> {
    await this.#untilAudited();
    const all = await this.#audited();
    return all.filter((line) => isWrite(line) && Date.parse(line.stageTimestamp) >= time);
  }

  /** The line of a request follows its answer: one more request, and its line, bound the wait. */
  async #untilAudited(): Promise<void> {
    const name = `probe-${Math.random().toString(36).slice(2)}`;
    await this.#api.ask("GET", `/api/v1/namespaces/default/configmaps/${name}`);
    for (let attempt = 0; attempt < 100; attempt++) {
      if ((await readFile(this.#options.auditLog, "utf8")).includes(name)) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }

  async #audited(): Promise<readonly AuditLine[]> {
    const text = await readFile(this.#options.auditLog, "utf8");
    const mine = `"username":"${this.#options.user}"`;
    return text
      .split("\n")
      .filter((line) => line.includes(mine))
      .map((line) => parseJson(line))
      .filter(isAuditLine)
      .filter(({ user }) => user.username === this.#options.user)
      .sort((a, b) => (a.stageTimestamp < b.stageTimestamp ? -1 : 1));
  }

  async #writes(events: readonly LiveEvent[]): Promise<Pick<History, "requests" | "refusals">> {
    const index = new EventIndex(events);
    const writes: ApiWrite[] = [];
    const refusals: Refusal[] = [];
    let seenAt = 0;
    for (const line of await this.#audited()) {
      if (isRefusedDryRun(line)) refusals.push({ ...refusalOf(line), seenAt });
      if (!isWrite(line)) continue;
      const write = describeWrite(line, index);
      if (write === undefined) continue;
      seenAt = Math.max(seenAt, write.revision ?? answeredVersion(line));
      writes.push({ ...write, seenAt });
    }
    return { requests: writes, refusals };
  }

  #inventoryEvents(events: readonly LiveEvent[]): readonly InventoryEvent[] {
    const { namespace } = this.#options;
    const prefix = inventoryName("");
    return events
      .filter(({ ref }) => ref.kind === "ConfigMap" && ref.namespace === namespace)
      .filter(({ ref }) => ref.name.startsWith(prefix))
      .map(({ revision, ref, object }) => ({
        revision,
        app: ref.name.slice(prefix.length),
        inventory: object && inventoryIn(object),
      }));
  }

  async #compare(unit: UnitCase, last: AcceptedCommit | undefined): Promise<readonly DryRun[]> {
    const declared = last === undefined ? undefined : unit.declared.get(last.id);
    if (unit.expectHeld || declared === undefined || declared === "broken") return [];
    const runs: DryRun[] = [];
    for (const object of declared) {
      const live = await this.#api.get(object);
      const predicted = live && (await this.#api.dryRun(withOurs(unit.app, object, live)));
      runs.push({ app: unit.app, ref: refOf(object), live, predicted });
    }
    return runs;
  }
}

function inventoryIn({ binaryData, metadata }: KubeObject): InventoryEvent["inventory"] {
  const content = isJsonObject(binaryData) ? binaryData["inventory.json.gz"] : undefined;
  if (typeof content !== "string") throw new Error(`${metadata.name} holds no inventory`);
  return decodeInventory(Buffer.from(content, "base64"));
}

/** As Holdfast would send it: left out, its mark and labels would be taken away by the dry run. */
function withOurs(app: string, object: KubeObject, live: KubeObject): KubeObject {
  const mark = live.metadata.annotations?.[ownerAnnotation] ?? "";
  const installation = mark.split("/")[0] ?? "";
  const labels = Object.entries(live.metadata.labels ?? {}).filter(([key]) =>
    ["holdfast.dev/installation", "applyset.kubernetes.io/part-of"].includes(key),
  );
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata.labels, ...Object.fromEntries(labels) },
      annotations: {
        ...object.metadata.annotations,
        [ownerAnnotation]: ownerMark(installation, app, refOf(object)),
      },
    },
  };
}

const untracked = new Set(["Event", "Lease", "EndpointSlice", "Endpoints"]);

function liveEvents(
  log: readonly {
    readonly revision: number;
    readonly key: string;
    readonly value: string | undefined;
  }[],
): readonly LiveEvent[] {
  const refs = new Map<string, ObjectRef>();
  const events: LiveEvent[] = [];
  for (const { revision, key, value } of log) {
    if (value === undefined) {
      const ref = refs.get(key);
      if (ref !== undefined) events.push({ revision, ref, object: undefined });
      continue;
    }
    if (!value.startsWith("{")) continue;
    const object = parseJson(value);
    if (!isKubeObject(object) || untracked.has(object.kind)) continue;
    const ref = refOf(object);
    refs.set(key, ref);
    events.push({ revision, ref, object });
  }
  return events;
}

interface AuditLine {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly stageTimestamp: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
}

function isAuditLine(value: unknown): value is AuditLine {
  return isJsonObject(value) && isJsonObject(value.user) && typeof value.verb === "string";
}

const writing = new Set(["create", "update", "patch", "delete", "deletecollection"]);

function isWrite({ verb, requestURI, objectRef }: AuditLine): boolean {
  if (!writing.has(verb) || requestURI.includes("dryRun=All")) return false;
  // Asks and stores nothing.
  return !/reviews$/.test(objectRef?.resource ?? "") && objectRef?.subresource !== "token";
}

function isRefusedDryRun({ requestURI, responseStatus }: AuditLine): boolean {
  return requestURI.includes("dryRun=All") && responseStatus?.code === 422;
}

function refusalOf(line: AuditLine): Omit<Refusal, "seenAt"> {
  return {
    ref: namedRef(line),
    message: JSON.stringify(line.responseObject ?? line.responseStatus),
  };
}

function answeredVersion({ responseObject }: AuditLine): number {
  const version = isKubeObject(responseObject)
    ? responseObject.metadata.resourceVersion
    : undefined;
  return version === undefined ? 0 : Number(version);
}

/** Finds what a request did in the revision log. */
class EventIndex {
  readonly #byUid = new Map<string, LiveEvent[]>();
  readonly #byRevision = new Map<number, LiveEvent>();

  constructor(events: readonly LiveEvent[]) {
    const uids = new Map<string, string>();
    for (const event of events) {
      this.#byRevision.set(event.revision, event);
      const uid = event.object?.metadata.uid ?? uids.get(refId(event.ref));
      if (uid === undefined) continue;
      uids.set(refId(event.ref), uid);
      const list = this.#byUid.get(uid) ?? [];
      list.push(event);
      this.#byUid.set(uid, list);
    }
  }

  refOfUid(uid: string): ObjectRef | undefined {
    return this.#byUid.get(uid)?.[0]?.ref;
  }

  /** The revision at which the object went, or began to go, after the version that the DELETE named. */
  deletion(uid: string, after: number): number | undefined {
    return this.#byUid
      .get(uid)
      ?.find(
        ({ revision, object }) =>
          revision > after &&
          (object === undefined || object.metadata.deletionTimestamp !== undefined),
      )?.revision;
  }

  /** Whether that revision of the log wrote this object. */
  wrote(revision: number, ref: ObjectRef): boolean {
    const event = this.#byRevision.get(revision);
    return event !== undefined && refId(event.ref) === refId(ref);
  }
}

function describeWrite(line: AuditLine, index: EventIndex): Omit<ApiWrite, "seenAt"> | undefined {
  const { objectRef = {}, requestObject: body } = line;
  if (objectRef.resource === "leases" || objectRef.resource === "events") return undefined;
  const status = line.responseStatus?.code ?? 0;
  const preconditions = preconditionsOf(body);
  const uid = preconditions.uid ?? deletedUid(line.responseObject);
  const ref = (uid === undefined ? undefined : index.refOfUid(uid)) ?? namedRef(line);
  const common = { ref, subresource: objectRef.subresource ?? "", status, body, preconditions };
  if (line.verb === "delete" || line.verb === "deletecollection") {
    const after = Number(preconditions.resourceVersion ?? 0);
    const revision = status < 300 && uid !== undefined ? index.deletion(uid, after) : undefined;
    return { ...common, verb: line.verb, revision };
  }
  const answered = answeredVersion(line);
  const revision = status < 300 && index.wrote(answered, ref) ? answered : undefined;
  return { ...common, verb: verbOf(line), revision };
}

function verbOf({ verb, requestURI }: AuditLine): ApiWrite["verb"] {
  // Only server-side apply takes `force`.
  if (verb === "patch") return requestURI.includes("force=") ? "apply" : "patch";
  return verb === "create" ? "create" : "update";
}

function preconditionsOf(body: unknown): ApiWrite["preconditions"] {
  const found = isJsonObject(body) ? body.preconditions : undefined;
  if (!isJsonObject(found)) return {};
  const { uid, resourceVersion } = found;
  return {
    ...(typeof uid === "string" ? { uid } : {}),
    ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
  };
}

function deletedUid(answer: unknown): string | undefined {
  if (!isJsonObject(answer)) return undefined;
  const details = answer.details;
  if (isJsonObject(details) && typeof details.uid === "string") return details.uid;
  return isKubeObject(answer) ? answer.metadata.uid : undefined;
}

/** The identity by what was sent; else by the URL, whose resource stands for the kind. */
function namedRef({ objectRef = {}, requestObject, responseObject }: AuditLine): ObjectRef {
  const object = [requestObject, responseObject].find(
    (one) => isKubeObject(one) && !["DeleteOptions", "Status"].includes(one.kind),
  );
  const { namespace = "", name = "", resource = "", apiGroup = "" } = objectRef;
  if (!isKubeObject(object)) return { group: apiGroup, kind: resource, namespace, name };
  return { group: groupOf(object.apiVersion), kind: object.kind, namespace, name };
}
