import { objectId } from "../../agent/source/pack.ts";
import type { NewBranch, RepositoryView } from "./context.ts";

type Files = NewBranch["files"];

/** A state of the repository with some files set or taken out: what a prepared commit would be. */
export function overlay(view: RepositoryView, files: Files): RepositoryView {
  return {
    ...view,
    commit: undefined,
    title: "the prepared change",
    tree: async (signal) => {
      const tree = new Map(await view.tree(signal));
      for (const [path, file] of files) {
        if (file === undefined) tree.delete(path);
        else
          tree.set(path, {
            mode: file.mode,
            id: objectId({ type: "blob", content: file.content }),
          });
      }
      return new Map([...tree].sort(([a], [b]) => (a < b ? -1 : 1)));
    },
    read: async (paths, signal) => {
      const kept = paths.filter((path) => !files.has(path));
      const read = new Map(await view.read(kept, signal));
      for (const path of paths) {
        const file = files.get(path);
        if (file !== undefined) read.set(path, file.content);
      }
      return read;
    },
  };
}
