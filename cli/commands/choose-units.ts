import type { Unit } from "../../agent/model/unit.ts";
import { appNames, type ChosenCluster, checkNames, isMeant } from "./fleet-view.ts";
import { isGlob } from "./glob.ts";

/** The units of these apps (names or globs, none: all) on the chosen clusters. A name that no document has is an error. */
export function chooseUnits(
  chosen: readonly ChosenCluster[],
  apps: readonly string[],
): readonly Unit[] {
  checkNames(
    "app",
    apps.filter((app) => !isGlob(app)),
    appNames(chosen),
  );
  return chosen.flatMap(({ selection }) => selection.units.filter(({ app }) => isMeant(app, apps)));
}
