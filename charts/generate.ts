import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { valuesSchema } from "./values-schema.ts";
import { crdText, readmeText, schemaText, settingsText, valuesText } from "./write.ts";

const chart = join(import.meta.dirname, "holdfast");
const schema = valuesSchema();
const readme = join(chart, "README.md");

await writeFile(join(chart, "values.yaml"), valuesText(schema));
await writeFile(join(chart, "values.schema.json"), schemaText(schema));
await writeFile(join(chart, "templates/_settings.tpl"), settingsText());
await writeFile(join(chart, "templates/crd.yaml"), crdText());
await writeFile(readme, readmeText(await readFile(readme, "utf8"), schema));
