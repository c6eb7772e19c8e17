import type { Readable } from "node:stream";

export interface Kept {
  readonly data: Buffer;
}

/** Reads a pipe to its end, so that the child is never stuck, and keeps the first bytes of it. */
export function keepFirst(
  stream: Readable,
  limit: number,
  whenOver: () => Promise<void> | undefined,
): () => Kept {
  const chunks: Buffer[] = [];
  let size = 0;
  let isOver = false;
  stream.on("data", (chunk: Buffer) => {
    const room = limit - size;
    if (room > 0) chunks.push(chunk.subarray(0, room));
    size += Math.min(room, chunk.length);
    if (chunk.length <= room || isOver) return;
    isOver = true;
    void whenOver();
  });
  // A pipe that breaks shows as an exit that is not whole.
  stream.on("error", () => undefined);
  return () => ({ data: Buffer.concat(chunks) });
}
