import { canonicalJson, isJsonObject, type JsonObject, parseJson } from "../model/json.ts";
import { installKeyName, stateName } from "../model/names.ts";
import type { KubeObject } from "../model/object.ts";
import type { Owner, Reader } from "./client.ts";
import { isConflict } from "./errors.ts";
import { type Stored, store, versionedAt } from "./stored.ts";

/** What the agent remembers beyond its units. */
export interface AgentState {
  /** The commit whose configuration is in force. */
  readonly acceptedCommit?: string;
  /** Apps that ran here at the last look, so that mass removal is seen. */
  readonly units: readonly string[];
  /** `holdfast accept --tip`, an annotation bound to both ids; read only. */
  readonly acceptTip?: { readonly from: string; readonly to: string };
  /** Keys of newer versions are kept. */
  readonly extra?: JsonObject;
}

/** Annotation on `holdfast-state` by which a person lets a rewritten branch be followed: JSON `{from, to}` (P-52). */
export const acceptTipAnnotation = "holdfast.dev/accept-tip";

export interface StateStore {
  /** Undefined: none yet, or one that cannot be read (it is only a memory, and is written anew). */
  read(signal: AbortSignal): Promise<Stored<AgentState | undefined> | undefined>;
  /** Without `over` it must not exist yet. An ApiError 409 means: somebody else wrote. */
  write(
    state: AgentState,
    over: string | undefined,
    signal: AbortSignal,
  ): Promise<Stored<AgentState>>;
}

export interface StateOptions {
  readonly client: Reader & Owner;
  readonly namespace: string;
}

const key = "state.json";

/** ConfigMap `holdfast-state` (P-84). */
export function createStateStore({ client, namespace }: StateOptions): StateStore {
  const ref = { group: "", version: "v1", kind: "ConfigMap", namespace, name: stateName };
  return {
    read: async (signal) => {
      const found = await client.get(ref, signal);
      if (found === undefined) return undefined;
      return { value: stateOf(found), resourceVersion: versionedAt(found) };
    },
    write: async (state, over, signal) => {
      const { extra, acceptTip: _acceptTip, ...rest } = state;
      const object: KubeObject = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: stateName, namespace },
        data: { [key]: canonicalJson({ ...extra, ...rest }) },
      };
      const answer = await store(client, { object, over }, signal);
      return { value: state, resourceVersion: versionedAt(answer) };
    },
  };
}

function stateOf(object: KubeObject): AgentState | undefined {
  const data = object.data;
  const text = isJsonObject(data) ? data[key] : undefined;
  const content = typeof text === "string" ? parsed(text) : undefined;
  if (!isJsonObject(content)) return undefined;
  const tip = parsed(object.metadata.annotations?.[acceptTipAnnotation] ?? "null");
  const { acceptedCommit, acceptTip, units, ...extra } = content;
  return {
    ...(typeof acceptedCommit === "string" && { acceptedCommit }),
    ...(isJsonObject(tip) && { acceptTip: { from: String(tip.from), to: String(tip.to) } }),
    units: Array.isArray(units) ? units.filter((unit) => typeof unit === "string") : [],
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export interface InstallKeyOptions extends StateOptions {
  /** 32 random bytes, for the case that there is no key yet. */
  readonly fresh: () => Uint8Array;
}

/** The key of all digests of Secret values, made once (P-84). Throws when the Secret is there without a key. */
export async function installKey(
  { client, namespace, fresh }: InstallKeyOptions,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const ref = { group: "", version: "v1", kind: "Secret", namespace, name: installKeyName };
  const found = await client.get(ref, signal);
  if (found !== undefined) return keyOf(found);
  const bytes = fresh();
  if (bytes.length !== 32) throw new Error("An install key has 32 bytes.");
  const object: KubeObject = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: installKeyName, namespace },
    type: "Opaque",
    data: { key: Buffer.from(bytes).toString("base64") },
  };
  try {
    return keyOf(await client.create(object, signal));
  } catch (error) {
    if (!isConflict(error)) throw error;
    const rival = await client.get(ref, signal);
    if (rival === undefined) throw error;
    return keyOf(rival);
  }
}

function keyOf(secret: KubeObject): Uint8Array {
  const data = secret.data;
  const text = isJsonObject(data) ? data.key : undefined;
  const bytes = typeof text === "string" ? Buffer.from(text, "base64") : undefined;
  if (bytes?.length === 32) return bytes;
  throw new Error(
    `Secret ${installKeyName} holds no key of 32 bytes: delete it to have a new one.`,
  );
}
