import type { Commit } from "../model/artifact.ts";

export interface AcceptTrailer {
  readonly app: string;
  /** The digest that it lets through, and no other; absent: what its own commit drops. */
  readonly plan?: string;
  /** Most objects that may go; absent: no number was given. */
  readonly max?: number;
}

/** What a commit's trailers ask of the agents (P-52, O-34). */
export interface Trailers {
  /** `Holdfast-Accept: shop max=40`, or `Holdfast-Accept: shop plan=3f9a1c2b7d4e` */
  readonly accepts: readonly AcceptTrailer[];
  /** `Holdfast-Accept-Tip: <old tip>`: 7 to 40 hex digits. */
  readonly acceptTips: readonly string[];
  /** `Holdfast-Supersede: shop` */
  readonly supersedes: readonly string[];
  /** Lines that begin like one of ours and are not honoured, so that a hold can say why (O31). */
  readonly malformed: readonly string[];
}

const line = /^([A-Za-z0-9-]+): *(.*?) *$/;
const app = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** Reads the trailers of a commit: its last paragraph, if that holds trailers only and is not the title. */
export function trailersOf({ message }: Pick<Commit, "message">): Trailers {
  const pairs = trailerLines(message);
  const accepts = pairs.flatMap(({ key, value }) =>
    key === "Holdfast-Accept" ? acceptOf(value) : [],
  );
  const acceptTips = valuesOf(pairs, "Holdfast-Accept-Tip", /^[0-9a-f]{7,40}$/);
  const supersedes = valuesOf(pairs, "Holdfast-Supersede", app);
  const malformed = pairs
    .filter(({ key }) => key.toLowerCase().startsWith("holdfast-"))
    .filter((pair) => !isHonoured(pair))
    .map(({ key, value }) => `${key}: ${value}`);
  return { accepts, acceptTips, supersedes, malformed };
}

interface Pair {
  readonly key: string;
  readonly value: string;
}

function trailerLines(message: string): readonly Pair[] {
  const text = message.replaceAll("\r\n", "\n").trim();
  const paragraphs = text.split(/\n[ \t]*\n/);
  // A trailer in the title is a title; one in the body is a quotation.
  if (paragraphs.length < 2) return [];
  const lines = (paragraphs.at(-1) ?? "").trim().split("\n");
  const pairs: Pair[] = [];
  for (const text of lines) {
    const [, key, value] = line.exec(text) ?? [];
    if (key !== undefined && value !== undefined) pairs.push({ key, value });
    else if (!isFiller(text)) return [];
  }
  return pairs;
}

/** What Git itself lets stand between trailers: a continued value, and the note of a cherry-pick. */
function isFiller(text: string): boolean {
  return /^[ \t]/.test(text) || text.startsWith("(cherry picked from commit ");
}

function acceptOf(value: string): AcceptTrailer[] {
  const [, name, plan, max] =
    /^(\S+)(?: +plan=([0-9a-f]{12,64}))?(?: +max=([0-9]{1,6}))?$/.exec(value) ?? [];
  if (name === undefined || !app.test(name)) return [];
  const named = plan === undefined ? {} : { plan };
  return [{ app: name, ...named, ...(max === undefined ? {} : { max: Number(max) }) }];
}

function valuesOf(pairs: readonly Pair[], key: string, grammar: RegExp): string[] {
  return pairs.flatMap((pair) =>
    pair.key === key && grammar.test(pair.value) ? [pair.value] : [],
  );
}

function isHonoured({ key, value }: Pair): boolean {
  if (key === "Holdfast-Accept") return acceptOf(value).length > 0;
  if (key === "Holdfast-Accept-Tip") return /^[0-9a-f]{7,40}$/.test(value);
  return key === "Holdfast-Supersede" && app.test(value);
}
