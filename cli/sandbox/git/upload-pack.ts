import type { GitObject } from "../../../agent/source/pack.ts";
import {
  delim,
  flush,
  linesOf,
  packet,
  readPackets,
  sideBand,
} from "../../../agent/source/pkt-line.ts";
import { writePack } from "../../../agent/source/write-pack.ts";
import { type ObjectStore, parentsOf, peel, treeObjects } from "./objects.ts";
import { type SandboxRepository, treeOf } from "./repository.ts";

export interface UploadOptions {
  readonly shallow: boolean;
  readonly v2: boolean;
}

const agent = "agent=holdfast-sandbox";
const none = "0".repeat(40);

/** The answer to `GET info/refs?service=git-upload-pack`. */
export function advertiseUpload(repository: SandboxRepository, { shallow }: UploadOptions): Buffer {
  const capabilities = [
    "side-band-64k ofs-delta no-progress allow-tip-sha1-in-want allow-reachable-sha1-in-want",
    ...(shallow ? ["shallow"] : []),
    ...(repository.refs.has(`refs/heads/${repository.defaultBranch}`)
      ? [`symref=HEAD:refs/heads/${repository.defaultBranch}`]
      : []),
    agent,
  ].join(" ");
  return Buffer.concat([
    packet("# service=git-upload-pack"),
    flush,
    ...advertised(repository, capabilities),
    flush,
  ]);
}

/** Refs as protocol 0 lists them, the capabilities behind the first. */
export function advertised(repository: SandboxRepository, capabilities: string): Buffer[] {
  const lines = listRefs(repository).flatMap(({ name, id }) => {
    const peeled = peel(repository.objects, id);
    return peeled === id ? [`${id} ${name}`] : [`${id} ${name}`, `${peeled} ${name}^{}`];
  });
  const [first = `${none} capabilities^{}`, ...rest] = lines;
  return [packet(`${first}\0${capabilities}`), ...rest.map(packet)];
}

function listRefs({ refs, defaultBranch }: SandboxRepository): { name: string; id: string }[] {
  const head = refs.get(`refs/heads/${defaultBranch}`);
  const all = [...refs]
    .map(([name, id]) => ({ name, id }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return head === undefined ? all : [{ name: "HEAD", id: head }, ...all];
}

export function advertiseV2({ shallow }: UploadOptions): Buffer {
  return Buffer.concat([
    packet("# service=git-upload-pack"),
    flush,
    packet("version 2"),
    packet(agent),
    packet("ls-refs=unborn"),
    packet(shallow ? "fetch=shallow" : "fetch"),
    packet("object-format=sha1"),
    flush,
  ]);
}

/** The answer to `POST git-upload-pack`, in the protocol that the client speaks. */
export function uploadPack(repository: SandboxRepository, body: Buffer, isV2: boolean): Buffer {
  const lines = linesOf(readPackets(body).packets);
  if (!isV2) return fetchV0(repository, lines);
  return lines.includes("command=ls-refs") ? lsRefs(repository, lines) : fetchV2(repository, lines);
}

function lsRefs(repository: SandboxRepository, lines: readonly string[]): Buffer {
  const prefixes = lines.flatMap((line) =>
    line.startsWith("ref-prefix ") ? [line.slice(11)] : [],
  );
  const { objects, defaultBranch } = repository;
  const found = listRefs(repository)
    .filter(
      ({ name }) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix)),
    )
    .map(({ name, id }) => {
      const target =
        name === "HEAD" && lines.includes("symrefs")
          ? ` symref-target:refs/heads/${defaultBranch}`
          : "";
      const peeled = peel(objects, id);
      return packet(
        `${id} ${name}${target}${lines.includes("peel") && peeled !== id ? ` peeled:${peeled}` : ""}`,
      );
    });
  return Buffer.concat([...found, flush]);
}

interface Asked {
  readonly wants: readonly string[];
  readonly haves: readonly string[];
  /** Where the client's history is cut. */
  readonly shallow: ReadonlySet<string>;
  readonly depth: number | undefined;
  readonly isDone: boolean;
}

function parseAsked(lines: readonly string[]): Asked {
  const ids = (key: string) =>
    lines.flatMap((line) =>
      line.startsWith(`${key} `) ? [line.slice(key.length + 1, key.length + 41)] : [],
    );
  const depth = lines.find((line) => line.startsWith("deepen "));
  return {
    wants: ids("want"),
    haves: ids("have"),
    shallow: new Set(ids("shallow")),
    depth: depth === undefined ? undefined : Number(depth.slice(7)),
    isDone: lines.includes("done"),
  };
}

function fetchV2(repository: SandboxRepository, lines: readonly string[]): Buffer {
  const asked = parseAsked(lines);
  const { objects } = repository;
  const refusal = refusalOf(objects, asked);
  if (refusal !== undefined) return refusal;
  const common = asked.haves.filter((id) => objects.has(id));
  const acks = [packet("acknowledgments"), ...common.map((id) => packet(`ACK ${id}`))];
  if (!asked.isDone && common.length === 0) return Buffer.concat([...acks, packet("NAK"), flush]);
  const selection = select(objects, asked);
  const bounds = boundLines(selection);
  return Buffer.concat([
    ...(asked.isDone ? [] : [...acks, packet("ready"), delim]),
    ...(asked.depth === undefined ? [] : [packet("shallow-info"), ...bounds, delim]),
    packet("packfile"),
    ...sideBand(packOf(objects, selection)),
    flush,
  ]);
}

function fetchV0({ objects }: SandboxRepository, lines: readonly string[]): Buffer {
  const asked = parseAsked(lines);
  const refusal = refusalOf(objects, asked);
  if (refusal !== undefined) return refusal;
  const selection = select(objects, asked);
  const bounds = asked.depth === undefined ? [] : [...boundLines(selection), flush];
  const common = asked.haves.find((id) => objects.has(id));
  const ack = packet(common === undefined ? "NAK" : `ACK ${common}`);
  if (!asked.isDone) return Buffer.concat([...bounds, ...(asked.haves.length > 0 ? [ack] : [])]);
  const hasSideBand = lines.some((line) => line.includes("side-band-64k"));
  const pack = packOf(objects, selection);
  return Buffer.concat([...bounds, ack, ...(hasSideBand ? [...sideBand(pack), flush] : [pack])]);
}

function refusalOf(objects: ObjectStore, { wants }: Asked): Buffer | undefined {
  const unknown = wants.find((id) => !objects.has(id));
  return unknown === undefined ? undefined : packet(`ERR upload-pack: not our ref ${unknown}`);
}

interface Selection {
  readonly tags: readonly string[];
  readonly commits: readonly string[];
  /** What the client has already. */
  readonly known: ReadonlySet<string>;
  readonly shallow: readonly string[];
  readonly unshallow: readonly string[];
}

function select(objects: ObjectStore, asked: Asked): Selection {
  const starts = asked.wants.map((id) => peel(objects, id));
  const { reached, boundary } = reach(objects, starts, asked.depth ?? Number.POSITIVE_INFINITY);
  const known = knownTo(objects, asked);
  return {
    tags: asked.wants.filter((id) => peel(objects, id) !== id),
    commits: reached.filter((id) => !known.has(id)),
    known,
    shallow: boundary.filter((id) => !asked.shallow.has(id)),
    unshallow: [...asked.shallow].filter((id) => reached.includes(id) && !boundary.includes(id)),
  };
}

/** Commits within `depth` of the starts, and those whose parents lie beyond. */
function reach(objects: ObjectStore, starts: readonly string[], depth: number) {
  const reached = new Set<string>();
  let level: readonly string[] = [...new Set(starts)];
  for (let distance = 1; level.length > 0 && distance < depth; distance++) {
    for (const id of level) reached.add(id);
    const next = new Set(level.flatMap((id) => parentsOf(objects, id)));
    level = [...next].filter((id) => !reached.has(id));
  }
  const boundary = level.filter((id) => parentsOf(objects, id).length > 0);
  return { reached: [...reached, ...level], boundary };
}

function knownTo(objects: ObjectStore, { haves, shallow }: Asked): Set<string> {
  const known = new Set<string>();
  const open = haves.filter((id) => objects.has(id)).map((id) => peel(objects, id));
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (known.has(id)) continue;
    known.add(id);
    if (!shallow.has(id)) open.push(...parentsOf(objects, id));
  }
  return known;
}

function boundLines({ shallow, unshallow }: Selection): Buffer[] {
  return [
    ...shallow.map((id) => packet(`shallow ${id}`)),
    ...unshallow.map((id) => packet(`unshallow ${id}`)),
  ];
}

function packOf(objects: ObjectStore, { tags, commits, known }: Selection): Buffer {
  const seen = new Set<string>();
  for (const id of known) {
    const tree = objects.get(id)?.type === "commit" ? treeOf(objects, id) : undefined;
    if (tree !== undefined) for (const _ of treeObjects(objects, tree, seen));
  }
  const ids = [...tags, ...commits];
  for (const id of commits) ids.push(...treeObjects(objects, treeOf(objects, id), seen));
  const found = ids.flatMap((id): GitObject[] => {
    const object = objects.get(id);
    return object === undefined ? [] : [object];
  });
  return writePack(found);
}
