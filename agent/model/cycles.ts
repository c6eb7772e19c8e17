/** For everyone who waits for himself, the way round: `a → b → a` (O-22, O-32). Who only waits for a cycle is not in one. */
export function dependencyCycles(
  dependsOn: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const cycles = new Map<string, readonly string[]>();
  for (const app of dependsOn.keys()) {
    const path = wayBack(app, dependsOn);
    if (path !== undefined) cycles.set(app, path);
  }
  return cycles;
}

/** Shortest way from an app to itself. */
function wayBack(
  start: string,
  dependsOn: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const seen = new Set<string>();
  let paths: readonly (readonly string[])[] = [[start]];
  while (paths.length > 0) {
    const longer = paths.flatMap((path) =>
      (dependsOn.get(path.at(-1) ?? "") ?? []).map((next) => [...path, next]),
    );
    const closed = longer.find((path) => path.at(-1) === start);
    if (closed !== undefined) return closed;
    paths = longer.filter((path) => isNew(seen, path.at(-1) ?? ""));
  }
  return undefined;
}

function isNew(seen: Set<string>, name: string): boolean {
  const before = seen.size;
  seen.add(name);
  return seen.size > before;
}
