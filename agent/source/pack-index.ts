import { invalid } from "./errors.ts";

/** The object ids that an index of version 2 lists (gitformat-pack). */
export function indexedIds(index: Uint8Array): readonly string[] {
  const bytes = Buffer.from(index.buffer, index.byteOffset, index.byteLength);
  if (bytes.length < 1032 || bytes.readUInt32BE(0) !== 0xff744f63 || bytes.readUInt32BE(4) !== 2) {
    throw invalid("An index of the store is damaged.", "store");
  }
  const count = bytes.readUInt32BE(8 + 255 * 4);
  if (bytes.length < 1032 + count * 28) throw invalid("An index of the store is cut off.", "store");
  return Array.from({ length: count }, (_, number) => {
    const at = 1032 + number * 20;
    return bytes.toString("hex", at, at + 20);
  });
}
