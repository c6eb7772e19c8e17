import { packLimits, readPack } from "../../../agent/source/pack-check.ts";
import { flush, linesOf, packet, readPackets, sideBand } from "../../../agent/source/pkt-line.ts";
import type { ObjectStore } from "./objects.ts";
import type { SandboxRepository } from "./repository.ts";
import { advertised } from "./upload-pack.ts";

const none = "0".repeat(40);

/** The answer to `GET info/refs?service=git-receive-pack`. */
export function advertiseReceive(repository: SandboxRepository): Buffer {
  const capabilities =
    "report-status delete-refs side-band-64k ofs-delta quiet agent=holdfast-sandbox";
  const head = { ...repository, refs: repository.refs };
  const refs = advertised(head, capabilities).filter(
    (line, index) => index === 0 || !line.includes(" HEAD"),
  );
  return Buffer.concat([packet("# service=git-receive-pack"), flush, ...refs, flush]);
}

/** Takes a push: objects in, refs moved where they are what the client believed; forced updates and deletions allowed. */
export function receivePack(repository: SandboxRepository, body: Buffer): Buffer {
  const { packets, rest } = readPackets(body, (next) => next === "flush");
  const commands = linesOf(packets).map(parseCommand);
  const unpack = rest.length === 0 ? "ok" : unpackInto(repository.objects, rest);
  const results = commands.map((command) =>
    unpack === "ok" ? applyCommand(repository, command) : `ng ${command.ref} unpacker error`,
  );
  const report = Buffer.concat([packet(`unpack ${unpack}`), ...results.map(packet), flush]);
  const wantsSideBand = linesOf(packets)[0]?.includes("side-band-64k") === true;
  return Buffer.concat(wantsSideBand ? [...sideBand(report), flush] : [report]);
}

interface Command {
  readonly before: string;
  readonly after: string;
  readonly ref: string;
}

function parseCommand(line: string): Command {
  const [command = ""] = line.split("\0");
  const [before = "", after = "", ref = ""] = command.split(" ");
  return { before, after, ref };
}

function applyCommand(
  { refs, objects }: SandboxRepository,
  { before, after, ref }: Command,
): string {
  if (!/^refs\/[\w./+@=-]+$/.test(ref)) return `ng ${ref} invalid name`;
  if ((refs.get(ref) ?? none) !== before) return `ng ${ref} it moved meanwhile`;
  if (after === none) refs.delete(ref);
  else if (objects.has(after)) refs.set(ref, after);
  else return `ng ${ref} object missing`;
  return `ok ${ref}`;
}

function unpackInto(objects: ObjectStore, pack: Buffer): string {
  try {
    const external = (id: string) => objects.get(id);
    for (const object of readPack(pack, { limits: packLimits, external })) objects.add(object);
    return "ok";
  } catch (error) {
    return error instanceof Error ? error.message : "failed";
  }
}
