import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { behaviourProperties } from "../agent/config/app-properties.ts";
import { annotations } from "../agent/model/names.ts";
import { fleetOf } from "./fleet/fleet-files.ts";
import { root } from "./tree.ts";

const readme = readFileSync(join(root, "README.md"), "utf8");
const text = /^# apps\/shop\/app\.yaml\n([\s\S]*?)^```/m.exec(readme)?.[1] ?? "";

describe("the README", () => {
  it("shows an app document that is valid", () => {
    const fleet = fleetOf({ "apps/shop/app.yaml": text });
    expect(fleet.problems).toEqual([]);
    expect([...fleet.apps.keys()]).toContain("shop");
  });

  it("shows every field of how an app behaves", () => {
    const missing = Object.keys(behaviourProperties).filter((key) => !text.includes(`\n  ${key}:`));
    expect(missing).toEqual([]);
  });

  it("names every annotation on objects", () => {
    const missing = Object.values(annotations).filter((key) => !readme.includes(`\`${key}:`));
    expect(missing).toEqual([]);
  });
});
