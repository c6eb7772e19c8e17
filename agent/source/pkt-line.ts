import { invalid } from "./errors.ts";

/** One packet of Git's wire: data, or one of the three marks (gitprotocol-common, gitprotocol-v2). */
export type Packet = Buffer | "flush" | "delim" | "end";

export const flush = Buffer.from("0000");
export const delim = Buffer.from("0001");

/** A packet of text or bytes; text lines end with a line feed by themselves. */
export function packet(data: string | Uint8Array): Buffer {
  const body = typeof data === "string" ? Buffer.from(`${data}\n`) : Buffer.from(data);
  return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, "0")), body]);
}

/** Side band 1: the pack, in packets of at most 65520 bytes. */
export function sideBand(pack: Uint8Array): Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 0; at < pack.length; at += 65515) {
    packets.push(packet(Buffer.concat([Buffer.from([1]), pack.subarray(at, at + 65515)])));
  }
  return packets;
}

/** Reads packets from `bytes`; `rest` is what follows the last one that is wanted (a pack, for a push). */
export function readPackets(
  bytes: Buffer,
  isLast: (packet: Packet) => boolean = () => false,
): { readonly packets: readonly Packet[]; readonly rest: Buffer } {
  const packets: Packet[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = Number.parseInt(bytes.toString("latin1", at, at + 4), 16);
    if (Number.isNaN(length) || length === 3) throw invalid("The answer holds a malformed packet.");
    const size = Math.max(4, length);
    const next = length >= 4 ? bytes.subarray(at + 4, at + length) : markOf(length);
    packets.push(next);
    at += size;
    if (isLast(next)) break;
  }
  return { packets, rest: bytes.subarray(at) };
}

function markOf(length: number): Packet {
  if (length === 0) return "flush";
  return length === 1 ? "delim" : "end";
}

/** Text lines up to the end, marks left out. */
export function linesOf(packets: readonly Packet[]): string[] {
  return packets.flatMap((next) =>
    typeof next === "string" ? [] : [next.toString().replace(/\n$/, "")],
  );
}
