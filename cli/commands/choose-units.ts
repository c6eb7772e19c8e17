import type { Unit } from "../../agent/model/unit.ts";
import { appNames, type ChosenCluster, checkNames, isMeant } from "./fleet-view.ts";
import { isGlob } from "./glob.ts";

/** Whether an app is meant by these names or globs (none: all are). Throws CliError for a name that no document has. */
export function chosenApps(
  chosen: readonly ChosenCluster[],
  apps: readonly string[],
): (app: string) => boolean {
  const names = apps.filter((app) => !isGlob(app));
  checkNames("app", names, appNames(chosen));
  return (app) => isMeant(app, apps);
}

/** The units of these apps on the chosen clusters. */
export function chooseUnits(
  chosen: readonly ChosenCluster[],
  apps: readonly string[],
): readonly Unit[] {
  const meant = chosenApps(chosen, apps);
  return chosen.flatMap(({ selection }) => selection.units.filter(({ app }) => meant(app)));
}
