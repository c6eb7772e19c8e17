/** One Go module in a binary. */
export interface GoModule {
  readonly path: string;
  readonly version: string;
}

export interface GoBinary {
  /** `go1.26.1` */
  readonly go: string;
  /** The package that was built, as `helm.sh/helm/v4/cmd/helm`. */
  readonly main: string;
  readonly modules: readonly GoModule[];
}

const magic = Buffer.from("\xff Go buildinf:", "latin1");
const headerBytes = 32;
/** Flag of the header: the two strings follow it, each after its length. */
const inlineStrings = 2;
/** Go puts 16 bytes of its own before and after the list of modules. */
const sentinelBytes = 16;

/** What Go wrote into a binary about what it is made of (package debug/buildinfo); undefined: it is none of Go's. */
export function readGoBinary(binary: Buffer): GoBinary | undefined {
  for (let at = binary.indexOf(magic); at >= 0; at = binary.indexOf(magic, at + 1)) {
    const found = readAt(binary, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The magic alone is no proof: a program that reads such headers, as helm does, has it among its constants. */
function readAt(binary: Buffer, at: number): GoBinary | undefined {
  if (((binary[at + magic.length + 1] ?? 0) & inlineStrings) === 0) return undefined;
  const go = readString(binary, at + headerBytes);
  if (!/^(go|devel)/.test(go.text)) return undefined;
  const { text } = readString(binary, go.end);
  const lines = text
    .slice(sentinelBytes, -sentinelBytes)
    .split("\n")
    .map((line) => line.split("\t"));
  const main = lines.find(([kind]) => kind === "path")?.[1] ?? "";
  return { go: go.text, main, modules: modulesOf(lines) };
}

/** The one with the program is `mod`; a replaced module is followed by what stands for it. */
function modulesOf(lines: readonly (readonly string[])[]): readonly GoModule[] {
  const modules: GoModule[] = [];
  for (const [kind, path = "", version = ""] of lines) {
    if (kind === "=>") modules.pop();
    if (kind === "mod" || kind === "dep" || kind === "=>") modules.push({ path, version });
  }
  return modules;
}

/** Length as a varint, then the bytes. */
function readString(
  binary: Buffer,
  start: number,
): { readonly text: string; readonly end: number } {
  let length = 0;
  let at = start;
  for (let shift = 0; shift < 32; shift += 7) {
    const byte = binary[at++] ?? 0;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return { text: binary.toString("latin1", at, at + length), end: at + length };
}
