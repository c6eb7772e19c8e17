import { createHash } from "node:crypto";
import { inventoryName } from "../model/names.ts";
import type { Reader } from "./client.ts";

const base32 = "abcdefghijklmnopqrstuvwxyz234567";

/** P-3: survives reinstalling, differs per cluster and namespace. */
export function installationOf(clusterUid: string, namespace: string): string {
  const digest = createHash("sha256").update(`${clusterUid}/${namespace}`).digest();
  let text = "";
  for (let at = 0; at < 50; at += 5) {
    const pair = ((digest[at >> 3] ?? 0) << 8) | (digest[(at >> 3) + 1] ?? 0);
    text += base32[(pair >> (11 - (at & 7))) & 31];
  }
  return text;
}

/** UID of the kube-system namespace: what a cluster is known by (NEG-72). Throws on a server that has none. */
export async function clusterUid(client: Reader, signal: AbortSignal): Promise<string> {
  const ref = { group: "", version: "v1", kind: "Namespace", namespace: "", name: "kube-system" };
  const uid = (await client.get(ref, signal))?.metadata.uid;
  if (uid === undefined) throw new Error("The cluster has no namespace kube-system.");
  return uid;
}

/** Value of the label by which kubectl lists an app's objects (P-2); the inventory is its parent (4.3). */
export function applySetId(app: string, namespace: string): string {
  const parent = `${inventoryName(app)}.${namespace}.ConfigMap.`;
  return `applyset-${createHash("sha256").update(parent).digest("base64url")}-v1`;
}
