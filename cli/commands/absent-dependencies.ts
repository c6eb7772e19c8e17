import type { Unit } from "../../agent/model/unit.ts";
import type { Report } from "../output/error.ts";
import { nearest } from "../output/nearest.ts";

/** O-31: an app waits for ever for one that its cluster does not run; that is no mistake, but rarely meant. */
export function absentDependencies(units: readonly Unit[]): readonly Report[] {
  const here = Map.groupBy(units, ({ cluster }) => cluster.name);
  return units.flatMap(({ app, cluster, file, dependsOn }) => {
    const known = (here.get(cluster.name) ?? []).map((unit) => unit.app);
    const absent = dependsOn.filter((name) => !known.includes(name));
    return absent.map((name): Report => {
      const meant = nearest(name, known);
      return {
        what: `${app} waits for app ${name}, which is not deployed on its cluster`,
        where: file,
        next: meant === undefined ? `deploy ${name} there, too` : `did you mean: ${meant}`,
        cluster: cluster.name,
      };
    });
  });
}
