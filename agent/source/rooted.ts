import type { Tree } from "../model/artifact.ts";
import type { ConfigSource } from "./source.ts";

/** A source whose files are seen from one of its folders (`source.path`); `.` is the repository's root. */
export function rootedSource(source: ConfigSource, path: string): ConfigSource {
  const root = path.replace(/^\.?\/*/, "").replace(/\/+$/, "");
  if (root === "" || root === ".") return source;
  const prefix = `${root}/`;
  return {
    poll: (signal) => source.poll(signal),
    commit: (id, signal) => source.commit(id, signal),
    contains: (commit, ancestor, signal) => source.contains(commit, ancestor, signal),
    log: (range, signal) => source.log(range, signal),
    close: () => source.close(),
    tree: async (commit, signal) => below(await source.tree(commit, signal), prefix),
    read: async (commit, paths, signal) => {
      const files = await source.read(
        commit,
        paths.map((each) => prefix + each),
        signal,
      );
      return new Map([...files].map(([each, bytes]) => [each.slice(prefix.length), bytes]));
    },
  };
}

function below(tree: Tree, prefix: string): Tree {
  const own = [...tree].filter(([path]) => path.startsWith(prefix));
  return new Map(own.map(([path, entry]) => [path.slice(prefix.length), entry]));
}
