import { createHash, createHmac, randomBytes } from "node:crypto";
import type { Hasher } from "../model/digest.ts";

/** `key` is the cluster's install key; the CLI, which stores nothing, makes one up. */
export function createHasher(key: Uint8Array = randomBytes(32)): Hasher {
  return {
    sha256: (data) => createHash("sha256").update(data).digest("hex"),
    keyed: (data) => createHmac("sha256", key).update(data).digest("hex"),
  };
}
