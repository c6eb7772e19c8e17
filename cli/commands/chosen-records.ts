import type { CommandContext } from "./context.ts";
import { usage } from "./globals.ts";
import { parsePlace, type RecordsPlace } from "./records-place.ts";
import { readUserConfig } from "./user-config.ts";

/** Of `--records`, else of the user's configuration; undefined: nobody says, so clusters are asked. */
export async function recordsPlace(context: CommandContext): Promise<RecordsPlace | undefined> {
  const { records } = context.options;
  if (typeof records === "string") return parsePlace(records);
  const { statusRecords } = await readUserConfig(context);
  if (statusRecords !== undefined || records === undefined) return statusRecords;
  throw usage(
    "--records alone needs statusRecords in ~/.config/holdfast/config.yaml",
    "name the place: --records https://git.example.com/acme/records, or --records CONTEXT/NAMESPACE",
  );
}
