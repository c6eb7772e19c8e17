/** The text of one document and the number of lines before it. */
export interface Chunk {
  readonly text: string;
  readonly linesBefore: number;
  /** What stands wrongly beside the separator that ends the chunk before. */
  readonly fault?: string;
}

const separator = /^---(.*)$/gm;

/**
 * Cuts a stream into documents as kubectl does, by text: a line that begins with `---` separates, and nothing but a
 * comment may stand beside it (T-10).
 */
export function splitDocuments(source: string): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let start = 0;
  let linesBefore = 0;
  let fault: string | undefined;
  for (const match of source.matchAll(separator)) {
    const text = source.slice(start, match.index);
    chunks.push({ text, linesBefore, ...(fault === undefined ? {} : { fault }) });
    linesBefore += lines(text);
    start = match.index + match[0].length;
    fault = faultBeside(match[1] ?? "");
  }
  const text = source.slice(start);
  return [...chunks, { text, linesBefore, ...(fault === undefined ? {} : { fault }) }].map(checked);
}

/** An end without a document before it. */
const onlyEnd = /^(?:[ \t]*(?:#.*)?\n)*\.\.\.(?:\s|$)/;

function checked(chunk: Chunk): Chunk {
  if (chunk.fault !== undefined || !onlyEnd.test(chunk.text)) return chunk;
  return { ...chunk, fault: "... ends a document, and none stands before it" };
}

function faultBeside(rest: string): string | undefined {
  const text = rest.trim();
  if (text === "" || text.startsWith("#")) return undefined;
  return `only a comment may stand beside ---; put "${text.slice(0, 40)}" on the next line`;
}

function lines(text: string): number {
  return text.split("\n").length - 1;
}
