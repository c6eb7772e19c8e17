import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { documentSchemas } from "../../agent/config/schemas.ts";
import { settingsSchema } from "../../agent/config/settings-schema.ts";

/** Not asked at run time (validator.ts): it takes longer than everything else at start. */
const ajv = new Ajv2020();

describe("the schemas of documents and settings", () => {
  it.each(Object.entries({ ...documentSchemas, Settings: settingsSchema }))(
    "%s is a schema by the rules of draft 2020-12",
    (_name, schema) => {
      expect(ajv.validateSchema(schema), ajv.errorsText()).toBe(true);
    },
  );

  it("would see a schema that is none", () => {
    expect(ajv.validateSchema({ type: "objekt" })).toBe(false);
  });
});
