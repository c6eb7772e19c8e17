import { Ajv, type ValidateFunction } from "ajv";
import { canonicalJson } from "../model/json.ts";
import { documentApiVersion } from "../model/names.ts";
import type { KubeObject, ObjectMeta } from "../model/object.ts";
import { type State, states } from "../model/state.ts";
import type { DriftEntry, UnitStatus } from "../model/status.ts";
import { fitting } from "./app-limit.ts";
import { appSchema, requiredStatus } from "./app-schema.ts";
import { asReason } from "./finding.ts";

/**
 * The App object to write: metadata of `previous` is kept, so that it can be PUT. Spec and status are two writes, for
 * the API server drops a status that comes with the object itself. Status at most 64 KiB: history is cut first.
 */
export function toAppObject(
  status: UnitStatus,
  namespace: string,
  previous?: KubeObject,
): KubeObject {
  const metadata = metadataOf(status.app, namespace, previous);
  return {
    apiVersion: documentApiVersion,
    kind: "App",
    metadata,
    spec: specOf(status),
    status: statusOf(fitting(status), metadata.generation),
  };
}

function metadataOf(name: string, namespace: string, previous: KubeObject | undefined): ObjectMeta {
  const { managedFields: _, ...kept } = previous?.metadata ?? { name };
  return { ...kept, name, namespace };
}

function specOf({ cluster, namespace, path, renderer, ...rest }: UnitStatus) {
  const { rollout, desired, owner } = rest;
  return {
    cluster,
    namespace,
    path,
    renderer,
    ...(rollout === undefined ? {} : { rollout }),
    ...(desired === undefined ? {} : { desired }),
    ...(owner === undefined ? {} : { owner }),
  };
}

function statusOf(status: UnitStatus, generation: number | undefined) {
  const { app, cluster, namespace, path, rollout, owner, renderer, desired, ...rest } = status;
  const { changeId, digest, drift, objects, conditions, ...told } = rest;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  return {
    ...observed,
    ...told,
    ...(changeId === undefined ? {} : { change: changeId }),
    short: shortOf(status),
    objects: digest === undefined ? objects : { ...objects, digest },
    drift: drift.map(withoutValues),
    conditions: conditions.map((condition) => ({ ...condition, ...observed })),
  };
}

function shortOf({ revisions: { live }, desired }: UnitStatus) {
  return {
    ...(live === undefined ? {} : { live: live.commit.slice(0, 7) }),
    ...(desired === undefined ? {} : { want: desired.slice(0, 7) }),
  };
}

/** Fields by path, manager and time only: an App object shows no object contents (NEG-25). */
function withoutValues(entry: DriftEntry) {
  const fields = entry.fields.map(({ live: _live, desired: _desired, ...field }) => field);
  return { ...entry, fields };
}

/**
 * What a reader of the App object would notice, to compare: not its age (P8), and of a field that is fought over not what
 * its opponent wrote this time and when. Else a restless opponent would make us write as often as it does (D-21).
 */
export function appearance({ comparedAt: _, drift, ...status }: UnitStatus): string {
  const seen = { ...status, drift: drift.map(withoutValues).map(withoutTimes) };
  return canonicalJson(JSON.parse(JSON.stringify(seen)));
}

function withoutTimes(entry: ReturnType<typeof withoutValues>) {
  if (entry.action !== "backing-off") return entry;
  return { ...entry, fields: entry.fields.map(({ time: _time, ...field }) => field) };
}

type Identity = "app" | "cluster" | "namespace" | "path" | "rollout" | "owner" | "renderer";

/** An App object as `toAppObject` writes it. */
interface StoredApp extends KubeObject {
  readonly spec: Pick<
    UnitStatus,
    "cluster" | "namespace" | "path" | "rollout" | "owner" | "renderer" | "desired"
  >;
  readonly status: Omit<UnitStatus, Identity | "desired" | "changeId" | "digest" | "objects"> & {
    readonly observedGeneration?: number;
    readonly short?: unknown;
    readonly change?: string;
    readonly objects: UnitStatus["objects"] & { readonly digest?: string };
  };
}

/** The status an App object tells; undefined when it bears none of ours, or one that only a newer agent understands. */
export function fromAppObject(object: KubeObject): UnitStatus | undefined {
  if (!isStoredApp(object) || !isKnown(object.status)) return undefined;
  const { observedGeneration: _, short: __, change, objects, ...status } = object.status;
  const { digest, ...counts } = objects;
  return {
    app: object.metadata.name,
    ...object.spec,
    ...status,
    objects: counts,
    ...(change === undefined ? {} : { changeId: change }),
    ...(digest === undefined ? {} : { digest }),
    drift: status.drift.map(withValues),
    history: status.history.filter(({ reason }) => asReason(reason) !== undefined),
    problems: status.problems.filter(({ reason }) => asReason(reason) !== undefined),
    conditions: status.conditions.map(({ observedGeneration: ___, ...condition }) => condition),
  };
}

let validate: ValidateFunction<StoredApp> | undefined;

function isStoredApp(object: KubeObject): object is StoredApp {
  validate ??= new Ajv({ strict: false, validateFormats: false }).compile<StoredApp>({
    ...appSchema,
    required: ["metadata", "spec", "status"],
    properties: {
      ...appSchema.properties,
      spec: {
        ...appSchema.properties.spec,
        required: ["cluster", "namespace", "path", "renderer"],
      },
      status: { ...appSchema.properties.status, required: requiredStatus },
    },
  });
  return validate(object);
}

function isKnown({ state, reason }: StoredApp["status"]): boolean {
  return isState(state) && asReason(reason) !== undefined;
}

function isState(text: string): text is State {
  return Object.hasOwn(states, text);
}

function withValues(entry: DriftEntry): DriftEntry {
  const fields = entry.fields.map((field) => ({ ...field, live: undefined, desired: undefined }));
  return { ...entry, fields };
}
