import type { Body } from "./connection.ts";

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

/** What differs between any two servers becomes the same: uids by order of appearance, versions, times, managers' status. */
export function normalised<T>(value: T): T {
  const uids = new Map<string, string>();
  const named = (uid: string): string => {
    const known = uids.get(uid) ?? `uid-${uids.size + 1}`;
    uids.set(uid, known);
    return known;
  };
  const walk = (item: Body, key: string): Body => {
    if (typeof item === "string") return text(item, key, named);
    if (Array.isArray(item))
      return item.map((inner) => walk(inner, key)).filter((inner) => inner !== undefined);
    if (typeof item !== "object" || item === null) return item;
    return Object.fromEntries(
      Object.keys(item)
        .sort()
        .filter((name) => item[name] !== undefined)
        .map((name) => [
          name,
          walk(name === "managedFields" ? byManager(item[name]) : item[name], name),
        ]),
    );
  };
  return walk(value, "");
}

function text(item: string, key: string, named: (uid: string) => string): string {
  if (key === "resourceVersion") return "version";
  return (
    item
      .replaceAll(uuid, named)
      .replaceAll(time, "time")
      // The prefix below which a server keeps its keys in etcd is a setting of the operator.
      .replaceAll(/Key: \/[\w-]+\//g, "Key: /prefix/")
      .replaceAll(/(ResourceVersion in [a-z ]+ \()\d+/g, "$1version")
  );
}

/** The server sorts entries by the second of their time, and the two clocks tick apart. */
function byManager(entries: Body): Body {
  if (!Array.isArray(entries)) return entries;
  const key = ({ manager, operation, apiVersion, subresource }: Body) =>
    JSON.stringify([operation, manager, apiVersion, subresource]);
  return [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
