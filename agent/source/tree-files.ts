import type { Files } from "../model/artifact.ts";
import { invalid } from "./errors.ts";
import type { ObjectReader } from "./object-reader.ts";

export interface FilesOf {
  readonly reader: ObjectReader;
  readonly commit: string;
  /** Cap for one file. */
  readonly fileBytes: number;
}

/** Contents of some files of a commit; an error names the file that is absent, a submodule, or too large. */
export async function readFiles(
  { reader, commit, fileBytes }: FilesOf,
  paths: readonly string[],
): Promise<Files> {
  const tree = await reader.tree(commit);
  const files = new Map<string, Uint8Array>();
  for (const path of paths) {
    const entry = tree.get(path);
    if (entry === undefined) throw invalid(`The commit ${commit} has no file ${path}.`);
    if (entry.mode === "160000") {
      throw invalid(
        `${path} is a submodule; submodules are never followed. Put the files themselves there.`,
      );
    }
    const content = await reader.object(entry.id, "blob");
    if (content.length > fileBytes) {
      throw invalid(
        `${path} has ${content.length} bytes; the limit for one file is ${fileBytes}.`,
        "limit",
      );
    }
    files.set(path, content);
  }
  return files;
}
