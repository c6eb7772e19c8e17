import { isJsonObject, type JsonObject } from "../../agent/model/json.ts";
import type { ClusterAddress } from "./clusters.ts";

/** Reads and edits one API server with plain requests: what the demo claims is checked without any code of the agent. */
export interface DemoApi {
  /** undefined: 404. */
  get(path: string): Promise<JsonObject | undefined>;
  /** A merge patch, as another tool would send it. */
  patch(path: string, change: JsonObject, manager: string): Promise<void>;
}

export function createDemoApi({ url, token }: ClusterAddress, signal: AbortSignal): DemoApi {
  const authorization = `Bearer ${token}`;
  return {
    async get(path) {
      const answer = await fetch(url + path, { headers: { authorization }, signal });
      if (answer.status === 404) {
        await answer.arrayBuffer(); // of a group that is not served yet it is no JSON
        return undefined;
      }
      const body: unknown = await answer.json();
      if (!answer.ok || !isJsonObject(body)) throw new Error(`GET ${path}: ${answer.status}`);
      return body;
    },
    async patch(path, change, manager) {
      const answer = await fetch(`${url}${path}?fieldManager=${manager}`, {
        method: "PATCH",
        headers: { authorization, "content-type": "application/merge-patch+json" },
        body: JSON.stringify(change),
        signal,
      });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`PATCH ${path}: ${answer.status}`);
    },
  };
}

/** The value below some keys; undefined where there is none. */
export function fieldAt(value: unknown, ...keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>((at, key) => {
    if (Array.isArray(at) && typeof key === "number") return at[key];
    return isJsonObject(at) && typeof key === "string" ? at[key] : undefined;
  }, value);
}
