const quote = 0x22;
const backslash = 0x5c;
/** `{` and `[` go one deeper, `}` and `]` back; all other bytes 0. */
const step = new Int8Array(256);
step[0x7b] = 1;
step[0x5b] = 1;
step[0x7d] = -1;
step[0x5d] = -1;

/** How deep brackets nest in JSON bytes, before anything recurses into them (T-11). */
export function nesting(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) at = endOfString(bytes, at);
    depth += step[byte] ?? 0;
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}

function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
}
