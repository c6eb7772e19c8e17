import type { Hasher } from "../model/digest.ts";
import {
  installationLabel,
  inventoryName,
  ownerAnnotation,
  ownerMark,
  partOfLabel,
} from "../model/names.ts";
import { type KubeObject, refOf } from "../model/object.ts";

export interface Owner {
  readonly installation: string;
  readonly app: string;
  /** Value of the part-of label. */
  readonly applySet: string;
}

/**
 * P-2: what makes an object ours: its mark, and the labels that watches and kubectl select by. On top-level metadata
 * only, and nothing that moves with commit, time or content (P-4): it would rewrite every object for nothing.
 */
export function marked(object: KubeObject, { installation, app, applySet }: Owner): KubeObject {
  const { labels = {}, annotations = {}, ...rest } = object.metadata;
  return {
    ...object,
    metadata: {
      ...rest,
      labels: { ...labels, [installationLabel]: installation, [partOfLabel]: applySet },
      annotations: {
        ...annotations,
        [ownerAnnotation]: ownerMark(installation, app, refOf(object)),
      },
    },
  };
}

/** The ApplySet id of an app: kubectl computes the same from the name of the inventory (4.3). */
export function applySetIdOf(app: string, agentNamespace: string, hasher: Hasher): string {
  const hex = hasher.sha256(`${inventoryName(app)}.${agentNamespace}.ConfigMap.`);
  const bytes = hex.match(/../g) ?? [];
  const binary = bytes.map((byte) => String.fromCharCode(Number.parseInt(byte, 16))).join("");
  const base64url = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `applyset-${base64url}-v1`;
}
