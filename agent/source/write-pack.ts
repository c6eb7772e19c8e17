import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import type { GitObject, ObjectType } from "./pack.ts";

const codes: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/** A pack of whole objects, without deltas. */
export function writePack(objects: readonly GitObject[]): Buffer {
  const head = Buffer.alloc(12);
  head.write("PACK");
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(objects.length, 8);
  const body = Buffer.concat([head, ...objects.flatMap(entryOf)]);
  return Buffer.concat([body, createHash("sha1").update(body).digest()]);
}

function entryOf({ type, content }: GitObject): Buffer[] {
  const head: number[] = [];
  let rest = Math.floor(content.length / 16);
  let byte = (codes[type] << 4) | (content.length % 16);
  while (rest > 0) {
    head.push(byte | 128);
    byte = rest % 128;
    rest = Math.floor(rest / 128);
  }
  head.push(byte);
  return [Buffer.from(head), deflateSync(content)];
}
